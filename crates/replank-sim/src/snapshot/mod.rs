//! A snapshot: the objects of a real cluster that decide what an update of its nodes does, in one file.
//!
//! The objects are those of the Kubernetes API with fewer fields. Secrets and `ConfigMap`s are never in it, nor
//! environments, commands or annotations of applications. How they were read nobody here knows.

pub(crate) mod fields;
mod format;
mod gather;
mod kinds;
mod paces;
mod scramble;
mod seed;
mod synthesis;
mod trim;

use std::collections::BTreeMap;

use jiff::Timestamp;
use replank_core::version::Minor;
use serde_json::Value;

pub(crate) use fields::resources;
pub use format::{FORMAT, ReadError, VERSION, read, write};
pub use gather::{Gathered, gather};
pub use kinds::{KINDS, Kind};
pub use scramble::scramble;
pub use seed::Notes;
pub(crate) use seed::seed;
pub(crate) use synthesis::{Census, UNNAMED_IMAGE};
pub use synthesis::{LaidOver, SynthesisError, world_file};
pub use trim::trim;

/// A cluster as it was at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// The version of the API server, such as `v1.34.4`; empty when nobody knows.
    pub server: String,
    /// The version of replank that took it.
    pub replank: String,
    /// The cluster's name, as far as whoever took it knew.
    pub cluster: Option<String>,
    /// Whether names were scrambled.
    pub anonymized: bool,
    /// The objects, each with `apiVersion` and `kind`.
    pub objects: Vec<Value>,
}

impl Snapshot {
    /// The objects of a kind.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |object| object["kind"] == *kind)
    }

    /// How many objects of each kind there are.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for object in &self.objects {
            *counts.entry(object["kind"].as_str().unwrap_or_default()).or_default() += 1;
        }
        counts
    }

    /// The minor version of its Kubernetes, such as `1.34`.
    pub fn minor(&self) -> Option<String> {
        Minor::of_version(&self.server).map(|minor| minor.to_string())
    }
}
