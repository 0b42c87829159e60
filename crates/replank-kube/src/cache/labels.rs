//! Label sets, each kept once, and which budgets select them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use replank_core::names::ObjectName;

use super::state::SeenBudget;

/// The labels of an object.
pub(crate) type Labels = BTreeMap<Arc<str>, Arc<str>>;

/// Sets that nobody has any more are looked for when so many were added.
const SWEEP_EVERY: usize = 10_000;

/// Label sets, each kept once.
#[derive(Debug, Default)]
pub(crate) struct LabelSets {
    sets: HashSet<Arc<Labels>>,
    added: usize,
    /// Budgets by namespace and label set.
    budgets: HashMap<Arc<str>, HashMap<Arc<Labels>, Arc<[ObjectName]>>>,
}

impl LabelSets {
    /// The set as it is shared by all who have the same labels.
    pub(crate) fn shared(&mut self, labels: Labels) -> Arc<Labels> {
        let labels = Arc::new(labels);
        if let Some(known) = self.sets.get(&labels) {
            return known.clone();
        }
        self.added += 1;
        if self.added > SWEEP_EVERY {
            self.added = 0;
            self.budgets.clear();
            self.sets.retain(|set| Arc::strong_count(set) > 1);
        }
        self.sets.insert(labels.clone());
        labels
    }

    /// The budgets of the namespace that select such labels.
    pub(crate) fn budgets(
        &mut self,
        namespace: &Arc<str>,
        labels: &Arc<Labels>,
        budgets: &BTreeMap<ObjectName, SeenBudget>,
    ) -> Arc<[ObjectName]> {
        if let Some(known) = self.budgets.get(namespace).and_then(|sets| sets.get(labels)) {
            return known.clone();
        }
        let first = ObjectName::new(namespace.clone(), "");
        let names: Arc<[ObjectName]> = budgets
            .range(first..)
            .take_while(|(name, _)| name.namespace == *namespace)
            .filter(|(_, seen)| seen.selector.selects(labels))
            .map(|(name, _)| name.clone())
            .collect();
        self.budgets.entry(namespace.clone()).or_default().insert(labels.clone(), names.clone());
        names
    }

    /// Budgets of the namespace changed.
    pub(crate) fn forget(&mut self, namespace: &Arc<str>) {
        self.budgets.remove(namespace);
    }
}
