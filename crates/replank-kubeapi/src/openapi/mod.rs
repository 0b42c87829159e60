//! The OpenAPI documents: what clients learn of the types and of what each path takes.
//!
//! `kubectl explain`, validation before an apply, `diff` and the merge keys of a patch come from here. Version 3 is
//! served as an index and one document for each group and version, version 2 as JSON and as protobuf. Fields and keys
//! come from the table of types, sentences from `words.txt`; what is served comes from the caller.

mod component;
mod path;
pub mod protobuf;
mod words;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use component::Dialect;

/// A resource that is served.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// Its group, empty for the core.
    pub group: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its name in paths.
    pub plural: &'a str,
    /// True if its objects live in namespaces.
    pub is_namespaced: bool,
    /// True if it is only posted and never stored: reviews.
    pub is_posted: bool,
    /// Its subresources.
    pub subresources: &'a [&'a str],
    /// The `openAPIV3Schema` of a custom resource.
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

/// True if an `Accept` header takes version 2 as JSON.
pub fn accepts_json(accept: &str) -> bool {
    let takes = |range: &str| {
        let range = range.split(';').next().unwrap_or_default().trim();
        matches!(range, "" | "*/*" | "application/*" | "application/json")
    };
    accept.split(',').any(takes)
}

/// The index of version 3: where the document of each group and version is. The hash changes with the document.
pub fn index(served: &[Served<'_>]) -> Value {
    let mut paths: BTreeMap<String, u64> = BTreeMap::new();
    for one in served {
        // FNV-1a over all that a document is made from; the types change with the program alone.
        let hash = paths.entry(one.root()).or_insert(0xcbf2_9ce4_8422_2325);
        for byte in format!("{}{one:?}", env!("CARGO_PKG_VERSION")).bytes() {
            *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    let link = |(root, hash): (String, u64)| {
        let url = format!("/openapi/v3/{root}?hash={hash:016X}");
        (root, json!({"serverRelativeURL": url}))
    };
    json!({"paths": paths.into_iter().map(link).collect::<Map<_, _>>()})
}

/// The document of one group and version (`root`: `api/v1`, `apis/apps/v1`); none if nothing of it is served.
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

/// The one document of version 2.
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
