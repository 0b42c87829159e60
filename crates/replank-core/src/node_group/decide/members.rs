//! Old and new: the questions every phase asks of the group's members.

use std::collections::BTreeSet;

use super::marks;
use super::turn::Turn;
use crate::names::{InstanceId, Zone};
use crate::observed::{MemberClass, MemberState};

impl Turn<'_> {
    /// Whether a template version makes other nodes than the target. Content decides, not the number:
    /// an unknown version is old.
    pub(super) fn is_old_version(&self, version: u64) -> bool {
        let content = self.group().and_then(|group| group.versions.get(&version));
        content != Some(&self.rollout.spec.target.content)
    }

    /// Old members that are not on their way out.
    pub(super) fn is_old(&self, class: &MemberClass) -> bool {
        class.state != MemberState::Leaving && self.is_old_version(class.version)
    }

    /// Members, old or new, that are Ready and labelled and that nobody else closed. What we closed ourselves we
    /// open again.
    pub(super) fn serves(&self, class: &MemberClass) -> bool {
        class.state == MemberState::Ready && !self.rollout.is_closed(self.group(), class)
    }

    /// New members that serve: Ready, labelled, open to pods. An earlier update's marks close them too.
    pub(super) fn is_serving(&self, class: &MemberClass) -> bool {
        let marked = class.marks.guarded || class.marks.cordoned;
        self.serves(class) && !marked && !self.is_old_version(class.version)
    }

    /// New members that somebody else closed.
    pub(super) fn is_closed(&self, class: &MemberClass) -> bool {
        let is_new = !self.is_old_version(class.version);
        is_new && class.state == MemberState::Ready && self.rollout.is_closed(self.group(), class)
    }

    /// New members that are no Ready, labelled nodes: on their way in, or lost.
    pub(super) fn is_absent(&self, class: &MemberClass) -> bool {
        matches!(class.state, MemberState::Launching | MemberState::NotReady | MemberState::Unlabelled)
            && !self.is_old_version(class.version)
    }

    pub(super) fn old_count(&self) -> u32 {
        self.seen.members.count(|class| self.is_old(class))
    }

    /// Members that stand: everything that is not leaving.
    pub(super) fn standing_count(&self) -> u32 {
        self.seen.members.count(|class| class.state != MemberState::Leaving)
    }

    /// Nodes the group is asked to have and has not: not launched, or not Ready and labelled yet.
    pub(super) fn missing(&self) -> u32 {
        let desired = self.group().map_or(0, |group| group.sizes.desired);
        let serving = self.seen.members.count(|class| self.is_serving(class));
        desired.saturating_sub(self.old_count() + serving)
    }

    /// Zones that hold old nodes and no new one that serves.
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

    /// Whether a node may be picked: it is not in work, and what it shows of our marks is not about to change.
    pub(super) fn pickable(&self, id: &InstanceId) -> bool {
        !self.rollout.work.contains_key(id) && !marks::is_opening(self, id)
    }
}
