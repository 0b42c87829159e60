//! The set of new instances that joined. It grows over the update, and updates are cloned often, so clones are cheap.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::draw;
use crate::names::InstanceId;
use crate::node_group::event::Fact;
use crate::observed::Observation;

/// Tells [`Members`](crate::observed::Members) which instances these facts record as joined, so that later turns skip
/// them by class instead of one by one. Saves time only; call it once for the facts of each turn.
pub fn note_joined<'a>(seen: &mut Observation, facts: impl IntoIterator<Item = &'a Fact>) {
    for fact in facts {
        if let Fact::Joined { instances } = fact {
            seen.members.note_joined(instances);
        }
    }
}

/// Instance ids in 256 shares by hash. A clone copies the shares' pointers; an insert into a shared one copies that
/// share.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Joined(BTreeMap<u8, Arc<BTreeSet<InstanceId>>>);

impl Joined {
    pub(crate) fn insert(&mut self, id: &InstanceId) {
        Arc::make_mut(self.0.entry(share(id)).or_default()).insert(id.clone());
    }

    pub(crate) fn remove(&mut self, id: &InstanceId) {
        if self.contains(id)
            && let Some(ids) = self.0.get_mut(&share(id))
        {
            Arc::make_mut(ids).remove(id);
        }
    }

    pub(crate) fn contains(&self, id: &InstanceId) -> bool {
        self.0.get(&share(id)).is_some_and(|ids| ids.contains(id))
    }

    /// Whether none joined, or all that did are gone.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.values().all(|ids| ids.is_empty())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &InstanceId> {
        self.0.values().flat_map(|ids| ids.iter())
    }
}

fn share(id: &InstanceId) -> u8 {
    draw::hash(id.as_str()) as u8
}
