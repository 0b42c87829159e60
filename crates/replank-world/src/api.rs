//! Requests to the embedded API server. Together with seed and definition of a world their log reproduces it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::object::Uid;
use crate::store::Ref;
use crate::vocab::selector::Selector;

/// Reason of condition `DisruptionTarget` on evicted pods.
pub const EVICTED: &str = "EvictionByEvictionAPI";
/// Message of that condition.
pub const EVICTED_MESSAGE: &str = "Eviction API: evicting";

/// A write to the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the variants say what the fields are")]
pub enum Act {
    /// POST of `pods/eviction`.
    Evict { namespace: Arc<str>, name: Arc<str>, options: PodDeletion },
    /// DELETE of a pod, with its grace period and preconditions.
    DeletePod { namespace: Arc<str>, name: Arc<str>, options: PodDeletion },
    /// PATCH of a node's labels, annotations, taints or `spec.unschedulable`.
    PatchNode { name: Arc<str>, uid: Option<Uid>, patch: NodePatch },
    /// PATCH of `scale`.
    Scale { kind: Scaled, namespace: Arc<str>, name: Arc<str>, replicas: i64 },
    /// PATCH of a workload's pod template: image, annotations (`kubectl set image`, `kubectl rollout restart`).
    Retemplate { kind: Scaled, namespace: Arc<str>, name: Arc<str>, change: TemplateChange },
    /// POST of an object.
    Create { object: Value },
    /// POST of an object, or PUT when it is there.
    Apply { object: Value },
    /// PUT of an existing object.
    ///
    /// `spec` tells whether its spec differs from the present one.
    Replace { object: Value, spec: bool },
    /// POST of `pods/binding`.
    Bind { namespace: Arc<str>, name: Arc<str>, node: Arc<str> },
    /// DELETE of an object that is not a pod. Without `group`, of a kind the world models.
    Delete {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<Arc<str>>,
        kind: Arc<str>,
        namespace: Arc<str>,
        name: Arc<str>,
        propagation: Propagation,
    },
    /// PATCH that removes a finalizer.
    RemoveFinalizer { kind: Arc<str>, namespace: Arc<str>, name: Arc<str>, finalizer: Arc<str> },
}

/// `DeleteOptions` of a pod, as serialized in a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PodDeletion {
    /// `gracePeriodSeconds`; unset for the pod's own.
    pub grace_seconds: Option<i64>,
    /// `preconditions.uid`.
    pub uid: Option<Uid>,
    /// `preconditions.resourceVersion`.
    pub version: Option<u64>,
    /// Whether everything is checked and nothing is changed (`dryRun`: `All`).
    pub dry_run: bool,
}

/// A change of a node. Values that are there already are no change, and without a change nothing is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NodePatch {
    /// `spec.unschedulable`: cordoned.
    pub unschedulable: Option<bool>,
    /// Field manager of the request, to tell later who cordoned the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Arc<str>>,
    /// `metadata.resourceVersion` as a precondition; 409 when the node has another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Taints to set: key, value, effect. One with the same key and effect is replaced.
    pub set_taints: Vec<(Arc<str>, Arc<str>, Arc<str>)>,
    /// Taints to remove: key, and effect (`None` for all effects).
    pub remove_taints: Vec<(Arc<str>, Option<Arc<str>>)>,
    /// Labels to set; `None` removes one.
    pub labels: BTreeMap<Arc<str>, Option<Arc<str>>>,
    /// Annotations to set; `None` removes one.
    pub annotations: BTreeMap<Arc<str>, Option<Arc<str>>>,
}

/// A change of a pod template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TemplateChange {
    /// New image of the first container.
    pub image: Option<Arc<str>>,
    /// Annotations to set; `None` removes one.
    pub annotations: BTreeMap<Arc<str>, Option<Arc<str>>>,
}

/// A kind with a pod template that can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the kinds say it")]
pub enum Scaled {
    Deployment,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
    DaemonSet,
}

impl Scaled {
    /// The value of `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::ReplicationController => "ReplicationController",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
        }
    }
}

/// The effect of a successful request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The object was written.
    Written(Ref),
    /// The object was stored, and no part of the world acts on it.
    Kept,
    /// Nothing changed.
    Unchanged,
    /// The object is being deleted or gone.
    Deleted(Deleted),
}

/// `DeleteOptions` of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// `gracePeriodSeconds`; `None` for the pod's own.
    pub grace_seconds: Option<i64>,
    /// `preconditions.uid`.
    pub uid: Option<Uid>,
    /// `preconditions.resourceVersion`.
    pub version: Option<u64>,
    /// `dryRun`: nothing is written.
    pub dry_run: bool,
}

/// The effect of a deletion request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// The object is removed.
    Gone,
    /// The object has a `deletionTimestamp` and waits for grace period or finalizers.
    Terminating,
    /// It was terminating already and the request changed nothing.
    Unchanged,
}

/// `propagationPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Propagation {
    /// Dependents are deleted after the owner.
    #[default]
    Background,
    /// Dependents are deleted before the owner.
    Foreground,
    /// Dependents stay without an owner.
    Orphan,
}

/// A validating webhook that refuses evictions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Name of the webhook, as in the message.
    pub name: Arc<str>,
    /// Namespaces it applies to; empty for all.
    pub namespaces: BTreeSet<Arc<str>>,
    /// Pods it applies to; `None` for all, missing pods included.
    pub selector: Option<Selector>,
    /// Its reason for the refusal, which the error message ends with.
    pub message: Arc<str>,
}

impl From<PodDeletion> for DeleteOptions {
    fn from(options: PodDeletion) -> Self {
        let PodDeletion { grace_seconds, uid, version, dry_run } = options;
        Self { grace_seconds, uid, version, dry_run }
    }
}
