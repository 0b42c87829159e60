//! Finds the operation for a method and path. Paths are split before they are decoded, since an ARN in a path has
//! slashes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Location, Model, Operation};
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
    /// What the model says of it: members, errors, paging.
    pub operation: &'a Operation,
    /// Values of the names in its path, decoded.
    pub names: BTreeMap<&'a str, String>,
}

/// A request of an operation that comes from inside, as it would come over a socket.
#[derive(Debug)]
pub struct Addressed<'a> {
    /// The operation and the names in its path.
    pub routed: Routed<'a>,
    /// Query parameters as a client would write them, without the question mark.
    pub query: String,
    /// The members of its body.
    pub body: Value,
}

impl Model {
    /// The request of an operation with these members; `None` when there is no such operation.
    pub fn addressed(&self, operation: &str, mut members: Map<String, Value>) -> Option<Addressed<'_>> {
        let (name, found) = self.operations.get_key_value(operation)?;
        let mut names = BTreeMap::new();
        let mut query = Vec::new();
        for (member, about) in &self.shape(&found.input).members {
            let at = about.location_name.as_deref().unwrap_or(member);
            let Some(value) = about.location.and_then(|_| members.remove(member)) else { continue };
            let texts = match value {
                Value::Array(items) => items,
                one => vec![one],
            };
            let texts = texts.iter().map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned));
            match about.location {
                Some(Location::Uri) => names.extend(texts.map(|text| (at, text))),
                Some(Location::Querystring) => {
                    query.extend(texts.map(|text| format!("{at}={}", uri::encode(&text))));
                }
                None => {}
            }
        }
        let routed = Routed { name, operation: found, names };
        Some(Addressed { routed, query: query.join("&"), body: members.into() })
    }
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
