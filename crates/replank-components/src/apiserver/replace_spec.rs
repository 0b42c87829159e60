//! Replacing specs, kind by kind: immutable fields are refused, changes reach the controllers.

use std::sync::Arc;

use serde_json::Value;

use super::update::{put_template, template_of};
use replank_formats::manifest::{Given, Object};
use replank_world::object::{AsGiven, Job, PodTemplate, StorageClass};
use replank_world::refusal::Refusal;
use replank_world::store::{JobId, PodId, Ref, StorageClassId, Store};
use replank_world::world::World;

/// Takes over the spec of a given object. The caller records the change.
pub(super) fn replace(world: &mut World, at: Ref, given: Given) -> Result<(), Refusal> {
    let Given { object, raw, name, namespace, .. } = given;
    let store = &mut world.store;
    match (object, at) {
        (Object::Deployment(new), Ref::Deployment(id)) => {
            let Some(old) = store.deployments.get_mut(id) else { return Ok(()) };
            immutable(old.selector == new.selector, "Deployment", &name, "spec.selector")?;
            (old.replicas, old.min_ready, old.recreate) = (new.replicas, new.min_ready, new.recreate);
            (old.max_surge, old.max_unavailable, old.paused) =
                (new.max_surge, new.max_unavailable, new.paused);
            (old.progress_deadline, old.raw) = (new.progress_deadline, raw);
            template(world, at, new.template);
        }
        (Object::ReplicaSet(new), Ref::ReplicaSet(id)) => {
            let Some(old) = store.replica_sets.get_mut(id) else { return Ok(()) };
            if old.is_controller {
                old.selector = new.selector;
            } else {
                immutable(old.selector == new.selector, "ReplicaSet", &name, "spec.selector")?;
            }
            (old.replicas, old.min_ready) = (new.replicas, new.min_ready);
            template(world, at, new.template);
        }
        (Object::StatefulSet(new), Ref::StatefulSet(id)) => {
            let Some(old) = store.stateful_sets.get_mut(id) else { return Ok(()) };
            let same = old.selector == new.selector && old.management == new.management;
            let claims =
                |claims: &[(Arc<str>, _)]| claims.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            immutable(same && claims(&old.claims) == claims(&new.claims), "StatefulSet", &name, "spec")?;
            (old.replicas, old.first, old.min_ready) = (new.replicas, new.first, new.min_ready);
            (old.claims_when_deleted, old.claims_when_scaled) =
                (new.claims_when_deleted, new.claims_when_scaled);
            (old.partition, old.max_unavailable, old.raw) = (new.partition, new.max_unavailable, raw);
            template(world, at, new.template);
        }
        (Object::DaemonSet(new), Ref::DaemonSet(id)) => {
            let Some(old) = store.daemon_sets.get_mut(id) else { return Ok(()) };
            immutable(old.selector == new.selector, "DaemonSet", &name, "spec.selector")?;
            (old.max_unavailable, old.max_surge) = (new.max_unavailable, new.max_surge);
            (old.min_ready, old.raw) = (new.min_ready, raw);
            template(world, at, new.template);
        }
        (Object::Job(new), Ref::Job(id)) => job(store, id, &new, &name, raw)?,
        (Object::CronJob(new), Ref::CronJob(id)) => {
            let mut job = new.job;
            job.template = enter(world, job.template);
            let Some(old) = world.store.cron_jobs.get_mut(id) else { return Ok(()) };
            (old.schedule, old.suspended, old.overlap) = (new.schedule, new.suspended, new.overlap);
            job.meta = old.job.meta.clone();
            (old.job, old.raw) = (job, raw);
        }
        (Object::Budget(new), Ref::Budget(id)) => {
            let Some(old) = store.budgets.get_mut(id) else { return Ok(()) };
            let selects_anew = old.selector != new.selector;
            (old.selector, old.keep, old.unhealthy, old.raw) = (new.selector, new.keep, new.unhealthy, raw);
            if selects_anew {
                world.forget_users(&namespace);
            }
        }
        (Object::Service(new), Ref::Service(id)) => {
            let Some(old) = store.services.get_mut(id) else { return Ok(()) };
            let selects_anew = old.selector != new.selector;
            (old.selector, old.publishes_unready, old.raw) = (new.selector, new.publishes_unready, raw);
            if selects_anew {
                world.forget_users(&namespace);
            }
        }
        (Object::StorageClass(new), Ref::StorageClass(id)) => class(store, id, *new, &name, raw)?,
        (object, at) => kept(store, at, object, raw),
    }
    Ok(())
}

/// Takes over the mutable fields of a Job's spec.
fn job(store: &mut Store, id: JobId, new: &Job, name: &str, raw: AsGiven) -> Result<(), Refusal> {
    let Some(old) = store.jobs.get_mut(id) else { return Ok(()) };
    immutable(old.completions == new.completions || old.indexed, "Job", name, "spec.completions")?;
    (old.parallelism, old.completions) = (new.parallelism, new.completions);
    (old.deadline, old.ttl) = (new.deadline, new.ttl);
    (old.suspended, old.backoff_limit, old.raw) = (new.suspended, new.backoff_limit, raw);
    Ok(())
}

/// Takes over the mutable fields of a storage class.
fn class(
    store: &mut Store,
    id: StorageClassId,
    new: StorageClass,
    name: &str,
    raw: AsGiven,
) -> Result<(), Refusal> {
    let Some(old) = store.storage_classes.get_mut(id) else { return Ok(()) };
    same_class(&old.raw, &raw, name)?;
    (old.is_default, old.allowed, old.raw) = (new.is_default, new.allowed, raw);
    Ok(())
}

/// Refuses a change of immutable fields of a storage class with 422 (Kubernetes: `ValidateStorageClassUpdate`).
fn same_class(old: &Value, new: &Value, name: &str) -> Result<(), Refusal> {
    let told = |object: &Value, field: &str| match (&object[field], field) {
        (Value::Null, "reclaimPolicy") => "Delete".into(),
        (Value::Null, "volumeBindingMode") => "Immediate".into(),
        (Value::Object(fields), _) if fields.is_empty() => Value::Null,
        (value, _) => value.clone(),
    };
    for field in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
        if told(old, field) == told(new, field) {
            continue;
        }
        let why = match field {
            "volumeBindingMode" => format!("Invalid value: {}: field is immutable", told(new, field)),
            _ => format!("Forbidden: updates to {field} are forbidden."),
        };
        let cause = if why.starts_with("Invalid") { "FieldValueInvalid" } else { "FieldValueForbidden" };
        let message = format!("StorageClass.storage.k8s.io \"{name}\" is invalid: {field}: {why}");
        let causes = vec![(cause, format!("{field}: {why}"))];
        return Err(Refusal { causes, ..Refusal::new(422, "Invalid", message) });
    }
    Ok(())
}

/// Takes over only the JSON of kinds without modelled spec fields.
fn kept(store: &mut Store, at: Ref, object: Object, raw: AsGiven) {
    match (object, at) {
        (Object::Claim(_), Ref::Claim(id)) => {
            if let Some(old) = store.claims.get_mut(id) {
                old.raw = raw;
            }
        }
        (Object::PriorityClass(..) | Object::Other(_), Ref::Other(id)) => {
            if let Some(old) = store.others.get_mut(id) {
                old.raw = raw;
            }
        }
        _ => {}
    }
}

/// Takes over what may change in a pod's spec: images, tolerations, scheduling gates.
pub(super) fn pod(world: &mut World, id: PodId, object: &Value) -> Result<(), Refusal> {
    let mut plain = object.clone();
    // The world knows where it runs; a name here would place it anew.
    if let Some(spec) = plain["spec"].as_object_mut() {
        spec.shift_remove("nodeName");
        spec.shift_remove("priority");
        spec.shift_remove("preemptionPolicy");
    }
    let Object::Pod(new) = replank_formats::manifest::admit(&plain, &world.known)?.object else {
        return Ok(());
    };
    let Some(old) = world.store.pods.get(id).map(|pod| pod.template.clone()) else { return Ok(()) };
    let mut template = PodTemplate::clone(&old);
    template.raw.edit(|raw| raw["spec"] = plain["spec"].take());
    template.spec.images.clone_from(&new.template.spec.images);
    template.spec.tolerations.clone_from(&new.template.spec.tolerations);
    template.spec.gated = new.template.spec.gated;
    let template = world.enter_template(template);
    world.edit_pod(id, |pod| {
        pod.template = template;
        pod.meta.generation += 1;
    });
    Ok(())
}

fn template(world: &mut World, at: Ref, template: Arc<PodTemplate>) {
    if template_of(world, at).is_some_and(|present| present.raw != template.raw) {
        let template = Arc::try_unwrap(template).unwrap_or_else(|shared| PodTemplate::clone(&shared));
        put_template(world, at, template);
    }
}

fn enter(world: &mut World, template: Arc<PodTemplate>) -> Arc<PodTemplate> {
    let template = Arc::try_unwrap(template).unwrap_or_else(|shared| PodTemplate::clone(&shared));
    world.enter_template(template)
}

/// Refuses a change of an immutable field with 422.
fn immutable(same: bool, kind: &str, name: &str, field: &str) -> Result<(), Refusal> {
    if same {
        return Ok(());
    }
    let why = match kind {
        "StatefulSet" => {
            "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
             'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
             'minReadySeconds' are forbidden"
        }
        _ => "Invalid value: field is immutable",
    };
    let cause = if kind == "StatefulSet" { "FieldValueForbidden" } else { "FieldValueInvalid" };
    let message = format!("{kind} \"{name}\" is invalid: {field}: {why}");
    Err(Refusal { causes: vec![(cause, format!("{field}: {why}"))], ..Refusal::new(422, "Invalid", message) })
}
