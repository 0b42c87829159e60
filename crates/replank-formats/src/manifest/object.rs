//! The result of parsing a manifest.

use std::sync::Arc;

use replank_world::known::PriorityClass;
use replank_world::object::{
    AsGiven, Budget, Claim, CronJob, DaemonSet, Deployment, Job, Meta, Pod, ReplicaSet, Service, StatefulSet,
    StorageClass,
};
use replank_world::store::Other;
use replank_world::vocab::labels::Map;

/// An object from a manifest, typed and defaulted. It has no uid, and its labels and templates are not interned
/// before it enters a world.
#[derive(Clone, Debug)]
pub struct Given {
    /// `apiVersion`, such as `rbac.authorization.k8s.io/v1`.
    pub api_version: Arc<str>,
    /// `kind`, such as `ConfigMap`.
    pub kind: Arc<str>,
    /// The namespace; empty for cluster-scoped objects.
    pub namespace: Arc<str>,
    /// `metadata.name`.
    pub name: Arc<str>,
    /// Labels, not interned yet.
    pub labels: Arc<Map>,
    /// The typed object.
    pub object: Object,
    /// The object as it was given, unknown fields included.
    pub raw: AsGiven,
}

/// The typed form of an object, by kind.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the kinds say it")]
pub enum Object {
    Pod(Box<Pod>),
    /// A `ReplicaSet` or a `ReplicationController`.
    ReplicaSet(Box<ReplicaSet>),
    Deployment(Box<Deployment>),
    StatefulSet(Box<StatefulSet>),
    DaemonSet(Box<DaemonSet>),
    Job(Box<Job>),
    CronJob(Box<CronJob>),
    Budget(Box<Budget>),
    Service(Box<Service>),
    Claim(Box<Claim>),
    StorageClass(Box<StorageClass>),
    /// What its pods inherit, and the object.
    PriorityClass(PriorityClass, Other),
    /// An object that is only stored.
    Other(Other),
}

impl Object {
    /// The whole object as it was given, of kinds that keep it.
    pub(super) fn raw(&self) -> Option<&AsGiven> {
        match self {
            Self::Pod(_) | Self::ReplicaSet(_) => None,
            Self::Deployment(object) => Some(&object.raw),
            Self::StatefulSet(object) => Some(&object.raw),
            Self::DaemonSet(object) => Some(&object.raw),
            Self::Job(object) => Some(&object.raw),
            Self::CronJob(object) => Some(&object.raw),
            Self::Budget(object) => Some(&object.raw),
            Self::Service(object) => Some(&object.raw),
            Self::Claim(object) => Some(&object.raw),
            Self::StorageClass(object) => Some(&object.raw),
            Self::PriorityClass(_, object) | Self::Other(object) => Some(&object.raw),
        }
    }

    /// The metadata, to change.
    pub fn meta_mut(&mut self) -> &mut Meta {
        match self {
            Self::Pod(object) => &mut object.meta,
            Self::ReplicaSet(object) => &mut object.meta,
            Self::Deployment(object) => &mut object.meta,
            Self::StatefulSet(object) => &mut object.meta,
            Self::DaemonSet(object) => &mut object.meta,
            Self::Job(object) => &mut object.meta,
            Self::CronJob(object) => &mut object.meta,
            Self::Budget(object) => &mut object.meta,
            Self::Service(object) => &mut object.meta,
            Self::Claim(object) => &mut object.meta,
            Self::StorageClass(object) => &mut object.meta,
            Self::PriorityClass(_, object) | Self::Other(object) => &mut object.meta,
        }
    }
}
