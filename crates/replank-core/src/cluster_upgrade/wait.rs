//! Why not yet: every wait as a value, with the names and numbers a person needs to act on it.

use jiff::Timestamp;

use super::observed::{CheckFinding, State};
use super::plan::What;
use super::problem::Stop;
use crate::names::{AddOnName, NodeGroupName, ObjectName, UpdateId};
use crate::version::Minor;

/// One thing that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// What is waited for.
    pub on: On,
    /// When the wait began; `None` where neither the journal nor the cluster tells.
    pub since: Option<Timestamp>,
    /// When it counts as late or the step stops; `None` where the wait has no end.
    pub until: Option<Timestamp>,
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// The cluster cannot be read; nothing is decided blind.
    Reading {
        /// In its words.
        why: String,
    },
    /// A check does not let the control plane move.
    Finding(Finding),
    /// The whole cluster is being checked for a minor.
    Check {
        /// Minor that the cluster is checked for.
        minor: Minor,
    },
    /// Something else is being done with the cluster.
    ClusterBusy {
        /// What is being done with it; never at rest.
        state: State,
    },
    /// The control plane moves. It can be neither paused nor stopped.
    ControlPlane {
        /// Minor that it is brought to.
        to: Minor,
        /// By which update; `None` before it is on record.
        update: Option<UpdateId>,
    },
    /// Its owner has to move the control plane.
    ControlPlaneByOwner {
        /// Version that an API server tells, such as `v1.34.4`.
        version: String,
        /// Minor that is waited for.
        to: Minor,
    },
    /// The pods of an add-on that is its owner's follow its objects; when they do not, these are put back.
    OwnAddOn {
        /// Name of the add-on, such as `coredns`.
        add_on: AddOnName,
        /// Version that it is brought to.
        version: String,
        /// How far it is; empty before its objects are put.
        why: String,
    },
    /// An add-on moves.
    AddOn {
        /// Name of the add-on, such as `coredns`.
        add_on: AddOnName,
        /// Version that it is brought to; empty when the service offers none any more.
        version: String,
        /// By which update; `None` before it is on record.
        update: Option<UpdateId>,
    },
    /// Something else is being done with the group.
    GroupBusy {
        /// Node group whose update cannot begin yet.
        group: NodeGroupName,
        /// What is being done with it; never at rest.
        state: State,
    },
    /// The nodes of a group are replaced.
    Child {
        /// Node group whose nodes are replaced.
        group: NodeGroupName,
        /// By which update; `None` before it is on record.
        update: Option<UpdateId>,
        /// Old nodes replaced.
        replaced: u32,
        /// Old nodes left.
        left: u32,
    },
    /// A person paused the update of a group.
    ChildPaused {
        /// Node group of the paused update.
        group: NodeGroupName,
        /// Id of the paused update.
        update: UpdateId,
    },
    /// The update of a group ends after a cancel.
    ChildEnding {
        /// Node group of the ending update.
        group: NodeGroupName,
        /// Id of the update that was told to end.
        update: UpdateId,
    },
    /// The first node of the new minor has to be Ready and to run a pod before the rest of its group follows.
    Canary {
        /// Node group whose first new node is waited for.
        group: NodeGroupName,
        /// Minor of the new nodes.
        minor: Minor,
        /// Number of nodes of the group at that minor.
        nodes: u32,
        /// Number of these that are Ready.
        ready: u32,
    },
    /// Only the owner of the group can bring its nodes to the minor.
    ByHand {
        /// Node group that its owner has to update.
        group: NodeGroupName,
        /// Minor that the step leads to.
        minor: Minor,
        /// Nodes that are not there yet.
        behind: u32,
        /// Whether the service would update the group if it knew the image.
        is_of_service: bool,
    },
    /// Pods on Fargate are behind; they take the new version when they are made again.
    FargateBehind {
        /// The first few.
        pods: Vec<ObjectName>,
        /// Number of all such pods, the named ones included.
        count: u32,
    },
    /// Pods on Fargate that were made again, or are new, have to be Ready.
    FargateStarting {
        /// The first few.
        pods: Vec<ObjectName>,
        /// Number of all such pods, the named ones included.
        count: u32,
    },
    /// A budget lets no pod go now.
    FargateHeld {
        /// Pod on Fargate that is behind.
        pod: ObjectName,
        /// Name of the budget, in the pod's namespace.
        budget: String,
    },
    /// Nothing makes these pods again, so only their owner can.
    FargateAlone {
        /// The first few.
        pods: Vec<ObjectName>,
        /// Number of all such pods, the named ones included.
        count: u32,
    },
    /// A person's word.
    Gate {
        /// What comes behind it.
        next: What,
        /// Minor that the step behind it leads to.
        minor: Minor,
    },
    /// A person's word after a stop.
    Stopped {
        /// What the step does.
        what: What,
        /// Why it stopped.
        why: Stop,
    },
    /// The upgrade is paused.
    Paused,
}

/// Why a control plane may not move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nodes of a group are behind the control plane, which EKS wants level first.
    NodesBehind {
        /// Node group of the old nodes.
        group: NodeGroupName,
        /// Minor of their kubelets, or of the group's record when it has no nodes.
        minor: Minor,
        /// What the control plane runs.
        control_plane: Minor,
        /// Number of nodes at that minor; 0 when only the group's record is behind.
        count: u32,
    },
    /// Nodes of a group would be newer than the control plane.
    NodesAhead {
        /// Node group of the newer nodes.
        group: NodeGroupName,
        /// Minor of their kubelets.
        minor: Minor,
        /// What the control plane would run.
        control_plane: Minor,
        /// Number of nodes with such kubelets.
        count: u32,
    },
    /// Kubelets would be older than the version skew policy allows.
    KubeletsTooOld {
        /// Node group of the old kubelets.
        group: NodeGroupName,
        /// Minor of their kubelets.
        minor: Minor,
        /// The oldest that would be allowed.
        oldest: Minor,
        /// Number of nodes with such kubelets.
        count: u32,
    },
    /// There is no version of an add-on for the target.
    NoAddOnVersion {
        /// Name of the add-on, such as `coredns`.
        add_on: AddOnName,
        /// The target.
        minor: Minor,
    },
    /// kube-proxy would be older than the version skew policy allows.
    KubeProxyTooOld {
        /// Version of kube-proxy that is installed, such as `v1.30.3-eksbuild.5`.
        version: String,
        /// The target.
        minor: Minor,
    },
    /// Pods on Fargate are behind, and EKS refuses.
    FargateBehind {
        /// Number of pods whose kubelets are behind.
        count: u32,
    },
    /// The check of everything in the cluster found something that blocks, and nobody accepted it.
    Blocks(CheckFinding),
}
