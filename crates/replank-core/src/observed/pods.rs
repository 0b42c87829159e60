//! Pods and budgets with the indices a decision asks: by node, and by budget those that are not healthy.

use std::collections::{BTreeMap, BTreeSet};

use super::{Budget, Pod};
use crate::names::{NodeName, ObjectName, Uid};

/// The pods of the cluster and the budgets over them.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    by_uid: BTreeMap<Uid, Pod>,
    on_node: BTreeMap<NodeName, BTreeSet<Uid>>,
    budgets: BTreeMap<ObjectName, Budget>,
    unhealthy: BTreeMap<ObjectName, BTreeSet<Uid>>,
}

impl Pods {
    /// Puts a pod as it is now in the place of what was known of it.
    pub fn put(&mut self, pod: Pod) {
        self.remove(pod.uid);
        if let Some(node) = &pod.node {
            self.on_node.entry(node.clone()).or_default().insert(pod.uid);
        }
        if !pod.healthy() {
            for budget in pod.budgets.iter() {
                self.unhealthy.entry(budget.clone()).or_default().insert(pod.uid);
            }
        }
        self.by_uid.insert(pod.uid, pod);
    }

    /// Forgets a pod that is gone.
    pub fn remove(&mut self, uid: Uid) {
        let Some(pod) = self.by_uid.remove(&uid) else { return };
        if let Some(node) = &pod.node {
            take(&mut self.on_node, node, uid);
        }
        if !pod.healthy() {
            for budget in pod.budgets.iter() {
                take(&mut self.unhealthy, budget, uid);
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
        self.on_node.get(node).into_iter().flatten().filter_map(|uid| self.by_uid.get(uid))
    }

    /// How many pods are bound to `node`.
    pub fn count_on_node(&self, node: &NodeName) -> usize {
        self.on_node.get(node).map_or(0, BTreeSet::len)
    }

    /// The budget of that name.
    pub fn budget(&self, name: &ObjectName) -> Option<&Budget> {
        self.budgets.get(name)
    }

    /// Every budget, by name.
    pub fn budgets(&self) -> impl Iterator<Item = &Budget> {
        self.budgets.values()
    }

    /// The pods that `budget` selects and does not count as healthy.
    pub fn unhealthy_under<'a>(&'a self, budget: &ObjectName) -> impl Iterator<Item = &'a Pod> + use<'a> {
        self.unhealthy.get(budget).into_iter().flatten().filter_map(|uid| self.by_uid.get(uid))
    }

    /// The pod of that identity.
    pub fn get(&self, uid: Uid) -> Option<&Pod> {
        self.by_uid.get(&uid)
    }

    /// How many pods there are.
    pub fn len(&self) -> usize {
        self.by_uid.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_uid.is_empty()
    }
}

fn take<K: Ord>(index: &mut BTreeMap<K, BTreeSet<Uid>>, key: &K, uid: Uid) {
    if let Some(set) = index.get_mut(key) {
        set.remove(&uid);
        if set.is_empty() {
            index.remove(key);
        }
    }
}
