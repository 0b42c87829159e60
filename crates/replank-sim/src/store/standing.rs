//! How many pods of a label set there are, how many are healthy, and whose they are: counted as they change, so that
//! a budget over thousands of pods costs no more than the label sets it selects.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{PodId, Ref};
use crate::object::{Pod, Uid};
use crate::vocab::labels::LabelSetId;

/// Whose a pod is: its controller, and where that is stored.
pub(crate) type Whose = Option<(Uid, Option<Ref>)>;

/// The count of one label set in one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// All of its pods, finished and terminating ones too.
    pub(crate) pods: i64,
    /// Those that are Ready and not terminating.
    pub(crate) healthy: i64,
    /// How many are whose.
    pub(crate) owners: BTreeMap<Whose, i64>,
}

/// What was counted for a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Counted {
    place: (LabelSetId, Arc<str>),
    healthy: bool,
    whose: Whose,
}

/// The counts of a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    counts: FxHashMap<(LabelSetId, Arc<str>), Count>,
    counted: FxHashMap<PodId, Counted>,
}

impl Standing {
    /// Counts a pod as it is now; `None` when it is gone.
    pub(crate) fn count(&mut self, id: PodId, pod: Option<&Pod>) {
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

    /// The count of a label set in a namespace.
    pub(crate) fn of(&self, namespace: &Arc<str>, labels: LabelSetId) -> Option<&Count> {
        self.counts.get(&(labels, namespace.clone()))
    }
}
