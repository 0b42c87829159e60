//! Pods that no node takes: before an update, on the way, and in the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::names::{ObjectName, Uid};
use crate::observed::Observation;

/// A pod that the scheduler found no node for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoNode {
    /// Namespace and name.
    pub pod: ObjectName,
    /// The scheduler's words, those of its last try.
    pub why: Arc<str>,
    /// For how long it had none, as far as it was watched.
    pub lasted: SignedDuration,
    /// Whether its workload had such pods before the update began.
    pub as_before: bool,
}

/// The pods without a node around an update, by when they had none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unplaced {
    /// Before it began.
    pub before: Vec<NoNode>,
    /// While it ran, and no more in the end.
    pub during: Vec<NoNode>,
    /// In the end.
    pub after: Vec<NoNode>,
}

impl Unplaced {
    /// How many pods the update leaves without a node, and how many more have none as their workload had before.
    pub fn left(&self) -> (usize, usize) {
        let as_before = self.after.iter().filter(|pod| pod.as_before).count();
        (self.after.len() - as_before, as_before)
    }
}

/// The pods that would find no node, of those that were moved between two sightings.
pub(super) fn moved(
    before: &Observation,
    after: &Observation,
    homeless: &BTreeMap<Uid, Arc<str>>,
) -> Unplaced {
    let stands = |uid: &Uid| after.pods.get(*uid).is_some();
    let gone = homeless.iter().filter(|(uid, _)| !stands(uid));
    let after = gone.filter_map(|(uid, why)| {
        let pod = before.pods.get(*uid)?.name.clone();
        Some(NoNode { pod, why: why.clone(), lasted: SignedDuration::ZERO, as_before: false })
    });
    Unplaced { after: after.collect(), ..Unplaced::default() }
}
