//! Who else adds and removes nodes of the cluster, as far as the cluster shows it.

use jiff::Timestamp;

use crate::names::{NodeName, ObjectName};

/// Something that changes nodes by itself while an update runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autoscaler {
    /// Which.
    pub kind: AutoscalerKind,
    /// Its Deployment; `None` when none is seen, as where the cloud runs it.
    pub deployment: Option<ObjectName>,
    /// Whether it runs.
    pub running: Running,
    /// What shows that it is there besides its Deployment.
    pub evidence: Vec<Evidence>,
}

/// Kinds of autoscalers, which do different things to an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AutoscalerKind {
    /// The Cluster Autoscaler: it changes sizes and nodes of scaling groups.
    ClusterAutoscaler,
    /// Karpenter: it changes nodes that it launched itself.
    Karpenter,
}

/// Whether an autoscaler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Running {
    /// So many of its pods are Ready, of so many that its Deployment asks for.
    Pods {
        /// Ready ones.
        ready: u32,
        /// Those asked for.
        wanted: u32,
    },
    /// Its Deployment is not seen: it may be gone, run elsewhere, or not be ours to read.
    CannotTell,
}

/// What shows that an autoscaler is there or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The status that it writes (Cluster Autoscaler: `ConfigMap` `cluster-autoscaler-status`).
    Status {
        /// When it was written last.
        written_at: Option<Timestamp>,
    },
    /// Its taints.
    Taints {
        /// On how many nodes.
        nodes: u32,
        /// One of them.
        node: NodeName,
    },
    /// An Event that it told.
    Event {
        /// When it said so last.
        at: Option<Timestamp>,
    },
    /// Its `NodePool` objects.
    NodePools {
        /// How many.
        count: u32,
    },
    /// Nodes that it launched.
    Launched {
        /// How many.
        nodes: u32,
    },
}

impl Autoscaler {
    /// Whether none of its pods is Ready although its Deployment is seen.
    pub fn is_stopped(&self) -> bool {
        matches!(self.running, Running::Pods { ready: 0, .. })
    }
}
