//! Who belongs to whom, as clients say it: `metadata.ownerReferences`. The world's own controllers say it in the meta
//! of what they make.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::Ref;
use crate::object::Uid;

/// What refers to whom, by the identity of the owner.
#[derive(Clone, Debug, Default)]
pub struct References {
    dependents: BTreeMap<Uid, BTreeSet<Ref>>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// `kind`.
    pub kind: Arc<str>,
    /// `name`.
    pub name: Arc<str>,
    /// `uid`; none of a text that is no UUID, which nothing here has.
    pub uid: Option<Uid>,
    /// `controller`.
    pub is_controller: bool,
}

impl References {
    /// What refers to that identity.
    pub(crate) fn dependents(&self, owner: Uid) -> Vec<Ref> {
        self.dependents.get(&owner).into_iter().flatten().copied().collect()
    }

    /// Notes the references of an object.
    pub(crate) fn insert(&mut self, at: Ref, given: &Value) {
        for owner in read(given).into_iter().filter_map(|reference| reference.uid) {
            self.dependents.entry(owner).or_default().insert(at);
        }
    }

    /// Takes the references of an object out.
    pub(crate) fn remove(&mut self, at: Ref, given: &Value) {
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

/// Reads `ownerReferences`.
pub(crate) fn read(given: &Value) -> Vec<Reference> {
    let one = |entry: &Value| {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        Reference {
            kind: Arc::from(text("kind")),
            name: Arc::from(text("name")),
            uid: Uid::try_from(text("uid").to_owned()).ok(),
            is_controller: entry["controller"] == true,
        }
    };
    given.as_array().into_iter().flatten().map(one).collect()
}
