//! `PersistentVolumeClaims` with the volumes bound to them, and `StorageClass` objects.

use std::sync::Arc;

use super::ids::NodeId;
use super::{AsGiven, Meta, Node};
use crate::time::Time;
use crate::vocab::labels::Map;
use crate::vocab::selector::Selector;

/// Finalizer that holds a deleted claim while pods use it.
pub const PROTECTION: &str = "kubernetes.io/pvc-protection";
/// Finalizer of volumes; it goes when the volume is bound to no claim any more.
pub const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

/// A `PersistentVolumeClaim` together with its `PersistentVolume`.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Name, namespace, labels and deletion.
    pub meta: Meta,
    /// `storageClassName`; `None` when the claim names none and there is no default class.
    pub class: Option<Arc<str>>,
    /// `status.phase`, with the bound volume.
    pub phase: ClaimPhase,
    /// Access mode `ReadWriteOncePod`: a second pod that uses it is not schedulable.
    pub one_pod: bool,
    /// Whether its volume is attached to one node at a time: `ReadWriteOnce` on a volume that is attached at all.
    pub one_node: bool,
    /// The node that its volume is attached to.
    pub attached: Option<NodeId>,
    /// The operation that runs on its volume, and when it will be done.
    pub under_way: Option<(VolumeStep, Time)>,
    /// The object as it was written last, unknown fields included.
    pub raw: AsGiven,
}

/// An operation of the CSI driver on a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeStep {
    /// A volume is being created for the claim.
    Provisioning,
    /// The volume is being attached to this node.
    Attaching(NodeId),
    /// The volume is being detached from its node.
    Detaching,
}

/// `status.phase` of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimPhase {
    /// No volume is bound yet.
    Pending,
    /// A volume is bound.
    Bound {
        /// Name of the `PersistentVolume`.
        volume: Arc<str>,
        /// The nodes that can use it.
        zonal: Zonal,
    },
    /// Its volume was deleted: the claim cannot be used again.
    Lost,
}

/// The nodes that can use a volume (`nodeAffinity.required` of the `PersistentVolume`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zonal {
    /// Every node, as with a network file system.
    Anywhere,
    /// Nodes of this zone, as with an EBS volume.
    Zone(Arc<str>),
    /// On nodes with labels that one of these terms selects (`nodeAffinity.required`).
    Nodes(Arc<[Selector]>),
}

impl Zonal {
    /// Whether the volume can be used on a node with these labels (Kubernetes: `volume.CheckNodeAffinity`).
    pub fn takes(&self, node: &Node, labels: &Map) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Zone(zone) => *zone == node.zone,
            Self::Nodes(terms) => terms.iter().any(|term| term.matches(labels)),
        }
    }

    /// Whether every requirement is on a zone label (a key that ends in `/zone`).
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

/// A `StorageClass`: how volumes for claims of it come to be.
#[derive(Clone, Debug)]
pub struct StorageClass {
    /// Name, labels and deletion; it has no namespace.
    pub meta: Meta,
    /// `volumeBindingMode`.
    pub binding: BindingMode,
    /// Whether its provisioner creates volumes; `kubernetes.io/no-provisioner` does not.
    pub provisions: bool,
    /// Whether claims without a class get this one (annotation `storageclass.kubernetes.io/is-default-class`).
    pub is_default: bool,
    /// `allowedTopologies`: volumes are created for nodes that one of these terms selects; empty allows all.
    pub allowed: Vec<Selector>,
    /// The object as it was written last, unknown fields included.
    pub raw: AsGiven,
}

impl StorageClass {
    /// Whether a volume of this class may be created for a node with these labels.
    pub fn allows(&self, labels: &Map) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|term| term.matches(labels))
    }
}

/// `volumeBindingMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingMode {
    /// A volume is bound or created as soon as the claim exists.
    Immediate,
    /// A volume is bound or created for the node that the first pod is scheduled to.
    WaitForFirstConsumer,
}
