//! Pods that no node takes: before, during and after an update.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::names::{ObjectName, Uid};
use crate::observed::Observation;

/// A pod for which the scheduler found no node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoNode {
    /// Namespace and name.
    pub pod: ObjectName,
    /// The scheduler's message at its last try.
    pub why: Arc<str>,
    /// How long it had no node while it was watched; zero where nothing was watched.
    pub lasted: SignedDuration,
    /// Whether pods of its workload had no node before the update too.
    pub as_before: bool,
}

/// Pods without a node, by when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unplaced {
    /// When the update began.
    pub before: Vec<NoNode>,
    /// At some time while it ran, but not at its end.
    pub during: Vec<NoNode>,
    /// At its end.
    pub after: Vec<NoNode>,
}

impl Unplaced {
    /// Number of pods that have no node at the end: first those whose workload had none such before, then the others.
    pub fn left(&self) -> (usize, usize) {
        let as_before = self.after.iter().filter(|pod| pod.as_before).count();
        (self.after.len() - as_before, as_before)
    }
}

/// The pods of `homeless` that are gone in `after`: their replacements would find no node.
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
