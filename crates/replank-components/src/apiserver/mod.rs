//! The API server: which requests it accepts, how it answers and in what order it writes.
//!
//! Controllers and users share these functions. It knows no controller; whoever reacts to a write learns of it
//! from the watch cache.

mod answer;
mod create;
mod delete;
mod evict;
mod node;
mod references;
mod replace;
mod replace_spec;
mod said;
mod system;
mod update;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub(crate) use answer::answer;
pub use delete::delete;
pub(crate) use delete::{
    FOREGROUND, ORPHAN, delete_pod, delete_pod_now, namespace_emptied, remove_finalizer,
};
pub(crate) use evict::evict;
pub use system::show_system;

use replank_world::store::Ref;

/// The resource of a kind in messages: plural with API group.
pub(crate) fn resource(at: Ref) -> &'static str {
    match at {
        Ref::Pod(_) => "pods",
        Ref::Node(_) => "nodes",
        Ref::Budget(_) => "poddisruptionbudgets.policy",
        Ref::ReplicaSet(_) => "replicasets.apps",
        Ref::Deployment(_) => "deployments.apps",
        Ref::StatefulSet(_) => "statefulsets.apps",
        Ref::DaemonSet(_) => "daemonsets.apps",
        Ref::Job(_) => "jobs.batch",
        Ref::CronJob(_) => "cronjobs.batch",
        Ref::Service(_) => "services",
        Ref::Claim(_) => "persistentvolumeclaims",
        Ref::StorageClass(_) => "storageclasses.storage.k8s.io",
        Ref::Other(_) => "objects",
    }
}
