//! Requests to the embedded API server. Together with seed and definition of a world their log reproduces it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::delete::{DeleteOptions, Deleted, Propagation};
use super::{create, delete, evict, node, replace, update};
use crate::object::Uid;
use crate::refusal::Refusal;
use crate::store::Ref;
use crate::world::World;

/// A write to the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the variants say what the fields are")]
pub enum Act {
    /// POST of `pods/eviction`.
    Evict { namespace: Arc<str>, name: Arc<str>, options: PodDeletion },
    /// DELETE of a pod.
    DeletePod { namespace: Arc<str>, name: Arc<str>, options: PodDeletion },
    /// PATCH of a node.
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
    /// `dryRun`.
    pub dry_run: bool,
}

/// A change of a node. Values that are there already are no change, and without a change nothing is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NodePatch {
    /// `spec.unschedulable`.
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

impl World {
    /// Carries out a request now. The error is worded as the API server words it.
    pub fn request(&mut self, act: Act) -> Result<Outcome, Refusal> {
        match act {
            Act::Evict { namespace, name, options } => {
                evict::evict(self, &namespace, &name, options.into()).map(Outcome::Deleted)
            }
            Act::DeletePod { namespace, name, options } => {
                let id = self.store.pods.find(&namespace, &name);
                let id = id.ok_or_else(|| Refusal::not_found("pods", &name))?;
                delete::delete_pod(self, id, options.into()).map(Outcome::Deleted)
            }
            Act::PatchNode { name, uid, patch } => node::patch(self, &name, uid, &patch),
            Act::Scale { kind, namespace, name, replicas } => {
                update::scale(self, kind, &namespace, &name, replicas)
            }
            Act::Retemplate { kind, namespace, name, change } => {
                update::retemplate(self, kind, &namespace, &name, &change)
            }
            Act::Create { object } => create::create(self, &object),
            Act::Apply { object } => update::apply(self, &object),
            Act::Bind { namespace, name, node } => create::bind(self, &namespace, &name, &node),
            Act::Replace { object, spec } => replace::replace(self, &object, spec),
            Act::Delete { group, kind, name, .. }
                if &*kind == "Namespace" && group.as_deref().is_none_or(str::is_empty) =>
            {
                delete::delete_namespace(self, &name)
            }
            Act::Delete { group, kind, namespace, name, propagation } => {
                let at = match group {
                    Some(group) => self.store.find_in(&group, &kind, &namespace, &name),
                    None => self.store.find(&kind, &namespace, &name),
                };
                let at = at.ok_or_else(|| Refusal::not_found(update::resource_of(&kind), &name))?;
                let outcome = delete::delete(self, at, propagation).map(Outcome::Deleted);
                self.mend_system(&namespace);
                outcome
            }
            Act::RemoveFinalizer { kind, namespace, name, finalizer } => {
                let at = update::named(self, &kind, &namespace, &name)?;
                delete::remove_finalizer(self, at, &finalizer);
                Ok(Outcome::Written(at))
            }
        }
    }
}

impl From<PodDeletion> for DeleteOptions {
    fn from(options: PodDeletion) -> Self {
        let PodDeletion { grace_seconds, uid, version, dry_run } = options;
        Self { grace_seconds, uid, version, dry_run }
    }
}

#[cfg(test)]
mod tests;
