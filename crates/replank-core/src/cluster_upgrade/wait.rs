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
    /// Since when.
    pub since: Option<Timestamp>,
    /// When patience ends.
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
        /// The minor.
        minor: Minor,
    },
    /// Something else is being done with the cluster.
    ClusterBusy {
        /// What it is.
        state: State,
    },
    /// The control plane moves. It can be neither paused nor stopped.
    ControlPlane {
        /// To what.
        to: Minor,
        /// By which update; `None` before it is on record.
        update: Option<UpdateId>,
    },
    /// An add-on moves.
    AddOn {
        /// Which.
        add_on: AddOnName,
        /// To what.
        version: String,
        /// By which update; `None` before it is on record.
        update: Option<UpdateId>,
    },
    /// Something else is being done with the group.
    GroupBusy {
        /// Which.
        group: NodeGroupName,
        /// What it is.
        state: State,
    },
    /// The nodes of a group are replaced.
    Child {
        /// The group.
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
        /// The group.
        group: NodeGroupName,
        /// The update.
        update: UpdateId,
    },
    /// The update of a group ends after a cancel.
    ChildEnding {
        /// The group.
        group: NodeGroupName,
        /// The update.
        update: UpdateId,
    },
    /// The first node of the new minor has to be Ready and to run a pod before the rest of its group follows.
    Canary {
        /// The group.
        group: NodeGroupName,
        /// The minor.
        minor: Minor,
        /// New nodes.
        nodes: u32,
        /// Those that are Ready.
        ready: u32,
    },
    /// Only the owner of the group can bring its nodes to the minor.
    ByHand {
        /// The group.
        group: NodeGroupName,
        /// The minor.
        minor: Minor,
        /// Nodes that are not there yet.
        behind: u32,
    },
    /// Pods on Fargate are behind; they take the new version when they are made again.
    FargateBehind {
        /// The first few.
        pods: Vec<ObjectName>,
        /// How many.
        count: u32,
    },
    /// A person's word.
    Gate {
        /// What comes behind it.
        next: What,
        /// To which minor.
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
        /// The group.
        group: NodeGroupName,
        /// Their minor.
        minor: Minor,
        /// What the control plane runs.
        control_plane: Minor,
        /// How many.
        count: u32,
    },
    /// Nodes of a group would be newer than the control plane.
    NodesAhead {
        /// The group.
        group: NodeGroupName,
        /// Their minor.
        minor: Minor,
        /// What the control plane would run.
        control_plane: Minor,
        /// How many.
        count: u32,
    },
    /// Kubelets would be older than the version skew policy allows.
    KubeletsTooOld {
        /// The group.
        group: NodeGroupName,
        /// Their minor.
        minor: Minor,
        /// The oldest that would be allowed.
        oldest: Minor,
        /// How many.
        count: u32,
    },
    /// There is no version of an add-on for the target.
    NoAddOnVersion {
        /// The add-on.
        add_on: AddOnName,
        /// The target.
        minor: Minor,
    },
    /// kube-proxy would be older than the version skew policy allows.
    KubeProxyTooOld {
        /// Its version.
        version: String,
        /// The target.
        minor: Minor,
    },
    /// Pods on Fargate are behind, and EKS refuses.
    FargateBehind {
        /// How many.
        count: u32,
    },
    /// The check of everything in the cluster found something that blocks, and nobody accepted it.
    Blocks(CheckFinding),
}
