//! Autoscalers that may add and remove nodes of the cluster, as far as the cluster shows them.

use jiff::Timestamp;

use crate::names::{NodeName, ObjectName};

/// An autoscaler that may change nodes while an update runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autoscaler {
    /// Which autoscaler it is.
    pub kind: AutoscalerKind,
    /// Its Deployment; `None` when none is seen, as where the cloud provider runs it.
    pub deployment: Option<ObjectName>,
    /// Whether its pods are Ready.
    pub running: Running,
    /// What else shows that it is or was there.
    pub evidence: Vec<Evidence>,
}

/// The autoscalers told apart; they interfere with an update in different ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AutoscalerKind {
    /// Cluster Autoscaler: changes desired sizes and removes nodes of scaling groups.
    ClusterAutoscaler,
    /// Karpenter: changes only nodes that it launched itself.
    Karpenter,
}

/// Whether an autoscaler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Running {
    /// Its Deployment is seen, with its numbers.
    Pods {
        /// `status.readyReplicas`.
        ready: u32,
        /// `spec.replicas`.
        wanted: u32,
    },
    /// Its Deployment is not seen: deleted, in another cluster, or not readable with our permissions.
    CannotTell,
}

/// What shows that an autoscaler is or was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The status it writes (Cluster Autoscaler: `ConfigMap` `cluster-autoscaler-status`).
    Status {
        /// When it was last written.
        written_at: Option<Timestamp>,
    },
    /// Its taints on nodes.
    Taints {
        /// Number of nodes with one.
        nodes: u32,
        /// Name of one of them.
        node: NodeName,
    },
    /// An Event that it wrote.
    Event {
        /// When it was last seen.
        at: Option<Timestamp>,
    },
    /// `NodePool` objects (Karpenter).
    NodePools {
        /// Number of its `NodePool` objects.
        count: u32,
    },
    /// Nodes that it launched.
    Launched {
        /// Number of nodes of the cluster that it launched.
        nodes: u32,
    },
}

impl Autoscaler {
    /// Whether its Deployment is seen and none of its pods is Ready.
    pub fn is_stopped(&self) -> bool {
        matches!(self.running, Running::Pods { ready: 0, .. })
    }
}
