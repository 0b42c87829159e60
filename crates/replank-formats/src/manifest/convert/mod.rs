//! Converts checked fields to typed objects, one file for each group of kinds.

mod affinity;
mod budget;
mod fields;
mod job;
mod meta;
mod pod;
mod resources;
mod selector;
mod spread;
mod volume;
mod workload;

pub(super) use fields::Reader;
pub(super) use meta::meta;
pub use volume::{NOT_ATTACHED, is_attached, reach, requirement};

use std::sync::Arc;

use super::object::Object;
use crate::yaml::Field;
use replank_world::known::PriorityClass;
use replank_world::object::{AsGiven, Meta, PreemptionPolicy};
use replank_world::store::Other;

/// Converts an object of a built-in kind; errors go to the reader.
pub(super) fn object(kind: &str, root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> Object {
    match kind {
        "Pod" => Object::Pod(Box::new(pod::pod(root, meta, reader))),
        "ReplicaSet" | "ReplicationController" => {
            Object::ReplicaSet(Box::new(workload::replica_set(kind, root, meta, reader)))
        }
        "Deployment" => Object::Deployment(Box::new(workload::deployment(root, meta, reader))),
        "StatefulSet" => Object::StatefulSet(Box::new(workload::stateful_set(root, meta, reader))),
        "DaemonSet" => Object::DaemonSet(Box::new(workload::daemon_set(root, meta, reader))),
        "Job" => Object::Job(Box::new(job::job(root, meta, reader))),
        "CronJob" => Object::CronJob(Box::new(job::cron_job(root, meta, reader))),
        "PodDisruptionBudget" => Object::Budget(Box::new(budget::budget(root, meta, reader))),
        "Service" => Object::Service(Box::new(budget::service(root, meta, reader))),
        "PersistentVolumeClaim" => Object::Claim(Box::new(volume::claim(root, meta, reader))),
        "StorageClass" => Object::StorageClass(Box::new(volume::storage_class(root, meta, reader))),
        "PriorityClass" => Object::PriorityClass(priority_class(root, reader), other(kind, root, meta)),
        _ => Object::Other(other(kind, root, meta)),
    }
}

/// An object that is stored as it was given.
pub(super) fn other(kind: &str, root: &Field<'_>, meta: Meta) -> Other {
    let api_version = Arc::from(root.get("apiVersion").text().unwrap_or_default());
    Other { meta, api_version, kind: Arc::from(kind), raw: raw(root) }
}

/// Parses a `PriorityClass`; values above one billion are reserved for the system.
pub(super) fn priority_class(root: &Field<'_>, reader: &mut Reader<'_>) -> PriorityClass {
    const USER_MAX: i64 = 1_000_000_000;
    let value = root.get("value");
    let number = reader.int(&value, "PriorityClass", "int32").unwrap_or(0);
    let system = root.get("metadata").get("name").text().is_some_and(|name| name.starts_with("system-"));
    if number > USER_MAX && !system {
        let detail = format!("maximum allowed value of a user defined priority is {USER_MAX}");
        reader.wrong.push(super::wrong::forbidden(&value, &detail));
    }
    let policies = ["Never", "PreemptLowerPriority"];
    let policy = reader.one_of(&root.get("preemptionPolicy"), "PriorityClass", &policies);
    PriorityClass {
        value: number as i32,
        is_default: reader.flag(&root.get("globalDefault"), "PriorityClass").unwrap_or(false),
        preemption: if policy == Some("Never") {
            PreemptionPolicy::Never
        } else {
            PreemptionPolicy::default()
        },
    }
}

fn raw(field: &Field<'_>) -> AsGiven {
    field.value().map(AsGiven::of).unwrap_or_default()
}
