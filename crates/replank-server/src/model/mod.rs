//! The API of EKS as its own model states it: operations, shapes, and what may stand in them.
//!
//! The model is data (`data/eks-model.json`, its source named there). Requests are routed, read and checked by it, so
//! that no operation repeats what the model says. It knows no state.

mod read;
mod route;
#[cfg(test)]
mod tests;
mod validate;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Deserialize;

pub use read::Unreadable;
pub use route::Routed;

/// The model of EKS.
#[derive(Debug, Deserialize)]
pub struct Model {
    /// Where it is from.
    pub source: String,
    /// Operations by name.
    pub operations: BTreeMap<String, Operation>,
    /// Shapes by name.
    pub shapes: BTreeMap<String, Shape>,
    /// Operations by method and number of path segments.
    #[serde(skip)]
    routes: HashMap<(String, usize), Vec<route::Route>>,
}

/// An operation.
#[derive(Debug, Deserialize)]
pub struct Operation {
    /// Its HTTP method.
    pub method: String,
    /// Its path, with names in braces.
    pub path: String,
    /// The shape of its input.
    pub input: String,
    /// The shape of its output.
    pub output: String,
    /// The errors it declares.
    pub errors: Vec<String>,
    /// The output member that is paged.
    #[serde(default)]
    pub pages: Option<String>,
}

/// A shape.
#[derive(Debug, Default, Deserialize)]
pub struct Shape {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Members of a structure.
    #[serde(default)]
    pub members: BTreeMap<String, Member>,
    /// Members that must be there.
    #[serde(default)]
    pub required: Vec<String>,
    /// Members of a list.
    #[serde(default)]
    pub member: Option<Member>,
    /// Keys of a map.
    #[serde(default)]
    pub key: Option<Member>,
    /// Values of a map.
    #[serde(default)]
    pub value: Option<Member>,
    /// Allowed values of a string.
    #[serde(default, rename = "enum")]
    pub values: Vec<String>,
    /// Least length, value or size.
    #[serde(default)]
    pub min: Option<i64>,
    /// Greatest length, value or size.
    #[serde(default)]
    pub max: Option<i64>,
    /// What a string must look like.
    #[serde(default)]
    pub pattern: Option<String>,
    /// HTTP status, of an error.
    #[serde(default)]
    pub error: Option<u16>,
}

/// Kinds of shapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Named members.
    #[default]
    Structure,
    /// A list.
    List,
    /// A map with text keys.
    Map,
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// Seconds since the Unix epoch.
    Timestamp,
}

/// A member.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Its shape.
    pub shape: String,
    /// Where it travels, when not in the body.
    #[serde(default)]
    pub location: Option<Location>,
    /// Its name there.
    #[serde(default)]
    pub location_name: Option<String>,
}

/// Where a member travels, when not in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    /// In the path.
    Uri,
    /// In the query.
    Querystring,
}

impl Model {
    /// The model, read once.
    pub fn get() -> &'static Self {
        static READ: OnceLock<Model> = OnceLock::new();
        READ.get_or_init(|| Self::parse(include_str!("../../data/eks-model.json")))
    }

    /// A text that is no model gives one without operations; a test reads the file.
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
