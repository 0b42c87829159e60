//! What comes out of a manifest.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::object::{
    Budget, Claim, CronJob, DaemonSet, Deployment, Job, Meta, Pod, PreemptionPolicy, ReplicaSet, Service,
    StatefulSet, StorageClass,
};
use crate::store::Other;
use crate::vocab::labels::Map;

/// An object as a manifest gives it, typed and completed. It has no identity yet, and its labels and templates are
/// not interned: whoever puts it into a world does that.
#[derive(Clone, Debug)]
pub struct Given {
    /// `apiVersion`.
    pub api_version: Arc<str>,
    /// `kind`.
    pub kind: Arc<str>,
    /// The namespace; empty for cluster-scoped objects.
    pub namespace: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// Its labels.
    pub labels: Arc<Map>,
    /// What it is.
    pub object: Object,
    /// As it was given, unknown fields kept.
    pub raw: Arc<Value>,
}

/// A typed object.
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
    /// Its value, with which pods were resolved.
    PriorityClass(PriorityClass, Other),
    /// A namespace, a volume, or an object of a kind that decides nothing.
    Other(Other),
}

impl Object {
    /// Its meta.
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

/// What a priority class gives its pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriorityClass {
    /// `value`.
    pub value: i32,
    /// `globalDefault`.
    pub is_default: bool,
    /// `preemptionPolicy`.
    pub preemption: PreemptionPolicy,
}

/// What must be known of the cluster to read an object.
#[derive(Clone, Debug)]
pub struct Known {
    /// The minor of the cluster's Kubernetes version.
    pub minor: u32,
    /// The namespace of objects that name none.
    pub namespace: String,
    /// The certificate that clients of the cluster trust, as far as it has one: each namespace holds it.
    pub root_ca: String,
    /// Priority classes by name.
    pub priority_classes: BTreeMap<String, PriorityClass>,
}

impl Default for Known {
    /// A cluster 1.32 with nothing in it but the priority classes of the system.
    fn default() -> Self {
        let class =
            |value| PriorityClass { value, is_default: false, preemption: PreemptionPolicy::default() };
        let classes = [
            ("system-node-critical".to_owned(), class(2_000_001_000)),
            ("system-cluster-critical".to_owned(), class(2_000_000_000)),
        ];
        Self {
            minor: 32,
            namespace: "default".to_owned(),
            root_ca: String::new(),
            priority_classes: BTreeMap::from(classes),
        }
    }
}
