//! Counts pods as they change: those of each label set (all, healthy, by controller) and those of each controller
//! (active, ready), so that the disruption controller pays for the label sets a budget selects and the workload
//! controllers for nothing, and neither for its pods.

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

/// The pods of one controller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crew {
    /// Those that are neither finished nor terminating.
    pub active: i64,
    /// Number of active ones that are Ready.
    pub ready: i64,
    /// Those that are terminating and not finished.
    pub leaving: i64,
}

/// What a pod last contributed, so that a change can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counted {
    /// Number of its label set and namespace.
    place: u32,
    /// Number of its controller.
    whose: u32,
    healthy: bool,
    part: Part,
}

/// Where a pod stands for its controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Neither finished nor terminating.
    Active {
        ready: bool,
    },
    /// Terminating and not finished.
    Leaving,
    Finished,
}

/// The counts by label set and namespace and by controller, and the contribution of each pod.
#[derive(Clone, Debug, Default)]
pub struct HealthyPods {
    places: Numbered<(LabelSetId, Arc<str>)>,
    counts: Vec<Count>,
    owners: Numbered<Whose>,
    crews: Vec<Crew>,
    by_owner: FxHashMap<Ref, u32>,
    /// By the number of the pod.
    counted: Vec<Option<Counted>>,
}

/// Values that are numbered as they come; a number is never given again.
#[derive(Clone, Debug)]
struct Numbered<T> {
    all: Vec<T>,
    numbers: FxHashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: FxHashMap::default() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbered<T> {
    fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = self.all.len() as u32;
        self.all.push(value.clone());
        self.numbers.insert(value, number);
        number
    }
}

impl HealthyPods {
    /// Updates the counts after a write to a pod; `None` after its removal.
    pub fn count(&mut self, id: PodId, pod: Option<&Pod>) {
        let at = id.0 as usize;
        if self.counted.len() <= at {
            self.counted.resize(at + 1, None);
        }
        let before = self.counted[at];
        let now = pod.map(|pod| self.contribution(pod, before));
        if now == before {
            return;
        }
        if let Some(before) = before {
            self.add(before, -1);
        }
        if let Some(now) = now {
            self.add(now, 1);
        }
        self.counted[at] = now;
    }

    /// What a pod contributes. Most writes leave label set and controller as they were, and then nothing is looked up.
    fn contribution(&mut self, pod: &Pod, before: Option<Counted>) -> Counted {
        let whose = pod.meta.owner.as_ref().map(|owner| (owner.uid, owner.at));
        let known = before.filter(|before| {
            let (labels, _) = &self.places.all[before.place as usize];
            *labels == pod.meta.labels && self.owners.all[before.whose as usize] == whose
        });
        let (place, whose) = match known {
            Some(known) => (known.place, known.whose),
            None => (self.place(pod), self.whose(whose)),
        };
        let part = if pod.active() {
            Part::Active { ready: pod.ready.is }
        } else if pod.terminating() && !pod.finished() {
            Part::Leaving
        } else {
            Part::Finished
        };
        Counted { place, whose, healthy: pod.ready.is && !pod.terminating(), part }
    }

    fn place(&mut self, pod: &Pod) -> u32 {
        let number = self.places.number((pod.meta.labels, pod.meta.namespace.clone()));
        if self.counts.len() <= number as usize {
            self.counts.push(Count::default());
        }
        number
    }

    fn whose(&mut self, whose: Whose) -> u32 {
        let number = self.owners.number(whose);
        if self.crews.len() <= number as usize {
            self.crews.push(Crew::default());
            if let Some((_, Some(at))) = whose {
                self.by_owner.insert(at, number);
            }
        }
        number
    }

    fn add(&mut self, counted: Counted, by: i64) {
        let count = &mut self.counts[counted.place as usize];
        let whose = self.owners.all[counted.whose as usize];
        count.pods += by;
        count.healthy += by * i64::from(counted.healthy);
        let owned = count.owners.entry(whose).or_default();
        *owned += by;
        if *owned == 0 {
            count.owners.remove(&whose);
        }
        let crew = &mut self.crews[counted.whose as usize];
        match counted.part {
            Part::Active { ready } => {
                crew.active += by;
                crew.ready += by * i64::from(ready);
            }
            Part::Leaving => crew.leaving += by,
            Part::Finished => {}
        }
    }

    /// The count of a label set in a namespace; `None` when it has no pods.
    pub fn of(&self, namespace: &Arc<str>, labels: LabelSetId) -> Option<&Count> {
        let number = self.places.numbers.get(&(labels, namespace.clone()))?;
        self.counts.get(*number as usize).filter(|count| count.pods > 0)
    }

    /// The number of the label set and namespace of a pod, as it was last written: pods of one number are selected by the
    /// same selectors.
    pub fn place_of(&self, id: PodId) -> Option<u32> {
        self.counted.get(id.0 as usize).copied().flatten().map(|counted| counted.place)
    }

    /// The pods of a controller, as they were last written.
    pub fn crew(&self, owner: Ref) -> Crew {
        let number = self.by_owner.get(&owner);
        number.and_then(|number| self.crews.get(*number as usize)).copied().unwrap_or_default()
    }
}
