//! Stores parsed objects in a world: uids, interned labels and templates, indices.

use replank_core::names::api_group;
use std::sync::Arc;

use crate::{control, fargate};
use replank_formats::manifest::{self, Given, Object};
use replank_world::object::{ClaimPhase, Job, Meta, Pod, PodTemplate, Uid, VOLUME_PROTECTION, Volume};
use replank_world::refusal::Refusal;
use replank_world::store::{Other, OtherId, Ref, Verb};
use replank_world::vocab::labels::Map;
use replank_world::world::World;

/// Storage classes a cluster may bring along. Their uids are drawn from their names, so that their number does
/// not change the uids of later objects.
const BROUGHT_ALONG: [&str; 3] = ["gp2", "gp3", "efs"];

/// Stores an object. `None` for kinds that are only stored; 409 when the name is taken.
pub fn enter(world: &mut World, given: Given) -> Result<Option<Ref>, Refusal> {
    let Given { api_version, kind, namespace, name, labels, object, .. } = given;
    is_free(world, &object, [&api_version, &kind, &namespace, &name])?;
    Ok(Some(match object {
        Object::Pod(pod) => pod_in(world, *pod, &labels),
        Object::ReplicaSet(mut set) => {
            complete(world, &mut set.meta, &labels);
            set.template = template(world, set.template);
            Ref::ReplicaSet(world.add(|store| &mut store.replica_sets, *set, Ref::ReplicaSet))
        }
        Object::Deployment(mut deployment) => {
            complete(world, &mut deployment.meta, &labels);
            deployment.template = template(world, deployment.template);
            Ref::Deployment(world.add(|store| &mut store.deployments, *deployment, Ref::Deployment))
        }
        Object::StatefulSet(mut set) => {
            complete(world, &mut set.meta, &labels);
            set.template = template(world, set.template);
            Ref::StatefulSet(world.add(|store| &mut store.stateful_sets, *set, Ref::StatefulSet))
        }
        Object::DaemonSet(mut set) => {
            complete(world, &mut set.meta, &labels);
            set.template = template(world, set.template);
            Ref::DaemonSet(world.add(|store| &mut store.daemon_sets, *set, Ref::DaemonSet))
        }
        Object::Job(job) => {
            let job = job_in(world, *job, &labels);
            Ref::Job(world.add(|store| &mut store.jobs, job, Ref::Job))
        }
        Object::CronJob(mut cron) => {
            complete(world, &mut cron.meta, &labels);
            cron.job = Box::new(job_in(world, *cron.job, &Map::new()));
            Ref::CronJob(world.add(|store| &mut store.cron_jobs, *cron, Ref::CronJob))
        }
        Object::Budget(mut budget) => {
            complete(world, &mut budget.meta, &labels);
            Ref::Budget(world.add(|store| &mut store.budgets, *budget, Ref::Budget))
        }
        Object::Service(mut service) => {
            complete(world, &mut service.meta, &labels);
            Ref::Service(world.add(|store| &mut store.services, *service, Ref::Service))
        }
        Object::Claim(mut claim) => {
            complete(world, &mut claim.meta, &labels);
            if claim.class.is_none() && claim.phase == ClaimPhase::Pending {
                // Kubernetes: admission `DefaultStorageClass`.
                claim.class = control::volume::default_class(world).map(|class| class.meta.name.clone());
            }
            if let ClaimPhase::Bound { volume, .. } = &claim.phase {
                world.store.index.volumes_taken.insert(volume.clone());
            }
            let id = world.add(|store| &mut store.claims, *claim, Ref::Claim);
            control::volume::prepared::note_claim(world, id);
            Ref::Claim(id)
        }
        Object::StorageClass(mut class) => {
            if BROUGHT_ALONG.contains(&&*class.meta.name) && class.meta.uid == Uid::default() {
                class.meta.uid = uid_of(world, &class.meta.name);
                class.meta.created_at = world.now;
            }
            complete(world, &mut class.meta, &labels);
            Ref::StorageClass(world.add(|store| &mut store.storage_classes, *class, Ref::StorageClass))
        }
        Object::PriorityClass(_, mut other) | Object::Other(mut other) => {
            protect(&mut other);
            keep(world, other, &labels);
            return Ok(None);
        }
    }))
}

/// Gives a volume its finalizer (Kubernetes: admission `StorageObjectInUseProtection`).
fn protect(other: &mut Other) {
    let is_volume = &*other.kind == "PersistentVolume" && other.group().is_empty();
    if is_volume && other.meta.finalizers.iter().all(|given| **given != *VOLUME_PROTECTION) {
        other.meta.finalizers.push(Arc::from(VOLUME_PROTECTION));
    }
}

/// Refuses with 409 an object whose name is taken.
fn is_free(world: &World, object: &Object, place: [&Arc<str>; 4]) -> Result<(), Refusal> {
    let [api_version, kind, namespace, name] = place;
    let taken = match stored_kind(object) {
        Some(kind) => world.store.find(kind, namespace, name).is_some(),
        None => {
            let group = api_group(api_version);
            world.store.others.find_in(group, kind, namespace, name).is_some()
        }
    };
    if taken {
        let resource = manifest::resource(kind);
        return Err(Refusal::new(409, "AlreadyExists", format!("{resource} \"{name}\" already exists")));
    }
    if let Object::ReplicaSet(set) = object
        && world.store.replica_sets.find(namespace, name).is_some()
    {
        let other = if set.is_controller { "ReplicaSet" } else { "ReplicationController" };
        let why =
            format!("there is a {other} of this name; here the two kinds share their names, take another");
        return Err(Refusal::new(409, "Conflict", format!("{kind} \"{name}\" cannot be created: {why}")));
    }
    Ok(())
}

/// Stores all objects, referenced ones first: claims before pods, budgets before the pods they select.
pub fn enter_all(world: &mut World, mut objects: Vec<Given>) -> Result<(), Refusal> {
    objects.sort_by_key(|given| match &given.object {
        Object::PriorityClass(..) | Object::Other(_) | Object::StorageClass(_) => 0,
        Object::Claim(_) => 1,
        Object::Budget(_) | Object::Service(_) => 2,
        Object::DaemonSet(_) => 3,
        Object::Deployment(_)
        | Object::StatefulSet(_)
        | Object::ReplicaSet(_)
        | Object::Job(_)
        | Object::CronJob(_)
        | Object::Pod(_) => 4,
    });
    objects.into_iter().try_for_each(|given| enter(world, given).map(drop))
}

fn stored_kind(object: &Object) -> Option<&'static str> {
    Some(match object {
        Object::Pod(_) => "Pod",
        Object::ReplicaSet(set) if set.is_controller => "ReplicationController",
        Object::ReplicaSet(_) => "ReplicaSet",
        Object::Deployment(_) => "Deployment",
        Object::StatefulSet(_) => "StatefulSet",
        Object::DaemonSet(_) => "DaemonSet",
        Object::Job(_) => "Job",
        Object::CronJob(_) => "CronJob",
        Object::Budget(_) => "PodDisruptionBudget",
        Object::Service(_) => "Service",
        Object::Claim(_) => "PersistentVolumeClaim",
        Object::StorageClass(_) => "StorageClass",
        Object::PriorityClass(..) | Object::Other(_) => return None,
    })
}

/// Stores an untyped object; the caller has checked that its name is free. Its uid is drawn from its name, so
/// that it does not change the uids of others.
pub(crate) fn keep(world: &mut World, mut other: Other, labels: &Map) -> OtherId {
    let place = format!("{}/{}/{}/{}", other.api_version, other.kind, other.meta.namespace, other.meta.name);
    other.meta.uid = uid_of(world, &place);
    other.meta.created_at = world.now;
    other.meta.labels = world.label_set(labels);
    let owner = other.meta.owner.as_ref().and_then(|owner| owner.at);
    let id = world.store.others.insert(other);
    if let Some(owner) = owner {
        world.store.index.owned.entry(owner).or_default().insert(Ref::Other(id));
    }
    world.changed(Ref::Other(id), Verb::Added);
    id
}

/// A uid drawn from a name.
fn uid_of(world: &World, place: &str) -> Uid {
    let version = world.store.changes.version;
    let (high, low) =
        (world.chance.draw("uid", place, version), world.chance.draw("uid, low", place, version));
    let bits = (u128::from(high) << 64) | u128::from(low);
    Uid((bits & !(0xf << 76) & !(0x3 << 62)) | (4 << 76) | (2 << 62))
}

/// Interns the labels, and sets uid and creation time unless the object brings its own.
fn complete(world: &mut World, meta: &mut Meta, labels: &Map) {
    if meta.uid == Uid::default() {
        meta.uid = world.new_uid();
        meta.created_at = world.now;
    }
    meta.labels = world.label_set(labels);
}

fn template(world: &mut World, template: Arc<PodTemplate>) -> Arc<PodTemplate> {
    let template = Arc::try_unwrap(template).unwrap_or_else(|shared| PodTemplate::clone(&shared));
    world.store.templates.enter(template, &mut world.store.labels)
}

fn job_in(world: &mut World, mut job: Job, labels: &Map) -> Job {
    complete(world, &mut job.meta, labels);
    job.template = template(world, job.template);
    job
}

fn pod_in(world: &mut World, mut pod: Pod, labels: &Map) -> Ref {
    complete(world, &mut pod.meta, labels);
    pod.template = template(world, pod.template);
    pod.ready.since = world.now;
    if pod.meta.owner.is_none() {
        let controller = pod.meta.references.as_deref().and_then(manifest::controller_among).cloned();
        let namespace = pod.meta.namespace.clone();
        pod.meta.owner = controller.and_then(|owner| control::operator::note(world, &namespace, &owner));
    }
    for volume in &pod.template.spec.volumes {
        let Volume::Claim(name) = volume else { continue };
        pod.claims.extend(world.store.claims.find(&pod.meta.namespace, name));
    }
    let preset = pod.template.spec.node_name.as_ref().and_then(|name| world.store.nodes.find("", name));
    fargate::admit(world, &mut pod);
    let id = world.add_pod(pod);
    if let Some(node) = preset {
        world.bind_pod(id, node);
    }
    Ref::Pod(id)
}
