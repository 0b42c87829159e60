//! The kubelets.

use crate::store::{NodeId, PodId, Verb};
use crate::world::World;

/// The kubelet takes the next step with a pod.
pub(crate) fn step(_world: &mut World, _id: PodId) {}

/// A node becomes Ready.
pub(crate) fn node_ready(_world: &mut World, _id: NodeId) {}

/// A pod changed.
pub(crate) fn pod_changed(_world: &mut World, _id: PodId, _verb: Verb) {}
