//! The templates that stateful sets and daemon sets had, as their status and their revisions tell them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::object::PodTemplate;
use crate::store::{OtherId, Ref, StatefulSetId};
use crate::world::World;

/// The revisions of a world.
#[derive(Clone, Debug, Default)]
pub struct Revisions {
    /// Those of each owner, oldest first.
    pub of_owner: BTreeMap<Ref, Vec<Revision>>,
    /// From which revision to which each stateful set goes.
    pub rollouts: BTreeMap<StatefulSetId, Rollout>,
}

/// A template that an owner had.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Template id.
    pub template: Arc<PodTemplate>,
    /// `revision`: counts up with each change.
    pub number: i64,
    /// The object that clients list it as.
    pub at: OtherId,
}

/// A template, and the value of the label `controller-revision-hash` of its pods.
pub type Hashed = (Arc<PodTemplate>, Arc<str>);

/// From which template to which a stateful set goes.
#[derive(Clone, Debug)]
pub struct Rollout {
    /// `currentRevision`.
    pub current: Hashed,
    /// `updateRevision`.
    pub update: Hashed,
}

impl World {
    /// The templates of an owner's revisions, oldest first.
    pub fn templates_of(&self, owner: Ref) -> impl Iterator<Item = &PodTemplate> {
        self.revisions.of_owner.get(&owner).into_iter().flatten().map(|revision| &*revision.template)
    }

    /// `status.currentRevision` and `status.updateRevision` of a StatefulSet; `None` before its first sync.
    pub fn revisions_of(&self, id: StatefulSetId) -> Option<(Arc<str>, Arc<str>)> {
        self.revisions.rollouts.get(&id).map(|rollout| (rollout.current.1.clone(), rollout.update.1.clone()))
    }
}
