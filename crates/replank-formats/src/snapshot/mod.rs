//! Snapshots: the objects of a real cluster that decide how an update of its nodes goes, in one file.
//!
//! The objects are those of the Kubernetes API with fewer fields. `Secrets` and `ConfigMaps` are never included, nor
//! environments, commands or annotations of applications. How the objects were read is not known here.

pub mod fields;
mod format;
mod gather;
mod kinds;
pub mod paces;
mod scramble;
pub mod synthesis;
mod trim;

use std::collections::BTreeMap;

use jiff::Timestamp;
use replank_core::behaviour::ServerVersion;
use replank_core::version::Minor;
use serde_json::Value;

pub use fields::resources;
pub use format::{FORMAT, ReadError, VERSION, read, write};
pub use gather::{Gathered, gather};
pub use kinds::{KINDS, Kind};
pub use scramble::scramble;
pub use synthesis::{Census, UNNAMED_IMAGE};
pub use synthesis::{LaidOver, SynthesisError, world_file};
pub use trim::trim;

/// The state of a cluster at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Version of the API server, such as `v1.34.4`; empty when unknown.
    pub server: String,
    /// Version of replank that took it.
    pub replank: String,
    /// Name of the cluster, if it was known.
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

    /// The number of objects of each kind.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for object in &self.objects {
            *counts.entry(object["kind"].as_str().unwrap_or_default()).or_default() += 1;
        }
        counts
    }

    /// The version of the control plane; `None` when unknown.
    pub fn served(&self) -> Option<ServerVersion> {
        ServerVersion::read(&self.server)
    }

    /// The Kubernetes minor, such as `1.34`; `None` when unknown.
    pub fn minor(&self) -> Option<String> {
        Minor::of_version(&self.server).map(|minor| minor.to_string())
    }
}
