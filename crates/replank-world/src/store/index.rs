//! Indices: pods by node, by owner, under budgets and services. Selectors are matched once for each label set.
//!
//! Hash maps are asked for keys: nothing depends on their order.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{BudgetId, NodeId, PodId, Ref, ServiceId};
use crate::vocab::labels::LabelSetId;

/// The budgets and services whose selectors match one label set in one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users {
    /// The `PodDisruptionBudgets` that match.
    pub budgets: Vec<BudgetId>,
    /// The Services that match.
    pub services: Vec<ServiceId>,
}

/// Every index of a store. They are maintained on each write, so that no event scans a table.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Pods bound to each node, finished and terminating ones among them until they are removed.
    pub on_node: FxHashMap<NodeId, BTreeSet<PodId>>,
    /// Objects by the object that is their controller.
    pub owned: FxHashMap<Ref, BTreeSet<Ref>>,
    /// The node that registered for each cloud instance, by instance id.
    pub by_instance: BTreeMap<Arc<str>, NodeId>,
    /// Pods by namespace and label set.
    pub by_labels: FxHashMap<Arc<str>, BTreeMap<LabelSetId, BTreeSet<PodId>>>,
    /// Budgets and services that match, by namespace and label set; worked out on first use.
    pub users: FxHashMap<Arc<str>, BTreeMap<LabelSetId, Arc<Users>>>,
    /// The same by the number that [`HealthyPods`](super::healthy_pods::HealthyPods) gives label set and namespace; emptied when
    /// selectors change.
    pub users_at: Vec<Option<Arc<Users>>>,
    /// The label sets that each budget or service matches: the reverse of `users`.
    pub sets_of: FxHashMap<Ref, BTreeSet<LabelSetId>>,
    /// Pods without a controller by namespace and label set, which a controller with a matching selector may
    /// adopt.
    pub orphans: BTreeMap<(Arc<str>, LabelSetId), BTreeSet<PodId>>,
    /// Names of pre-provisioned `PersistentVolumes` that are bound to a claim and so are not available to others.
    pub volumes_taken: BTreeSet<Arc<str>>,
    /// Pods that mount each claim.
    pub by_claim: FxHashMap<super::ClaimId, BTreeSet<PodId>>,
    /// How many pods of each label set exist and are healthy, and who owns them.
    pub standing: super::healthy_pods::HealthyPods,
    /// Names of the namespaces that exist.
    pub namespaces: BTreeSet<Arc<str>>,
    /// Those of `namespaces` that are terminating: nothing new may be created in them.
    pub ending: BTreeSet<Arc<str>>,
}

impl Index {
    /// The pods bound to a node, in the order they were created.
    pub fn pods_on(&self, node: NodeId) -> impl Iterator<Item = PodId> + '_ {
        self.on_node.get(&node).into_iter().flatten().copied()
    }

    /// The budgets and services that match a label set in a namespace; `None` until they have been worked out.
    pub fn users_of(&self, namespace: &str, labels: LabelSetId) -> Option<&Arc<Users>> {
        self.users.get(namespace)?.get(&labels)
    }

    /// The objects whose controller is `owner`.
    pub fn owned_by(&self, owner: Ref) -> impl Iterator<Item = Ref> + '_ {
        self.owned.get(&owner).into_iter().flatten().copied()
    }

    /// The pods whose controller is `owner`.
    pub fn pods_of(&self, owner: Ref) -> impl Iterator<Item = PodId> + '_ {
        self.owned_by(owner).filter_map(|at| match at {
            Ref::Pod(id) => Some(id),
            _ => None,
        })
    }
}

/// Removes a value from an index, and the key with its last value.
pub(crate) fn drop_from<K: Hash + Eq, V: Ord>(index: &mut FxHashMap<K, BTreeSet<V>>, key: &K, value: &V) {
    if let Some(set) = index.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            index.remove(key);
        }
    }
}
