//! Which budgets and services select which pods: evaluated once for each label set, and kept up to date as
//! selectors are added, changed and removed.

use std::sync::Arc;

use crate::store::{PodId, Ref};
use crate::vocab::labels::LabelSetId;
use crate::vocab::selector::Selector;
use crate::world::World;

impl World {
    /// The pods that a selector matches in a namespace. Costs one evaluation for each label set of the namespace.
    pub fn selected(&self, namespace: &Arc<str>, selector: &Selector) -> Vec<PodId> {
        let sets = self.store.index.by_labels.get(namespace).into_iter().flatten();
        sets.filter(|(labels, _)| selector.matches(self.store.labels.get(**labels)))
            .flat_map(|(_, pods)| pods.iter().copied())
            .collect()
    }

    /// The budgets and services that match a label set in a namespace, evaluated on first use.
    pub fn users(&mut self, namespace: &Arc<str>, labels: LabelSetId) -> Arc<crate::store::Users> {
        let known = self.store.index.users.get(namespace).and_then(|sets| sets.get(&labels));
        if let Some(users) = known {
            return users.clone();
        }
        let map = self.store.labels.get(labels).clone();
        let selects = |selector: &Option<Selector>| selector.as_ref().is_some_and(|it| it.matches(&map));
        let budgets =
            self.store.budgets.in_namespace(namespace).filter(|(_, budget)| selects(&budget.selector));
        let budgets: Vec<_> = budgets.map(|(id, _)| id).collect();
        let services =
            self.store.services.in_namespace(namespace).filter(|(_, service)| selects(&service.selector));
        let services: Vec<_> = services.map(|(id, _)| id).collect();
        let refs =
            budgets.iter().map(|id| Ref::Budget(*id)).chain(services.iter().map(|id| Ref::Service(*id)));
        for at in refs {
            self.store.index.sets_of.entry(at).or_default().insert(labels);
        }
        let users = Arc::new(crate::store::Users { budgets, services });
        self.store.index.users.entry(namespace.clone()).or_default().insert(labels, users.clone());
        users
    }

    /// The budgets and services that match a pod of the store.
    pub fn users_of(&mut self, id: PodId) -> Option<Arc<crate::store::Users>> {
        let index = &self.store.index;
        // A pod that is being removed is not counted any more.
        let place = index.standing.place_of(id).map(|place| place as usize);
        if let Some(users) = place.and_then(|place| index.users_at.get(place)?.clone()) {
            return Some(users);
        }
        let pod = self.store.pods.get(id)?;
        let (namespace, labels) = (pod.meta.namespace.clone(), pod.meta.labels);
        let users = self.users(&namespace, labels);
        if let Some(place) = place {
            let known = &mut self.store.index.users_at;
            if known.len() <= place {
                known.resize(place + 1, None);
            }
            known[place] = Some(users.clone());
        }
        Some(users)
    }

    /// Evaluates all selectors of a namespace anew, after one was changed in place.
    pub fn forget_users(&mut self, namespace: &Arc<str>) {
        self.store.index.users_at.clear();
        for users in self.store.index.users.remove(namespace).unwrap_or_default().values() {
            let budgets = users.budgets.iter().map(|id| Ref::Budget(*id));
            for at in budgets.chain(users.services.iter().map(|id| Ref::Service(*id))) {
                self.store.index.sets_of.remove(&at);
            }
        }
        let present = self.store.index.by_labels.get(namespace);
        let present: Vec<_> =
            present.into_iter().flat_map(std::collections::BTreeMap::keys).copied().collect();
        for labels in present {
            self.users(namespace, labels);
        }
    }

    /// Adds a new budget or service to the label sets that its selector matches.
    pub fn selector_added(&mut self, at: Ref) {
        let (meta, selector) = match at {
            Ref::Budget(id) => match self.store.budgets.get(id) {
                Some(budget) => (&budget.meta, budget.selector.clone()),
                None => return,
            },
            Ref::Service(id) => match self.store.services.get(id) {
                Some(service) => (&service.meta, service.selector.clone()),
                None => return,
            },
            _ => return,
        };
        let (namespace, Some(selector)) = (meta.namespace.clone(), selector) else { return };
        self.store.index.users_at.clear();
        for (labels, users) in self.store.index.users.get_mut(&namespace).into_iter().flatten() {
            if !selector.matches(self.store.labels.get(*labels)) {
                continue;
            }
            let users = Arc::make_mut(users);
            match at {
                Ref::Budget(id) => users.budgets.push(id),
                Ref::Service(id) => users.services.push(id),
                _ => {}
            }
            self.store.index.sets_of.entry(at).or_default().insert(*labels);
        }
    }

    /// Removes a deleted budget or service from the label sets it matched.
    pub fn selector_removed(&mut self, at: Ref) {
        let Some(namespace) = self.store.meta(at).map(|meta| meta.namespace.clone()) else { return };
        self.store.index.users_at.clear();
        let Some(known) = self.store.index.users.get_mut(&namespace) else { return };
        for labels in self.store.index.sets_of.remove(&at).unwrap_or_default() {
            if let Some(users) = known.get_mut(&labels) {
                let users = Arc::make_mut(users);
                users.budgets.retain(|id| Ref::Budget(*id) != at);
                users.services.retain(|id| Ref::Service(*id) != at);
            }
        }
    }

    /// The pods that a budget or service selects. Costs only what it selects.
    pub fn selected_by(&self, at: Ref) -> Vec<PodId> {
        let Some(meta) = self.store.meta(at) else { return Vec::new() };
        let Some(present) = self.store.index.by_labels.get(&meta.namespace) else { return Vec::new() };
        let sets = self.store.index.sets_of.get(&at).into_iter().flatten();
        sets.filter_map(|labels| present.get(labels)).flatten().copied().collect()
    }
}
