//! Owners as clients name them in `metadata.ownerReferences`, indexed so that the garbage collector finds the
//! dependents of an owner. What the world's own controllers make names its controller in
//! [`Meta`](crate::object::Meta).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::Ref;
use crate::object::Uid;

/// Dependents by the uid of the owner they name.
#[derive(Clone, Debug, Default)]
pub struct References {
    dependents: BTreeMap<Uid, BTreeSet<Ref>>,
}

/// One entry of `metadata.ownerReferences`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// `apiVersion` of the owner.
    pub api_version: Arc<str>,
    /// Kind of the owner.
    pub kind: Arc<str>,
    /// Name of the owner.
    pub name: Arc<str>,
    /// Uid of the owner; `None` when the text is not a UUID and so matches no object of this world.
    pub uid: Option<Uid>,
    /// Whether the owner is the managing controller (`controller: true`).
    pub is_controller: bool,
}

impl References {
    /// The objects that name this uid as an owner.
    pub fn dependents(&self, owner: Uid) -> Vec<Ref> {
        self.dependents.get(&owner).into_iter().flatten().copied().collect()
    }

    /// Indexes the `ownerReferences` of an object.
    pub fn insert(&mut self, at: Ref, given: &Value) {
        for owner in read(given).into_iter().filter_map(|reference| reference.uid) {
            self.dependents.entry(owner).or_default().insert(at);
        }
    }

    /// Removes the `ownerReferences` of an object from the index.
    pub fn remove(&mut self, at: Ref, given: &Value) {
        for owner in read(given).into_iter().filter_map(|reference| reference.uid) {
            if let Some(dependents) = self.dependents.get_mut(&owner) {
                dependents.remove(&at);
                if dependents.is_empty() {
                    self.dependents.remove(&owner);
                }
            }
        }
    }
}

/// Parses `ownerReferences`; absent fields come back empty.
pub fn read(given: &Value) -> Vec<Reference> {
    let one = |entry: &Value| {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        Reference {
            api_version: Arc::from(text("apiVersion")),
            kind: Arc::from(text("kind")),
            name: Arc::from(text("name")),
            uid: Uid::try_from(text("uid").to_owned()).ok(),
            is_controller: entry["controller"] == true,
        }
    };
    given.as_array().into_iter().flatten().map(one).collect()
}
