//! What every phase asks about the group's members: old or new, serving, missing.

use std::collections::BTreeSet;

use super::marks;
use super::turn::Turn;
use crate::names::{InstanceId, Zone};
use crate::observed::{MemberClass, MemberState};

impl Turn<'_> {
    /// Whether a template version launches other nodes than the target asks for. Its content decides, not its number;
    /// an unknown version is old.
    pub(super) fn is_old_version(&self, version: u64) -> bool {
        let content = self.group().and_then(|group| group.versions.get(&version));
        content != Some(&self.rollout.spec.target.content)
    }

    /// Whether members of this class are old and not terminating.
    pub(super) fn is_old(&self, class: &MemberClass) -> bool {
        class.state != MemberState::Leaving && self.is_old_version(class.version)
    }

    /// Whether members of this class, old or new, are Ready, labelled and not closed by somebody else. Our own marks do
    /// not count.
    pub(super) fn serves(&self, class: &MemberClass) -> bool {
        class.state == MemberState::Ready && !self.rollout.is_closed(self.group(), class)
    }

    /// Whether members of this class are new and serve: Ready, labelled, and without guard or cordon, an earlier
    /// update's included.
    pub(super) fn is_serving(&self, class: &MemberClass) -> bool {
        let marked = class.marks.guarded || class.marks.cordoned;
        self.serves(class) && !marked && !self.is_old_version(class.version)
    }

    /// Whether members of this class are new, Ready, and closed by somebody else.
    pub(super) fn is_closed(&self, class: &MemberClass) -> bool {
        let is_new = !self.is_old_version(class.version);
        is_new && class.state == MemberState::Ready && self.rollout.is_closed(self.group(), class)
    }

    /// Whether members of this class are new and not Ready, labelled nodes: still joining, or lost.
    pub(super) fn is_absent(&self, class: &MemberClass) -> bool {
        matches!(class.state, MemberState::Launching | MemberState::NotReady | MemberState::Unlabelled)
            && !self.is_old_version(class.version)
    }

    pub(super) fn old_count(&self) -> u32 {
        self.seen.members.count(|class| self.is_old(class))
    }

    /// Members that are not terminating.
    pub(super) fn standing_count(&self) -> u32 {
        self.seen.members.count(|class| class.state != MemberState::Leaving)
    }

    /// How many nodes the desired size asks for beyond old and serving new ones.
    pub(super) fn missing(&self) -> u32 {
        let desired = self.group().map_or(0, |group| group.sizes.desired);
        let serving = self.seen.members.count(|class| self.is_serving(class));
        desired.saturating_sub(self.old_count() + serving)
    }

    /// Zones that have old nodes and no new one that serves.
    pub(super) fn zones_without_new(&self) -> Vec<Zone> {
        let zones = |choose: &dyn Fn(&MemberClass) -> bool| -> BTreeSet<Zone> {
            self.seen
                .members
                .classes()
                .filter(|(class, _)| choose(class))
                .map(|(class, _)| class.zone.clone())
                .collect()
        };
        let old = zones(&|class| self.is_old(class));
        let new = zones(&|class| self.is_serving(class));
        old.difference(&new).cloned().collect()
    }

    /// Whether a node may be picked: it is not in work, and no cordon of ours is being removed from it.
    pub(super) fn pickable(&self, id: &InstanceId) -> bool {
        !self.rollout.work.contains_key(id) && !marks::is_opening(self, id)
    }
}
