//! Claims, and the volumes they are bound to.

use std::sync::Arc;

use serde_json::Value;

use super::ids::NodeId;
use super::{Meta, Node};
use crate::time::Time;
use crate::vocab::labels::Map;
use crate::vocab::selector::Selector;

/// A `PersistentVolumeClaim` with its volume.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Name and so on.
    pub meta: Meta,
    /// Its storage class.
    pub class: Option<Arc<str>>,
    /// Bound or not.
    pub phase: ClaimPhase,
    /// Whether one pod at a time may use it (`ReadWriteOncePod`).
    pub one_pod: bool,
    /// Whether its volume is attached to one node at a time (`ReadWriteOnce`, and a volume that is attached at all).
    pub one_node: bool,
    /// The node its volume is attached to.
    pub attached: Option<NodeId>,
    /// What is being done with its volume, and when that is done.
    pub under_way: Option<(VolumeStep, Time)>,
    /// As it was given.
    pub raw: Arc<Value>,
}

/// What is being done with a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeStep {
    /// It is being made.
    Provisioning,
    /// It is being attached to this node.
    Attaching(NodeId),
    /// It is being detached.
    Detaching,
}

/// Whether a claim is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimPhase {
    /// Not bound.
    Pending,
    /// Bound to this volume.
    Bound {
        /// The volume's name.
        volume: Arc<str>,
        /// Where it can be used.
        zonal: Zonal,
    },
    /// Its volume is gone.
    Lost,
}

/// Where a volume can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zonal {
    /// Anywhere.
    Anywhere,
    /// In one zone.
    Zone(Arc<str>),
    /// On nodes with labels that one of these terms selects (`nodeAffinity.required`).
    Nodes(Arc<[Selector]>),
}

impl Zonal {
    /// Whether it can be used on a node with these labels (Kubernetes: `volume.CheckNodeAffinity`).
    pub fn takes(&self, node: &Node, labels: &Map) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Zone(zone) => *zone == node.zone,
            Self::Nodes(terms) => terms.iter().any(|term| term.matches(labels)),
        }
    }

    /// Whether what it asks of a node is a zone, by whatever label.
    pub fn is_of_a_zone(&self) -> bool {
        match self {
            Self::Anywhere => false,
            Self::Zone(_) => true,
            Self::Nodes(terms) => {
                terms.iter().flat_map(|term| &term.requirements).all(|it| it.key.ends_with("/zone"))
            }
        }
    }
}

/// A storage class.
#[derive(Clone, Debug)]
pub struct StorageClass {
    /// Name and so on.
    pub meta: Meta,
    /// When claims are bound.
    pub binding: BindingMode,
    /// Whether volumes can be made for claims.
    pub provisions: bool,
    /// Whether it is the default.
    pub is_default: bool,
    /// Where volumes may be made: on nodes that one of these terms selects; anywhere without any (`allowedTopologies`).
    pub allowed: Vec<Selector>,
    /// As it was given.
    pub raw: Arc<Value>,
}

impl StorageClass {
    /// Whether a volume may be made for a pod on a node with these labels.
    pub fn allows(&self, labels: &Map) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|term| term.matches(labels))
    }
}

/// `volumeBindingMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingMode {
    /// As soon as the claim is there.
    Immediate,
    /// When the first pod is scheduled.
    WaitForFirstConsumer,
}
