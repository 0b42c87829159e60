//! Autoscalers, version 1.

use replank_core::observed;

use super::Object;
use crate::serialized::{Time, form_enum, form_struct};

form_struct! {
    /// An autoscaler that may change nodes while an update runs.
    #[serde(rename_all = "camelCase")]
    pub Autoscaler = observed::Autoscaler {
        /// Which autoscaler it is.
        kind: AutoscalerKind,
        /// Its Deployment; `None` when none is seen, as where the cloud provider runs it.
        deployment: Option<Object>,
        /// Whether its pods are Ready.
        running: Running,
        /// What else shows that it is or was there.
        evidence: Vec<Evidence>,
    }
}

form_enum! {
    /// The autoscalers told apart; they interfere with an update in different ways.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub AutoscalerKind = observed::AutoscalerKind {
        /// Cluster Autoscaler: changes desired sizes and removes nodes of scaling groups.
        #[serde(alias = "cluster_autoscaler")]
        ClusterAutoscaler,
        /// Karpenter: changes only nodes that it launched itself.
        Karpenter,
    }
}

form_enum! {
    /// Whether an autoscaler runs.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Running = observed::Running {
        /// Its Deployment is seen, with its numbers.
        Pods {
            /// `status.readyReplicas`.
            ready: u32,
            /// `spec.replicas`.
            wanted: u32,
        },
        /// Its Deployment is not seen: deleted, in another cluster, or not readable with our permissions.
        #[serde(alias = "cannot_tell")]
        CannotTell,
    }
}

form_enum! {
    /// What shows that an autoscaler is or was there.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Evidence = observed::Evidence {
        /// The status it writes (Cluster Autoscaler: `ConfigMap` `cluster-autoscaler-status`).
        Status {
            /// When it was last written.
            #[serde(alias = "written_at")]
            written_at: Option<Time>,
        },
        /// Its taints on nodes.
        Taints {
            /// Number of nodes with one.
            nodes: u32,
            /// Name of one of them.
            node: String,
        },
        /// An Event that it wrote.
        Event {
            /// When it was last seen.
            at: Option<Time>,
        },
        /// `NodePool` objects (Karpenter).
        #[serde(alias = "node_pools")]
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
}
