//! The built-in types: fields, list keys, patch strategies. Data in `types/`, read once.
//!
//! One table serves strategic merge patches, server-side apply and OpenAPI, so that they never disagree. Field names,
//! types and merge keys are those of Kubernetes 1.34 (`api/openapi-spec`); descriptions are our own.

mod custom;
mod parse;
mod typed_value;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

pub use custom::of_custom_resource;
pub use typed_value::{Form, TypedValue};

/// A table of types.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    types: BTreeMap<String, Type>,
    kinds: BTreeMap<(String, String), String>,
}

/// A type with its fields, or an alias of a shape.
#[derive(Clone, Debug, Default)]
pub struct Type {
    /// Full name, such as `io.k8s.api.core.v1.Pod`.
    pub name: String,
    /// `apiVersion`s in which it is a kind.
    pub served: Vec<String>,
    /// Whether server-side apply owns it as a whole.
    pub is_atomic: bool,
    /// Whether it may have fields that are not declared.
    pub is_open: bool,
    /// Shape of a type without fields, such as a quantity.
    pub alias: Option<Shape>,
    /// Fields by name.
    pub fields: BTreeMap<String, Field>,
}

/// A field of a type.
#[derive(Clone, Debug)]
pub struct Field {
    /// Shape of its value.
    pub shape: Shape,
    /// Whether objects without it are refused.
    pub is_required: bool,
    /// Whether the API server always has it, possibly empty: a struct that is not a pointer in Go.
    pub is_embedded: bool,
    /// Whether a scalar is left out when it is zero, false or empty (Go: `omitempty` without a pointer).
    pub omits_zero: bool,
    /// How server-side apply merges it.
    pub merging: Merging,
    /// How a strategic merge patch merges it.
    pub patch: PatchRule,
    /// Value that an absent field counts as.
    pub default: Option<Value>,
}

/// Shape of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A text, a number or a boolean, with its format.
    Scalar(Scalar),
    /// Any value, untyped.
    Any,
    /// A type, by its full name.
    Named(String),
    /// A list of values of one shape.
    List(Box<Shape>),
    /// A map with string keys.
    Map(Box<Shape>),
}

/// Kinds of scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A string.
    Text,
    /// A string with bytes in base64.
    Bytes,
    /// A time, RFC 3339.
    Time,
    /// A resource quantity: a string or a number.
    Quantity,
    /// An integer or a string.
    IntOrText,
    /// A 32-bit integer.
    Int32,
    /// A 64-bit integer.
    Int64,
    /// A floating-point number.
    Double,
    /// A boolean.
    Bool,
}

/// How ownership of a value is divided between appliers (`x-kubernetes-list-type`, `x-kubernetes-map-type`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Merging {
    /// By shape: objects by field, lists as a whole.
    #[default]
    Plain,
    /// As a whole.
    Atomic,
    /// By field, although the type is atomic.
    Granular,
    /// A list of unique values.
    Set,
    /// A list of objects identified by these fields.
    Keyed(Vec<String>),
}

/// `x-kubernetes-patch-strategy` and `x-kubernetes-patch-merge-key`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchRule {
    /// Strategies in order: `merge`, `replace`, `retainKeys`.
    pub strategies: Vec<String>,
    /// Field that identifies the items of a merged list.
    pub key: Option<String>,
}

impl PatchRule {
    /// Whether the strategy is among them.
    pub fn has(&self, strategy: &str) -> bool {
        self.strategies.iter().any(|it| it == strategy)
    }
}

static BUILTIN: LazyLock<Schema> = LazyLock::new(|| parse::read(parse::SOURCES).0);

impl Schema {
    /// The types of Kubernetes.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// The type with this full name.
    pub fn named(&self, name: &str) -> Option<&Type> {
        self.types.get(name)
    }

    /// The type of a kind; `None` for custom resources.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<&Type> {
        let name = self.kinds.get(&(api_version.to_owned(), kind.to_owned()))?;
        self.types.get(name)
    }

    /// Root of a value of this kind; values of unknown kinds are untyped.
    pub fn root(&self, api_version: &str, kind: &str) -> TypedValue<'_> {
        match self.kind(api_version, kind) {
            Some(found) => TypedValue::of_type(self, found),
            None => TypedValue::unknown(self),
        }
    }

    /// All types, by name.
    pub fn types(&self) -> impl Iterator<Item = &Type> {
        self.types.values()
    }

    /// All kinds: `apiVersion`, kind, type.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str, &Type)> {
        let of = |name: &String| self.types.get(name);
        self.kinds
            .iter()
            .filter_map(move |((version, kind), name)| Some((version.as_str(), kind.as_str(), of(name)?)))
    }

    /// The same table with no embedded fields, for tests.
    #[cfg(test)]
    pub(crate) fn without_embedded(&self) -> Self {
        let mut all = self.clone();
        let fields = all.types.values_mut().flat_map(|found| found.fields.values_mut());
        fields.for_each(|field| field.is_embedded = false);
        all
    }

    fn add(&mut self, found: Type) {
        let kind = found.name.rsplit('.').next().unwrap_or_default().to_owned();
        for version in &found.served {
            self.kinds.insert((version.clone(), kind.clone()), found.name.clone());
        }
        self.types.insert(found.name.clone(), found);
    }
}
