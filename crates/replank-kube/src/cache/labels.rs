//! Label sets, each stored once, and the budgets that select each of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use replank_core::names::ObjectName;

use super::state::SeenBudget;

/// The labels of an object.
pub(crate) type Labels = BTreeMap<Arc<str>, Arc<str>>;

/// After so many new sets, unused ones are removed.
const SWEEP_EVERY: usize = 10_000;

/// Label sets, each stored once.
#[derive(Debug, Default)]
pub(crate) struct LabelSets {
    sets: HashSet<Arc<Labels>>,
    added: usize,
    /// Budgets that select a label set, by namespace.
    budgets: HashMap<Arc<str>, HashMap<Arc<Labels>, Arc<[ObjectName]>>>,
}

impl LabelSets {
    /// The shared copy of a label set.
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

    /// Budgets of the namespace that select these labels.
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

    /// Forgets which budgets of a namespace select what, after budgets changed.
    pub(crate) fn forget(&mut self, namespace: &Arc<str>) {
        self.budgets.remove(namespace);
    }
}
