//! The `Node` object.

use std::sync::Arc;

use super::Meta;
use crate::time::Time;
use crate::vocab::quantity::Resources;
use crate::vocab::taint::Taint;

/// A `Node`: what the scheduler, the kubelet and the node controllers read of it.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its metadata; labels carry group, zone and instance type.
    pub meta: Meta,
    /// The id of the cloud instance behind it (the last part of `spec.providerID`).
    pub instance: Arc<str>,
    /// The value of the label `topology.kubernetes.io/zone`; empty without one.
    pub zone: Arc<str>,
    /// `spec.unschedulable`: cordoned.
    pub unschedulable: bool,
    /// Who changed `unschedulable` last (`None` when unknown), and when.
    pub cordoned: Option<(Option<Arc<str>>, Time)>,
    /// `spec.taints`, those of the node lifecycle controller included.
    pub taints: Vec<Taint>,
    /// `status.allocatable` of cpu, memory, storage and extended resources.
    pub allocatable: Resources,
    /// `status.allocatable.pods`.
    pub pods_max: u32,
    /// How many volumes the CSI driver can attach (`CSINode`, `allocatable.count`).
    pub volumes_max: u32,
    /// Condition `Ready`.
    pub ready: NodeReady,
    /// `lastTransitionTime` of that condition.
    pub ready_since: Time,
    /// `status.nodeInfo.kubeletVersion`, such as `v1.35.2`.
    pub kubelet: Arc<str>,
    /// Whether its kubelet runs; without it no pod starts, stops or reports, and heartbeats cease.
    pub alive: bool,
    /// Sum of the requests of the pods counted on it.
    pub used: Resources,
    /// The same with the scheduler's defaults for containers without requests, which its scoring uses.
    pub used_nonzero: Resources,
}

/// `status` of condition `Ready` of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeReady {
    /// `True`: the kubelet reports that it is ready.
    True,
    /// `False`: the kubelet reports that it is not ready.
    False,
    /// `Unknown`: no heartbeat within the node monitor's grace period.
    Unknown,
}
