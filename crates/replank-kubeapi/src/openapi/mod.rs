//! OpenAPI documents: the types of objects and the parameters of paths.
//!
//! `kubectl explain`, validation before apply, `diff` and merge keys of patches use them. Version 3 is an index and one
//! document per group and version; version 2 is served as JSON and as protobuf. Fields and keys come from the table of
//! types, descriptions from `words.txt`, the resources from the caller.

mod component;
mod path;
pub mod protobuf;
mod words;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use replank_core::draw::{stable_hash, stable_hash_on};
use serde_json::{Map, Value, json};

use component::Dialect;

/// A resource that is served.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// API group; empty for the core group.
    pub group: &'a str,
    /// Version, such as `v1`.
    pub version: &'a str,
    /// Kind, such as `Pod`.
    pub kind: &'a str,
    /// Name in paths, such as `pods`.
    pub plural: &'a str,
    /// Whether its objects are namespaced.
    pub is_namespaced: bool,
    /// Whether it is only posted and never stored, such as reviews.
    pub is_posted: bool,
    /// Names of its subresources.
    pub subresources: &'a [&'a str],
    /// `openAPIV3Schema` of a custom resource.
    pub schema: Option<&'a Value>,
}

impl Served<'_> {
    fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `api/v1`, `apis/apps/v1`.
    fn root(&self) -> String {
        let version = self.api_version();
        if self.group.is_empty() { format!("api/{version}") } else { format!("apis/{version}") }
    }
}

/// Whether an `Accept` header accepts version 2 as JSON.
pub fn accepts_json(accept: &str) -> bool {
    let takes = |range: &str| {
        let range = range.split(';').next().unwrap_or_default().trim();
        matches!(range, "" | "*/*" | "application/*" | "application/json")
    };
    accept.split(',').any(takes)
}

/// Index of version 3: the path of each document, with a hash that changes when the document does.
pub fn index(served: &[Served<'_>]) -> Value {
    let mut paths: BTreeMap<String, u64> = BTreeMap::new();
    for one in served {
        // Over all that a document is made from; the types change with the program alone.
        let hash = paths.entry(one.root()).or_insert_with(|| stable_hash([]));
        *hash = stable_hash_on(*hash, format!("{}{one:?}", env!("CARGO_PKG_VERSION")).bytes());
    }
    let link = |(root, hash): (String, u64)| {
        let url = format!("/openapi/v3/{root}?hash={hash:016X}");
        (root, json!({"serverRelativeURL": url}))
    };
    json!({"paths": paths.into_iter().map(link).collect::<Map<_, _>>()})
}

/// Document of one group and version (`root`: `api/v1`, `apis/apps/v1`); `None` when there are no resources.
pub fn document(root: &str, served: &[Served<'_>]) -> Option<Value> {
    let of_root: Vec<_> = served.iter().filter(|one| one.root() == root).copied().collect();
    if of_root.is_empty() {
        return None;
    }
    let (paths, schemas) = parts(&of_root, Dialect::V3);
    Some(json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "unversioned"},
        "paths": paths, "components": {"schemas": schemas},
    }))
}

/// The document of version 2.
pub fn swagger(served: &[Served<'_>], version: &str) -> Value {
    let (paths, definitions) = parts(served, Dialect::V2);
    json!({
        "swagger": "2.0", "info": {"title": "Kubernetes", "version": version},
        "paths": paths, "definitions": definitions,
    })
}

fn parts(served: &[Served<'_>], dialect: Dialect) -> (Map<String, Value>, Map<String, Value>) {
    let mut paths = Map::new();
    let mut wanted = BTreeSet::new();
    let mut schemas = BTreeMap::new();
    for one in served {
        for (path, item) in path::of(one, dialect, &mut wanted) {
            paths.insert(path, item);
        }
        schemas.extend(component::of_custom(one, dialect, &mut wanted));
    }
    component::collect(wanted, dialect, &mut schemas);
    (paths, schemas.into_iter().collect())
}
