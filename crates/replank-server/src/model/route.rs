//! Finds the operation for a method and path. Paths are split before they are decoded, since an ARN in a path has
//! slashes.

use std::collections::BTreeMap;

use super::{Model, Operation};
use crate::uri;

/// The path of an operation.
#[derive(Debug)]
pub(super) struct Route {
    operation: String,
    segments: Vec<Segment>,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Word(String),
    Name(String),
}

/// The operation that a request is for.
#[derive(Debug)]
pub struct Routed<'a> {
    /// Name of the operation.
    pub name: &'a str,
    /// The operation.
    pub operation: &'a Operation,
    /// Values of the names in its path, decoded.
    pub names: BTreeMap<&'a str, String>,
}

impl Route {
    pub(super) fn new(name: &str, operation: &Operation) -> Self {
        let segment = |part: &str| match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => Segment::Name(name.to_owned()),
            None => Segment::Word(part.to_owned()),
        };
        Self { operation: name.to_owned(), segments: operation.path.split('/').map(segment).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.segments.len()
    }

    fn names<'a>(&'a self, parts: &[&str]) -> Option<BTreeMap<&'a str, String>> {
        let mut names = BTreeMap::new();
        for (segment, part) in self.segments.iter().zip(parts) {
            match segment {
                Segment::Word(word) if word == part => {}
                Segment::Word(_) => return None,
                Segment::Name(name) => drop(names.insert(name.as_str(), uri::decode(part))),
            }
        }
        Some(names)
    }
}

impl Model {
    /// The operation for a method and path; of several the one with fewest names. `None` when there is none.
    pub fn route(&self, method: &str, path: &str) -> Option<Routed<'_>> {
        let parts: Vec<&str> = path.split('/').collect();
        let routes = self.routes.get(&(method.to_owned(), parts.len()))?;
        let fits = |route: &'_ Route| route.names(&parts).map(|names| names.len());
        let route = routes.iter().filter(|route| fits(route).is_some()).min_by_key(|route| fits(route))?;
        let (name, operation) = self.operations.get_key_value(&route.operation)?;
        Some(Routed { name, operation, names: route.names(&parts)? })
    }
}
