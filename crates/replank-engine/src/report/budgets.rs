//! The budgets of the cluster as meters: their present numbers, and the lowest point of each while an update runs.

use std::collections::BTreeMap;

use replank_core::names::ObjectName;
use replank_core::observed::{Budget, Observation, Read};
use serde::{Deserialize, Serialize};

/// Most budgets that are kept; of more, the first by name.
const BUDGETS_MAX: usize = 500;

/// The budgets of a cluster since an update is followed.
#[derive(Clone, Debug, Default)]
pub struct Budgets(BTreeMap<ObjectName, BudgetJson>);

/// A budget with its lowest point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BudgetJson {
    /// Namespace and name, as `namespace/name`.
    pub budget: String,
    /// Rule in the words of the manifest, such as `minAvailable: 2`.
    pub rule: String,
    /// Number of its pods that are healthy.
    pub healthy: u32,
    /// Number that has to stay healthy.
    pub desired: u32,
    /// Number of pods that there should be.
    pub expected: u32,
    /// Number of pods that may be evicted now.
    pub allowed: u32,
    /// Fewest healthy pods since this process follows the update.
    pub lowest: u32,
}

impl Budgets {
    /// Adds what a turn saw. A reading that failed says nothing new.
    pub fn take(&mut self, seen: &Observation) {
        if seen.cluster_read != Read::Fresh {
            return;
        }
        self.0.retain(|name, _| seen.pods.budget(name).is_some());
        for budget in seen.pods.budgets() {
            if let Some(known) = self.0.get_mut(&budget.name) {
                known.update(budget);
            } else if self.0.len() < BUDGETS_MAX {
                self.0.insert(budget.name.clone(), BudgetJson::of(budget));
            }
        }
    }

    /// The budgets by name.
    pub fn shown(&self) -> Vec<BudgetJson> {
        self.0.values().cloned().collect()
    }
}

impl BudgetJson {
    fn of(budget: &Budget) -> Self {
        Self {
            budget: budget.name.to_string(),
            rule: budget.rule.to_string(),
            healthy: budget.healthy,
            desired: budget.desired,
            expected: budget.expected,
            allowed: budget.allowed,
            lowest: budget.healthy,
        }
    }

    fn update(&mut self, budget: &Budget) {
        let Budget { rule, allowed, healthy, desired, expected, .. } = budget;
        if *self.rule != **rule {
            self.rule = rule.to_string();
        }
        (self.healthy, self.desired, self.expected, self.allowed) = (*healthy, *desired, *expected, *allowed);
        self.lowest = self.lowest.min(*healthy);
    }
}

#[cfg(test)]
mod tests {
    use replank_core::observed::UnhealthyPolicy;

    use super::*;

    fn seen(healthy: &[u32], cluster_read: Read) -> Observation {
        let mut seen = Observation { cluster_read, ..Observation::default() };
        for (at, healthy) in healthy.iter().enumerate() {
            seen.pods.put_budget(Budget {
                name: ObjectName::new("shop", format!("b{at}")),
                rule: "minAvailable: 2".into(),
                allowed: healthy.saturating_sub(2),
                healthy: *healthy,
                desired: 2,
                expected: 4,
                synced: true,
                sync_failed: None,
                unhealthy_policy: UnhealthyPolicy::IfHealthyBudget,
            });
        }
        seen
    }

    #[test]
    fn the_lowest_point_stays_and_a_budget_that_is_gone_goes() {
        let mut budgets = Budgets::default();
        for healthy in [[4, 4], [2, 4], [3, 4]] {
            budgets.take(&seen(&healthy, Read::Fresh));
        }
        let shown = budgets.shown();
        let numbers: Vec<_> = shown.iter().map(|one| (&*one.budget, one.healthy, one.lowest)).collect();
        assert_eq!(numbers, [("shop/b0", 3, 2), ("shop/b1", 4, 4)]);
        budgets.take(&seen(&[0, 0], Read::Never));
        assert_eq!(budgets.shown(), shown, "a reading that failed");
        budgets.take(&seen(&[3], Read::Fresh));
        assert_eq!(budgets.shown().len(), 1);
    }
}
