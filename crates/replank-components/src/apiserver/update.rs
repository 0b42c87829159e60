//! Updates of scale, templates and budgets. A changed spec raises the generation; without a change nothing is
//! written.

use std::sync::Arc;

use serde_json::{Value, json};

use super::node::changed;
use replank_formats::manifest::{self, Given, Object};
use replank_world::api::{Outcome, Scaled, TemplateChange};
use replank_world::object::{Budget, PodTemplate};
use replank_world::refusal::Refusal;
use replank_world::store::{BudgetId, Ref, Verb};
use replank_world::world::World;

/// The object of that kind and name, or 404.
pub(super) fn named(world: &World, kind: &str, namespace: &str, name: &str) -> Result<Ref, Refusal> {
    let found = world.store.find(kind, namespace, name);
    found.ok_or_else(|| Refusal::not_found(resource_of(kind), name))
}

/// The resource of a kind in messages: plural with API group.
pub(super) fn resource_of(kind: &str) -> &str {
    match kind {
        "Pod" => "pods",
        "Node" => "nodes",
        "PodDisruptionBudget" => "poddisruptionbudgets.policy",
        "ReplicaSet" => "replicasets.apps",
        "ReplicationController" => "replicationcontrollers",
        "Deployment" => "deployments.apps",
        "StatefulSet" => "statefulsets.apps",
        "DaemonSet" => "daemonsets.apps",
        "Job" => "jobs.batch",
        "CronJob" => "cronjobs.batch",
        "Service" => "services",
        "PersistentVolumeClaim" => "persistentvolumeclaims",
        "StorageClass" => "storageclasses.storage.k8s.io",
        other => other,
    }
}

/// Sets `spec.replicas` (subresource `scale`); 422 when negative.
pub(super) fn scale(
    world: &mut World,
    kind: Scaled,
    namespace: &str,
    name: &str,
    replicas: i64,
) -> Result<Outcome, Refusal> {
    let at = named(world, kind.as_str(), namespace, name)?;
    if replicas < 0 {
        let why = format!("Invalid value: {replicas}: must be greater than or equal to 0");
        let message = format!("Scale \"{name}\" is invalid: spec.replicas: {why}");
        return Err(Refusal {
            causes: vec![("FieldValueInvalid", why)],
            ..Refusal::new(422, "Invalid", message)
        });
    }
    let store = &mut world.store;
    let place = match at {
        Ref::Deployment(id) => store.deployments.get_mut(id).map(|it| (&mut it.replicas, &mut it.meta)),
        Ref::ReplicaSet(id) => store.replica_sets.get_mut(id).map(|it| (&mut it.replicas, &mut it.meta)),
        Ref::StatefulSet(id) => store.stateful_sets.get_mut(id).map(|it| (&mut it.replicas, &mut it.meta)),
        _ => None,
    };
    let Some((present, meta)) = place else {
        return Err(Refusal::new(404, "NotFound", "the server could not find the requested resource"));
    };
    if *present == replicas {
        return Ok(Outcome::Unchanged);
    }
    *present = replicas;
    meta.generation += 1;
    world.changed(at, Verb::Modified);
    Ok(Outcome::Written(at))
}

/// Changes the pod template of a workload.
pub(super) fn retemplate(
    world: &mut World,
    kind: Scaled,
    namespace: &str,
    name: &str,
    change: &TemplateChange,
) -> Result<Outcome, Refusal> {
    let at = named(world, kind.as_str(), namespace, name)?;
    let Some(present) = template_of(world, at) else { return Ok(Outcome::Unchanged) };
    let template = edited(&present, change);
    if template.raw == present.raw {
        return Ok(Outcome::Unchanged);
    }
    set_template(world, at, template);
    Ok(Outcome::Written(at))
}

pub(super) fn template_of(world: &World, at: Ref) -> Option<Arc<PodTemplate>> {
    let store = &world.store;
    match at {
        Ref::Deployment(id) => store.deployments.get(id).map(|it| it.template.clone()),
        Ref::ReplicaSet(id) => store.replica_sets.get(id).map(|it| it.template.clone()),
        Ref::StatefulSet(id) => store.stateful_sets.get(id).map(|it| it.template.clone()),
        Ref::DaemonSet(id) => store.daemon_sets.get(id).map(|it| it.template.clone()),
        _ => None,
    }
}

fn set_template(world: &mut World, at: Ref, template: PodTemplate) {
    put_template(world, at, template);
    if let Some(meta) = world.store.meta_mut(at) {
        meta.generation += 1;
    }
    world.changed(at, Verb::Modified);
}

/// Replaces the pod template of a workload. The caller records the change.
pub(super) fn put_template(world: &mut World, at: Ref, template: PodTemplate) {
    let template = world.store.templates.enter(template, &mut world.store.labels);
    let store = &mut world.store;
    let place = match at {
        Ref::Deployment(id) => store.deployments.get_mut(id).map(|it| &mut it.template),
        Ref::ReplicaSet(id) => store.replica_sets.get_mut(id).map(|it| &mut it.template),
        Ref::StatefulSet(id) => store.stateful_sets.get_mut(id).map(|it| &mut it.template),
        Ref::DaemonSet(id) => store.daemon_sets.get_mut(id).map(|it| &mut it.template),
        _ => None,
    };
    if let Some(present) = place {
        *present = template;
    }
}

fn edited(present: &PodTemplate, change: &TemplateChange) -> PodTemplate {
    let mut template = present.clone();
    let mut raw = present.raw.once().into_owned();
    if let Some(annotations) = changed(&present.annotations, &change.annotations) {
        raw["metadata"]["annotations"] =
            annotations.iter().map(|(key, value)| (key.to_string(), json!(**value))).collect();
        template.annotations = Arc::new(annotations);
    }
    if let Some(image) = &change.image {
        raw["spec"]["containers"][0]["image"] = json!(**image);
        match template.spec.images.first_mut() {
            Some(first) => *first = image.clone(),
            None => template.spec.images.push(image.clone()),
        }
    }
    template.raw = raw.into();
    template
}

/// Creates an object, or updates the spec of the existing one.
pub(super) fn apply(world: &mut World, object: &Value) -> Result<Outcome, Refusal> {
    let given = manifest::admit(object, &world.known)?;
    let Some(at) = world.store.find(&given.kind, &given.namespace, &given.name) else {
        return super::create::put_in(world, given);
    };
    let Given { object, name, .. } = given;
    match (object, at) {
        (Object::Budget(budget), Ref::Budget(id)) => Ok(replace_budget(world, id, *budget)),
        (Object::Deployment(new), Ref::Deployment(_)) => {
            workload(world, at, Scaled::Deployment, Some(new.replicas), new.template)
        }
        (Object::ReplicaSet(new), Ref::ReplicaSet(_)) => {
            workload(world, at, Scaled::ReplicaSet, Some(new.replicas), new.template)
        }
        (Object::StatefulSet(new), Ref::StatefulSet(_)) => {
            workload(world, at, Scaled::StatefulSet, Some(new.replicas), new.template)
        }
        (Object::DaemonSet(new), Ref::DaemonSet(_)) => {
            workload(world, at, Scaled::DaemonSet, None, new.template)
        }
        (_, at) => {
            let resource = super::resource(at);
            Err(Refusal::new(409, "AlreadyExists", format!("{resource} \"{name}\" already exists")))
        }
    }
}

fn workload(
    world: &mut World,
    at: Ref,
    kind: Scaled,
    replicas: Option<i64>,
    template: Arc<PodTemplate>,
) -> Result<Outcome, Refusal> {
    let Some((namespace, name)) =
        world.store.meta(at).map(|meta| (meta.namespace.clone(), meta.name.clone()))
    else {
        return Ok(Outcome::Unchanged);
    };
    let mut outcome = Outcome::Unchanged;
    if template_of(world, at).is_some_and(|present| present.raw != template.raw) {
        let template = Arc::try_unwrap(template).unwrap_or_else(|shared| PodTemplate::clone(&shared));
        set_template(world, at, template);
        outcome = Outcome::Written(at);
    }
    match replicas {
        Some(replicas) => match scale(world, kind, &namespace, &name, replicas)? {
            Outcome::Unchanged => Ok(outcome),
            written => Ok(written),
        },
        None => Ok(outcome),
    }
}

/// Replaces the spec of a budget. Its generation is then ahead of `observedGeneration`, so evictions are refused
/// until the controller has synced it.
fn replace_budget(world: &mut World, id: BudgetId, new: Budget) -> Outcome {
    let Some(budget) = world.store.budgets.get_mut(id) else { return Outcome::Unchanged };
    let selects_anew = budget.selector != new.selector;
    if !selects_anew && budget.keep == new.keep && budget.unhealthy == new.unhealthy {
        return Outcome::Unchanged;
    }
    budget.selector = new.selector;
    budget.keep = new.keep;
    budget.unhealthy = new.unhealthy;
    budget.raw = new.raw;
    budget.meta.generation += 1;
    let namespace = budget.meta.namespace.clone();
    if selects_anew {
        world.forget_users(&namespace);
    }
    world.changed(Ref::Budget(id), Verb::Modified);
    Outcome::Written(Ref::Budget(id))
}
