//! A node in the cache, whichever group it belongs to.

use std::sync::Arc;

use jiff::Timestamp;
use replank_core::names::{ImageId, InstanceId, NodeName, Uid};
use replank_core::observed::{Hold, Node, SeenTaint, Touch};
use replank_core::version::Minor;
use serde_json::Value;

use super::touches::Touches;
use super::wire;
use replank_engine::ports::autoscaler::{NODE_POOL, Traces};
use replank_engine::ports::marks::{
    self, EXCLUDE, GUARD_VALUE, HOLD, KEEP, MARKS, NODEGROUP, NODEGROUP_IMAGE,
};

/// Label of eksctl with the name of a node group.
const EKSCTL_GROUP: &str = "alpha.eksctl.io/nodegroup-name";
/// Label of nodes that the control plane runs on (kubeadm).
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// A node with the fields that decide, and those that a patch has to send back.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own")]
pub(crate) struct SeenNode {
    pub(crate) name: NodeName,
    pub(crate) uid: Uid,
    pub(crate) resource_version: String,
    pub(crate) instance: InstanceId,
    pub(crate) group: Option<Arc<str>>,
    pub(crate) taints: Vec<Value>,
    pub(crate) marks: Arc<str>,
    pub(crate) kept: Option<Arc<str>>,
    kubelet: Arc<str>,
    ready_since: Option<Timestamp>,
    unready_since: Option<Timestamp>,
    unreachable: bool,
    image: Option<ImageId>,
    cordoned: bool,
    touches: Touches,
    excluded: bool,
    hold: Option<String>,
    /// Karpenter's `NodePool` that launched it, if one did.
    pool: Option<Arc<str>>,
    /// Node group by the label of eksctl, for groups that are not EKS's.
    eksctl_group: Option<Arc<str>>,
    of_control_plane: bool,
}

impl SeenNode {
    /// Converts a node of the API server.
    pub(crate) fn read(node: wire::Node) -> Self {
        let wire::Node { metadata, spec, status } = node;
        let ready = status.conditions.iter().find(|it| it.kind == "Ready");
        let is = |value: &str| ready.is_some_and(|it| it.status == value);
        let since = ready.and_then(|it| it.last_transition_time).or(metadata.creation_timestamp);
        let label = |key: &str| metadata.labels.get(key).cloned();
        // A node that no cloud brought is its own instance.
        let instance = spec.provider_id.rsplit('/').next().filter(|id| !id.is_empty());
        Self {
            instance: InstanceId::new(instance.unwrap_or(&metadata.name)),
            uid: Uid(metadata.uid),
            group: label(NODEGROUP),
            marks: metadata.annotations.get(MARKS).cloned().unwrap_or_default(),
            kept: metadata.annotations.get(KEEP).cloned(),
            kubelet: status.node_info.kubelet_version,
            ready_since: since.filter(|_| is("True")),
            unready_since: since.filter(|_| !is("True")),
            unreachable: is("Unknown"),
            image: label(NODEGROUP_IMAGE).map(ImageId::new),
            cordoned: spec.unschedulable,
            touches: Touches::read(metadata.managed_fields, spec.unschedulable),
            pool: label(NODE_POOL),
            eksctl_group: label(EKSCTL_GROUP),
            of_control_plane: metadata.labels.contains_key(CONTROL_PLANE),
            excluded: label(EXCLUDE).is_some_and(|value| &*value != "false"),
            hold: metadata.annotations.get(HOLD).map(ToString::to_string),
            taints: spec.taints,
            resource_version: metadata.resource_version,
            name: NodeName::new(metadata.name),
        }
    }

    /// Adds what the node shows of autoscalers to `traces`.
    pub(crate) fn traced(&self, traces: &mut Traces) {
        let keys = self.taints.iter().filter_map(|taint| taint.get("key").and_then(Value::as_str));
        traces.put_node(&self.name, keys, self.pool.is_some());
    }

    /// The node for lists, with this number of pods on it.
    pub(super) fn standing(&self, pods: u32) -> super::NodeSummary {
        super::NodeSummary {
            name: self.name.clone(),
            uid: self.uid,
            instance: self.instance.clone(),
            is_ready: self.ready_since.is_some(),
            since: self.ready_since.or(self.unready_since),
            is_cordoned: self.cordoned,
            kubelet: self.kubelet.clone(),
            group: self.group.clone().or_else(|| self.eksctl_group.clone()),
            pool: self.pool.clone(),
            is_of_control_plane: self.of_control_plane,
            pods,
        }
    }

    /// The node as the core sees it, for this node group.
    pub(crate) fn for_group(&self, group: &str) -> Node {
        Node {
            name: self.name.clone(),
            uid: self.uid,
            instance: self.instance.clone(),
            ready_since: self.ready_since,
            unreachable: self.unreachable,
            image: self.image.clone(),
            kubelet: Minor::of_version(&self.kubelet),
            labelled: self.group.as_deref() == Some(group),
            cordoned: self.cordoned,
            cordon_touch: self.touches.cordon.clone(),
            taints: self
                .taints
                .iter()
                .filter(|taint| !is_guard(taint))
                .filter_map(|it| self.taint(it))
                .collect(),
            guarded: self.taints.iter().any(is_guard),
            excluded: self.excluded,
            kept: self.kept.is_some(),
            ours: marks::ours(&self.marks),
            hold: self.hold.clone().map(|reason| Hold::Person { reason }),
        }
    }
}

impl SeenNode {
    /// Adds what only the change from `before` shows: who uncordoned the node.
    pub(super) fn follow(&mut self, before: &Self, now: Timestamp) {
        if self.uid != before.uid || self.cordoned {
            return;
        }
        self.touches.cordon = if before.cordoned {
            self.touches.writer_since(&before.touches, now)
        } else {
            before.touches.cordon.clone()
        };
    }

    fn taint(&self, taint: &Value) -> Option<SeenTaint> {
        let text = |key: &str| taint.get(key).and_then(Value::as_str).unwrap_or_default();
        let added = text("timeAdded").parse().ok();
        let Touch { by, at } = self.touches.taints.clone();
        let touch = Touch { by, at: added.or(at) };
        marks::taint(text("key"), text("value"), text("effect"), touch)
    }
}

/// Whether it is the guard taint of an update.
pub(crate) fn is_guard(taint: &Value) -> bool {
    let has = |key: &str, value: &str| taint.get(key).and_then(Value::as_str) == Some(value);
    has("key", NODEGROUP) && has("value", GUARD_VALUE) && has("effect", "NoSchedule")
}
