//! The scheduler.

use crate::store::{ClaimId, NodeId, PodId, Verb};
use crate::world::World;

/// The scheduler's own state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scheduler {}

/// Takes the next pod.
pub(crate) fn next(_world: &mut World) {}

/// A pod's back-off is over.
pub(crate) fn back_off_over(_world: &mut World, _id: PodId) {}

/// Every pod in the pool gets another chance.
pub(crate) fn flush(_world: &mut World) {}

/// A pod changed.
pub(crate) fn pod_changed(_world: &mut World, _id: PodId, _verb: Verb) {}

/// A node changed.
pub(crate) fn node_changed(_world: &mut World, _id: NodeId, _verb: Verb) {}

/// A claim changed.
pub(crate) fn claim_changed(_world: &mut World, _id: ClaimId) {}
