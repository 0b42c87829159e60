//! Interned label sets: equal sets share one number, so that a selector is evaluated once for each set.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

/// The label of a node that names its node group (EKS).
pub const NODEGROUP: &str = "eks.amazonaws.com/nodegroup";

/// Parses labels or annotations.
pub type Map = BTreeMap<Arc<str>, Arc<str>>;

/// The number of an interned label set; equal sets have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSetId(pub u32);

/// The label sets of a world.
#[derive(Clone, Debug, Default)]
pub struct LabelSets {
    sets: Vec<Arc<Map>>,
    by_content: FxHashMap<Arc<Map>, LabelSetId>,
    /// The number of the set without labels: every object that a controller makes begins with it.
    empty: Option<LabelSetId>,
}

impl LabelSets {
    /// The number of a set, a new one when it was not seen before.
    pub fn intern(&mut self, labels: &Map) -> LabelSetId {
        if let Some(id) = self.empty.filter(|_| labels.is_empty()) {
            return id;
        }
        if let Some(id) = self.by_content.get(labels) {
            return *id;
        }
        let (id, labels) = (LabelSetId(self.sets.len() as u32), Arc::new(labels.clone()));
        if labels.is_empty() {
            self.empty = Some(id);
        }
        self.sets.push(labels.clone());
        self.by_content.insert(labels, id);
        id
    }

    /// The set of a number that this value gave out.
    pub fn get(&self, id: LabelSetId) -> &Arc<Map> {
        &self.sets[id.0 as usize]
    }
}
