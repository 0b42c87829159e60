//! Indices: pods by node, by owner, under budgets and services. Selectors are matched once for each label set.
//!
//! Hash maps are asked for keys: nothing depends on their order.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{BudgetId, NodeId, PodId, Ref, ServiceId};
use crate::vocab::labels::LabelSetId;

/// Which users of selectors a label set of a namespace has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users {
    /// Budgets that select it.
    pub budgets: Vec<BudgetId>,
    /// Services that select it.
    pub services: Vec<ServiceId>,
}

/// All indices of a store.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Pods bound to a node.
    pub on_node: FxHashMap<NodeId, BTreeSet<PodId>>,
    /// Objects of an owner.
    pub owned: FxHashMap<Ref, BTreeSet<Ref>>,
    /// Nodes by instance.
    pub by_instance: BTreeMap<Arc<str>, NodeId>,
    /// Pods of a label set in a namespace.
    pub by_labels: FxHashMap<Arc<str>, BTreeMap<LabelSetId, BTreeSet<PodId>>>,
    /// Users of a label set in a namespace.
    pub users: FxHashMap<Arc<str>, BTreeMap<LabelSetId, Arc<Users>>>,
    /// Label sets that a budget or a service selects.
    pub sets_of: FxHashMap<Ref, BTreeSet<LabelSetId>>,
    /// Pods of a label set in a namespace that have no controller.
    pub orphans: BTreeMap<(Arc<str>, LabelSetId), BTreeSet<PodId>>,
    /// Volumes made beforehand that a claim got; nobody else gets them any more.
    pub volumes_taken: BTreeSet<Arc<str>>,
    /// Pods that use a claim.
    pub by_claim: FxHashMap<super::ClaimId, BTreeSet<PodId>>,
    /// How pods stand, by label set.
    pub(crate) standing: super::standing::Standing,
    /// Namespaces that are there.
    pub namespaces: BTreeSet<Arc<str>>,
    /// Those of them that are being deleted.
    pub ending: BTreeSet<Arc<str>>,
}

impl Index {
    /// The pods on a node.
    pub fn pods_on(&self, node: NodeId) -> impl Iterator<Item = PodId> + '_ {
        self.on_node.get(&node).into_iter().flatten().copied()
    }

    /// The users of a label set in a namespace, once they were worked out.
    pub fn users_of(&self, namespace: &str, labels: LabelSetId) -> Option<&Arc<Users>> {
        self.users.get(namespace)?.get(&labels)
    }

    /// What an owner owns.
    pub fn owned_by(&self, owner: Ref) -> impl Iterator<Item = Ref> + '_ {
        self.owned.get(&owner).into_iter().flatten().copied()
    }

    /// The pods an owner owns.
    pub fn pods_of(&self, owner: Ref) -> impl Iterator<Item = PodId> + '_ {
        self.owned_by(owner).filter_map(|at| match at {
            Ref::Pod(id) => Some(id),
            _ => None,
        })
    }
}

/// Takes a value out of an index, and the entry with it when it was the last.
pub(crate) fn drop_from<K: Hash + Eq, V: Ord>(index: &mut FxHashMap<K, BTreeSet<V>>, key: &K, value: &V) {
    if let Some(set) = index.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            index.remove(key);
        }
    }
}
