//! All pods and budgets, with the indices that decisions ask: pods by node, and unhealthy pods by budget.

use std::collections::{BTreeMap, BTreeSet};

use super::{Budget, Pod};
use crate::names::{NodeName, ObjectName, Uid};

/// The pods of the cluster and their budgets.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    /// Pods by node, those of one node together: a drain reads them all at every turn.
    on_node: BTreeMap<Option<NodeName>, BTreeMap<Uid, Pod>>,
    node_of: BTreeMap<Uid, Option<NodeName>>,
    budgets: BTreeMap<ObjectName, Budget>,
    unhealthy: BTreeMap<ObjectName, BTreeSet<Uid>>,
}

impl Pods {
    /// Adds a pod or replaces what was known of it.
    pub fn put(&mut self, pod: Pod) {
        self.remove(pod.uid);
        if !pod.healthy() {
            for budget in pod.budgets.iter() {
                self.unhealthy.entry(budget.clone()).or_default().insert(pod.uid);
            }
        }
        self.node_of.insert(pod.uid, pod.node.clone());
        self.on_node.entry(pod.node.clone()).or_default().insert(pod.uid, pod);
    }

    /// Removes a pod; unknown uids are ignored.
    pub fn remove(&mut self, uid: Uid) {
        let Some(node) = self.node_of.remove(&uid) else { return };
        let Some(pods) = self.on_node.get_mut(&node) else { return };
        let pod = pods.remove(&uid);
        if pods.is_empty() {
            self.on_node.remove(&node);
        }
        let Some(pod) = pod.filter(|pod| !pod.healthy()) else { return };
        for budget in pod.budgets.iter() {
            let Some(pods) = self.unhealthy.get_mut(budget) else { continue };
            pods.remove(&uid);
            if pods.is_empty() {
                self.unhealthy.remove(budget);
            }
        }
    }

    /// Adds a budget or replaces what was known of it.
    pub fn put_budget(&mut self, budget: Budget) {
        self.budgets.insert(budget.name.clone(), budget);
    }

    /// Removes a budget.
    pub fn remove_budget(&mut self, name: &ObjectName) {
        self.budgets.remove(name);
    }

    /// Pods bound to `node`, ordered by uid.
    pub fn on_node<'a>(&'a self, node: &NodeName) -> impl Iterator<Item = &'a Pod> + use<'a> {
        self.on_node.get(&Some(node.clone())).into_iter().flat_map(BTreeMap::values)
    }

    /// Pods bound to no node yet, ordered by uid.
    pub fn unbound(&self) -> impl Iterator<Item = &Pod> {
        self.on_node.get(&None).into_iter().flat_map(BTreeMap::values)
    }

    /// Number of pods bound to `node`.
    pub fn count_on_node(&self, node: &NodeName) -> usize {
        self.on_node.get(&Some(node.clone())).map_or(0, BTreeMap::len)
    }

    /// The budget of that name.
    pub fn budget(&self, name: &ObjectName) -> Option<&Budget> {
        self.budgets.get(name)
    }

    /// All budgets, by name.
    pub fn budgets(&self) -> impl Iterator<Item = &Budget> {
        self.budgets.values()
    }

    /// Pods that `budget` selects. Looks at every pod of the cluster.
    pub fn under<'a>(&'a self, budget: &'a ObjectName) -> impl Iterator<Item = &'a Pod> {
        let all = self.on_node.values().flat_map(BTreeMap::values);
        all.filter(move |pod| pod.budgets.contains(budget))
    }

    /// Pods that `budget` selects and does not count as healthy. Costs as much as its result.
    pub fn unhealthy_under<'a>(&'a self, budget: &ObjectName) -> impl Iterator<Item = &'a Pod> + use<'a> {
        self.unhealthy.get(budget).into_iter().flatten().filter_map(|uid| self.get(*uid))
    }

    /// Number of pods that `budget` selects and does not count as healthy.
    pub fn count_unhealthy_under(&self, budget: &ObjectName) -> usize {
        self.unhealthy.get(budget).map_or(0, BTreeSet::len)
    }

    /// The pod with that uid.
    pub fn get(&self, uid: Uid) -> Option<&Pod> {
        self.on_node.get(self.node_of.get(&uid)?)?.get(&uid)
    }

    /// Number of pods.
    pub fn len(&self) -> usize {
        self.node_of.len()
    }

    /// Whether there are no pods.
    pub fn is_empty(&self) -> bool {
        self.node_of.is_empty()
    }
}
