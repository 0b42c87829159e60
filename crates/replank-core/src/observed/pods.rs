//! Pods and budgets with the indices a decision asks: by node, and by budget those that are not healthy.

use std::collections::{BTreeMap, BTreeSet};

use super::{Budget, Pod};
use crate::names::{NodeName, ObjectName, Uid};

/// The pods of the cluster and the budgets over them.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    /// Pods by the node they are bound to, those of one node side by side: a drain reads them all, every turn.
    on_node: BTreeMap<Option<NodeName>, BTreeMap<Uid, Pod>>,
    node_of: BTreeMap<Uid, Option<NodeName>>,
    budgets: BTreeMap<ObjectName, Budget>,
    unhealthy: BTreeMap<ObjectName, BTreeSet<Uid>>,
}

impl Pods {
    /// Puts a pod as it is now in the place of what was known of it.
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

    /// Forgets a pod that is gone.
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

    /// Puts a budget as it is now.
    pub fn put_budget(&mut self, budget: Budget) {
        self.budgets.insert(budget.name.clone(), budget);
    }

    /// Forgets a budget that is gone.
    pub fn remove_budget(&mut self, name: &ObjectName) {
        self.budgets.remove(name);
    }

    /// The pods bound to `node`, in the order of their identities.
    pub fn on_node<'a>(&'a self, node: &NodeName) -> impl Iterator<Item = &'a Pod> + use<'a> {
        self.on_node.get(&Some(node.clone())).into_iter().flat_map(BTreeMap::values)
    }

    /// How many pods are bound to `node`.
    pub fn count_on_node(&self, node: &NodeName) -> usize {
        self.on_node.get(&Some(node.clone())).map_or(0, BTreeMap::len)
    }

    /// The budget of that name.
    pub fn budget(&self, name: &ObjectName) -> Option<&Budget> {
        self.budgets.get(name)
    }

    /// Every budget, by name.
    pub fn budgets(&self) -> impl Iterator<Item = &Budget> {
        self.budgets.values()
    }

    /// The pods that `budget` selects. Looks at every pod there is.
    pub fn under<'a>(&'a self, budget: &'a ObjectName) -> impl Iterator<Item = &'a Pod> {
        let all = self.on_node.values().flat_map(BTreeMap::values);
        all.filter(move |pod| pod.budgets.contains(budget))
    }

    /// The pods that `budget` selects and does not count as healthy.
    pub fn unhealthy_under<'a>(&'a self, budget: &ObjectName) -> impl Iterator<Item = &'a Pod> + use<'a> {
        self.unhealthy.get(budget).into_iter().flatten().filter_map(|uid| self.get(*uid))
    }

    /// How many those are.
    pub fn count_unhealthy_under(&self, budget: &ObjectName) -> usize {
        self.unhealthy.get(budget).map_or(0, BTreeSet::len)
    }

    /// The pod of that identity.
    pub fn get(&self, uid: Uid) -> Option<&Pod> {
        self.on_node.get(self.node_of.get(&uid)?)?.get(&uid)
    }

    /// How many pods there are.
    pub fn len(&self) -> usize {
        self.node_of.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.node_of.is_empty()
    }
}
