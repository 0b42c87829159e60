//! A node.

use std::sync::Arc;

use super::Meta;
use crate::time::Time;
use crate::vocab::quantity::Resources;
use crate::vocab::taint::Taint;

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Name, labels, annotations and so on.
    pub meta: Meta,
    /// The instance behind it.
    pub instance: Arc<str>,
    /// Its zone, from its labels.
    pub zone: Arc<str>,
    /// `spec.unschedulable`.
    pub unschedulable: bool,
    /// Who changed that last, where it is known, and when.
    pub cordoned: Option<(Option<Arc<str>>, Time)>,
    /// Its taints.
    pub taints: Vec<Taint>,
    /// What it offers to pods.
    pub allocatable: Resources,
    /// How many pods it takes.
    pub pods_max: u32,
    /// How many volumes may be attached (`CSINode`).
    pub volumes_max: u32,
    /// Condition `Ready`.
    pub ready: NodeReady,
    /// Since when that condition is what it is.
    pub ready_since: Time,
    /// `status.nodeInfo.kubeletVersion`.
    pub kubelet: Arc<str>,
    /// Whether its kubelet lives; a dead one starts and stops nothing.
    pub alive: bool,
    /// What its pods ask for together.
    pub used: Resources,
    /// The same with the scheduler's defaults, for scoring.
    pub used_nonzero: Resources,
}

/// Condition `Ready` of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeReady {
    /// `True`.
    True,
    /// `False`.
    False,
    /// `Unknown`: the kubelet is silent.
    Unknown,
}
