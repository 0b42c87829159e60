//! Claims, and the volumes they are bound to.

use std::sync::Arc;

use serde_json::Value;

use super::Meta;
use crate::store::NodeId;
use crate::time::Time;

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
    /// On one node (local volumes).
    Node(Arc<str>),
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
}

/// `volumeBindingMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingMode {
    /// As soon as the claim is there.
    Immediate,
    /// When the first pod is scheduled.
    WaitForFirstConsumer,
}
