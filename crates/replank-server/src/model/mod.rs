//! The model of the EKS API: operations, shapes and their constraints.
//!
//! It is data (`data/eks-model.json`, which names its source). Requests are routed, parsed and checked by it, so that
//! no operation repeats what it says. It has no state.

mod read;
mod route;
#[cfg(test)]
mod tests;
mod validate;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Deserialize;

pub use read::Unreadable;
pub use route::{Addressed, Routed};

/// The model of the EKS API.
#[derive(Debug, Deserialize)]
pub struct Model {
    /// Where the model comes from.
    pub source: String,
    /// Operations by name.
    pub operations: BTreeMap<String, Operation>,
    /// Shapes by name.
    pub shapes: BTreeMap<String, Shape>,
    /// Operations by method and number of path segments, for routing.
    #[serde(skip)]
    routes: HashMap<(String, usize), Vec<route::Route>>,
}

/// What EKS's model says of one operation.
#[derive(Debug, Deserialize)]
pub struct Operation {
    /// HTTP method.
    pub method: String,
    /// Path, with names in braces.
    pub path: String,
    /// Name of its input shape.
    pub input: String,
    /// Name of its output shape.
    pub output: String,
    /// Names of the exceptions it declares.
    pub errors: Vec<String>,
    /// Output member that is a paged list, if any.
    #[serde(default)]
    pub pages: Option<String>,
}

/// What EKS's model says of a type of values.
#[derive(Debug, Default, Deserialize)]
pub struct Shape {
    /// Kind of values.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Members of a structure.
    #[serde(default)]
    pub members: BTreeMap<String, Member>,
    /// Required members of a structure.
    #[serde(default)]
    pub required: Vec<String>,
    /// Element of a list.
    #[serde(default)]
    pub member: Option<Member>,
    /// Key of a map.
    #[serde(default)]
    pub key: Option<Member>,
    /// Value of a map.
    #[serde(default)]
    pub value: Option<Member>,
    /// Allowed values of a string; empty for any.
    #[serde(default, rename = "enum")]
    pub values: Vec<String>,
    /// Least length, value or size.
    #[serde(default)]
    pub min: Option<i64>,
    /// Greatest length, value or size.
    #[serde(default)]
    pub max: Option<i64>,
    /// Regular expression for a string.
    #[serde(default)]
    pub pattern: Option<String>,
    /// HTTP status of an exception.
    #[serde(default)]
    pub error: Option<u16>,
}

/// Kind of the values of a shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An object with named members.
    #[default]
    Structure,
    /// Values of the shape `member`, in an order that stays.
    List,
    /// A map with strings as keys.
    Map,
    /// Text; `values` and `pattern` limit it.
    String,
    /// A whole number; `min` and `max` bound it.
    Integer,
    /// True or false.
    Boolean,
    /// Seconds since the Unix epoch.
    Timestamp,
}

/// A member of a shape.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Name of its shape.
    pub shape: String,
    /// Where it is in a request, if not in the body.
    #[serde(default)]
    pub location: Option<Location>,
    /// Name of the header, query parameter or part of the path; `None` when it is the member's.
    #[serde(default)]
    pub location_name: Option<String>,
}

/// Where a member is in a request, if not in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    /// In the path.
    Uri,
    /// In the query.
    Querystring,
}

impl Model {
    /// The model, parsed once.
    pub fn get() -> &'static Self {
        static READ: OnceLock<Model> = OnceLock::new();
        READ.get_or_init(|| Self::parse(include_str!("../../data/eks-model.json")))
    }

    /// Parses the model; a malformed one has no operations, which a test would notice.
    fn parse(text: &str) -> Self {
        let mut model: Self = serde_json::from_str(text).unwrap_or_else(|_| Self {
            source: String::new(),
            operations: BTreeMap::new(),
            shapes: BTreeMap::new(),
            routes: HashMap::new(),
        });
        for (name, operation) in &model.operations {
            let route = route::Route::new(name, operation);
            model.routes.entry((operation.method.clone(), route.len())).or_default().push(route);
        }
        model
    }

    fn shape(&self, name: &str) -> &Shape {
        static NONE: OnceLock<Shape> = OnceLock::new();
        self.shapes.get(name).unwrap_or_else(|| NONE.get_or_init(Shape::default))
    }
}
