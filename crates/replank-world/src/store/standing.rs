//! Counts the pods of each label set (all, healthy, by controller) as they change, so that the disruption
//! controller pays for the label sets a budget selects and not for its pods.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{PodId, Ref};
use crate::object::{Pod, Uid};
use crate::vocab::labels::LabelSetId;

/// The controller of a pod (uid and, for a kind the world acts on, its place in the store); `None` without one.
pub type Whose = Option<(Uid, Option<Ref>)>;

/// The pods of one label set in one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them, finished and terminating ones included.
    pub pods: i64,
    /// Those that are Ready and not terminating.
    pub healthy: i64,
    /// Pods by controller.
    pub owners: BTreeMap<Whose, i64>,
}

/// What a pod last contributed, so that a change can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Counted {
    place: (LabelSetId, Arc<str>),
    healthy: bool,
    whose: Whose,
}

/// The counts by label set and namespace, and the contribution of each pod.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    counts: FxHashMap<(LabelSetId, Arc<str>), Count>,
    counted: FxHashMap<PodId, Counted>,
}

impl Standing {
    /// Updates the counts after a write to a pod; `None` after its removal.
    pub fn count(&mut self, id: PodId, pod: Option<&Pod>) {
        let now = pod.map(|pod| Counted {
            place: (pod.meta.labels, pod.meta.namespace.clone()),
            healthy: pod.ready.is && !pod.terminating(),
            whose: pod.meta.owner.as_ref().map(|owner| (owner.uid, owner.at)),
        });
        if self.counted.get(&id) == now.as_ref() {
            return;
        }
        if let Some(before) = self.counted.remove(&id) {
            self.add(&before, -1);
        }
        if let Some(now) = now {
            self.add(&now, 1);
            self.counted.insert(id, now);
        }
    }

    fn add(&mut self, counted: &Counted, by: i64) {
        let count = self.counts.entry(counted.place.clone()).or_default();
        count.pods += by;
        count.healthy += by * i64::from(counted.healthy);
        let owned = count.owners.entry(counted.whose).or_default();
        *owned += by;
        if *owned == 0 {
            count.owners.remove(&counted.whose);
        }
        if count.pods == 0 {
            self.counts.remove(&counted.place);
        }
    }

    /// The count of a label set in a namespace; `None` when it has no pods.
    pub fn of(&self, namespace: &Arc<str>, labels: LabelSetId) -> Option<&Count> {
        self.counts.get(&(labels, namespace.clone()))
    }
}
