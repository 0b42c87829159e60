//! Finding what an act is about, and whether the act moved it.
//!
//! A stateful set names its pods anew after the old ones, so a pod of the same name may by now be another one on
//! another node. An act carries the identity of the pod it means, and the server refuses it for any other
//! (Kubernetes: `preconditions.uid`). So a pod is judged where it is when it is the one that is meant, and a namesake
//! only if the act moved it after all.

use replank_core::action::PodId;

use super::Objection;
use crate::object::{Node, Pod, Uid};
use crate::world::World;

/// A pod as an act finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its identity.
    uid: Uid,
    /// Whether it is the one that is meant.
    pub(super) is_meant: bool,
    /// Whether it was on its way out already.
    going: bool,
}

impl Found {
    /// The pod of that name, whatever its identity.
    pub(super) fn of(world: &World, id: &PodId) -> Option<Self> {
        let pod = find(world, id)?;
        Some(Self { uid: pod.meta.uid, is_meant: pod.meta.uid.0 == id.uid.0, going: pod.terminating() })
    }

    /// Whether it left, or is on its way out, since it was found.
    pub(super) fn has_left(&self, world: &World, id: &PodId) -> bool {
        let stays = |pod: &Pod| pod.meta.uid == self.uid && !pod.terminating();
        !self.going && !find(world, id).is_some_and(stays)
    }
}

/// What is held against moving a namesake, until it is seen whether it was moved.
#[derive(Clone, Debug)]
pub(super) struct Namesake {
    pub(super) id: PodId,
    pub(super) found: Found,
    pub(super) objections: Vec<Objection>,
}

/// The pod of that name, whatever its identity.
pub(super) fn find<'a>(world: &'a World, id: &PodId) -> Option<&'a Pod> {
    world.store.pods.get(world.store.pods.find(&id.name.namespace, &id.name.name)?)
}

/// The node it is on.
pub(super) fn node<'a>(world: &'a World, id: &PodId) -> Option<&'a Node> {
    world.store.nodes.get(find(world, id)?.node?)
}
