//! Finds the pod an action refers to, and whether the action moved it.
//!
//! A StatefulSet reuses names, so the pod of that name may be another one on another node by now. Actions carry
//! the pod's uid, and the server refuses them for any other (Kubernetes: `preconditions.uid`). So a pod is judged
//! where it is if it is the one meant, and a namesake only if the action moved it all the same.

use replank_core::action::PodId;

use super::Objection;
use replank_world::object::{Node, Pod, Uid};
use replank_world::world::World;

/// The pod that an action finds under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    uid: Uid,
    /// Whether its uid is the one meant.
    pub(super) is_meant: bool,
    /// Whether it was terminating already.
    going: bool,
}

impl Found {
    /// The pod of that name, whatever its uid.
    pub(super) fn of(world: &World, id: &PodId) -> Option<Self> {
        let pod = find(world, id)?;
        Some(Self { uid: pod.meta.uid, is_meant: pod.meta.uid.0 == id.uid.0, going: pod.terminating() })
    }

    /// Whether it is gone or terminating, and was not when it was found.
    pub(super) fn has_left(&self, world: &World, id: &PodId) -> bool {
        let stays = |pod: &Pod| pod.meta.uid == self.uid && !pod.terminating();
        !self.going && !find(world, id).is_some_and(stays)
    }
}

/// Objections to moving a namesake, which count only if it was moved.
#[derive(Clone, Debug)]
pub(super) struct Namesake {
    pub(super) id: PodId,
    pub(super) found: Found,
    pub(super) objections: Vec<Objection>,
}

/// The pod of that name, whatever its uid.
pub(super) fn find<'a>(world: &'a World, id: &PodId) -> Option<&'a Pod> {
    world.store.pods.get(world.store.pods.find(&id.name.namespace, &id.name.name)?)
}

/// The node of the pod of that name.
pub(super) fn node<'a>(world: &'a World, id: &PodId) -> Option<&'a Node> {
    world.store.nodes.get(find(world, id)?.node?)
}
