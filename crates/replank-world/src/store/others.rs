//! Objects of kinds that no part of the world acts on, such as `ConfigMaps`: stored and served as they were given.

use replank_core::names::api_group;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::object::ids::OtherId;
use crate::object::{AsGiven, Meta};

/// An object of a kind that no part of the world acts on.
#[derive(Clone, Debug)]
pub struct Other {
    /// Its metadata; labels and annotations are in `raw` too.
    pub meta: Meta,
    /// `apiVersion`, such as `rbac.authorization.k8s.io/v1`.
    pub api_version: Arc<str>,
    /// `kind`, such as `ConfigMap`.
    pub kind: Arc<str>,
    /// The whole object as it was written last.
    pub raw: AsGiven,
}

impl Other {
    /// The API group of `apiVersion`; empty for the core group.
    pub fn group(&self) -> &str {
        api_group(&self.api_version)
    }
}

/// Namespace and name.
type NamespacedName = (Arc<str>, Arc<str>);

/// The table of untyped objects, by kind, group, namespace and name.
#[derive(Clone, Debug, Default)]
pub struct Others {
    rows: Vec<Option<Box<Other>>>,
    /// By kind, then group.
    by_kind: BTreeMap<Arc<str>, BTreeMap<Arc<str>, BTreeMap<NamespacedName, OtherId>>>,
}

impl Others {
    /// Stores an object. The caller has checked that its name is free.
    pub fn insert(&mut self, other: Other) -> OtherId {
        let id = OtherId(self.rows.len() as u32);
        let place = (other.meta.namespace.clone(), other.meta.name.clone());
        let groups = self.by_kind.entry(other.kind.clone()).or_default();
        groups.entry(Arc::from(other.group())).or_default().insert(place, id);
        self.rows.push(Some(Box::new(other)));
        id
    }

    /// Removes an object; its number is not used again.
    pub fn remove(&mut self, id: OtherId) {
        let Some(other) = self.rows.get_mut(id.0 as usize).and_then(Option::take) else { return };
        let groups = self.by_kind.get_mut(&other.kind);
        if let Some(places) = groups.and_then(|groups| groups.get_mut(other.group())) {
            places.remove(&(other.meta.namespace.clone(), other.meta.name.clone()));
        }
    }

    /// The object; `None` once it is removed.
    pub fn get(&self, id: OtherId) -> Option<&Other> {
        self.rows.get(id.0 as usize)?.as_deref()
    }

    /// The object, to change.
    pub fn get_mut(&mut self, id: OtherId) -> Option<&mut Other> {
        self.rows.get_mut(id.0 as usize)?.as_deref_mut()
    }

    /// The objects of one kind in one API group, ordered by namespace and name.
    pub fn of(&self, group: &str, kind: &str) -> impl Iterator<Item = (OtherId, &Other)> {
        let places = self.by_kind.get(kind).and_then(|groups| groups.get(group));
        places.into_iter().flatten().filter_map(|(_, id)| Some((*id, self.get(*id)?)))
    }

    /// The object of that group, kind, namespace and name.
    pub fn find_in(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<OtherId> {
        let place = (Arc::from(namespace), Arc::from(name));
        self.by_kind.get(kind)?.get(group)?.get(&place).copied()
    }

    /// The object of that kind, namespace and name, in whichever API group it is found first.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<OtherId> {
        let place = (Arc::from(namespace), Arc::from(name));
        self.by_kind.get(kind)?.values().find_map(|places| places.get(&place).copied())
    }

    /// The objects of a namespace. Scans every untyped object.
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = OtherId> {
        let rows = self.rows.iter().enumerate();
        rows.filter(move |(_, row)| row.as_ref().is_some_and(|other| &*other.meta.namespace == namespace))
            .map(|(number, _)| OtherId(number as u32))
    }
}
