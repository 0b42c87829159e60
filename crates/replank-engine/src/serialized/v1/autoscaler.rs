//! Who else changes nodes, version 1.

use replank_core::observed;

use super::Object;
use crate::serialized::{Time, form_enum, form_struct};

form_struct! {
    /// Something that changes nodes by itself.
    pub Autoscaler = observed::Autoscaler {
        /// Which.
        kind: AutoscalerKind,
        /// Its Deployment, when one is seen.
        deployment: Option<Object>,
        /// Whether it runs.
        running: Running,
        /// What else shows that it is there.
        evidence: Vec<Evidence>,
    }
}

form_enum! {
    /// Which autoscaler.
    pub AutoscalerKind = observed::AutoscalerKind {
        /// The Cluster Autoscaler.
        ClusterAutoscaler,
        /// Karpenter.
        Karpenter,
    }
}

form_enum! {
    /// Whether an autoscaler runs.
    pub Running = observed::Running {
        /// So many of its pods are Ready.
        Pods {
            /// Ready ones.
            ready: u32,
            /// Those asked for.
            wanted: u32,
        },
        /// Its Deployment is not seen.
        CannotTell,
    }
}

form_enum! {
    /// What shows that an autoscaler is there or was.
    pub Evidence = observed::Evidence {
        /// The status that it writes.
        Status {
            /// When it was written last.
            written_at: Option<Time>,
        },
        /// Its taints.
        Taints {
            /// On how many nodes.
            nodes: u32,
            /// One of them.
            node: String,
        },
        /// An Event that it told.
        Event {
            /// When it said so last.
            at: Option<Time>,
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
}
