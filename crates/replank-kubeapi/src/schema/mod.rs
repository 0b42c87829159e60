//! What the built-in types are made of: fields, list keys, patch strategies. Data in `types/`, read once.
//!
//! One table serves strategic merge patches, server-side apply and the OpenAPI documents, so that the three can
//! never disagree. Field names, types and merge keys are those of Kubernetes 1.34 (`api/openapi-spec`); the words
//! are our own. It knows no values: what a patch does with an object stands elsewhere.

mod custom;
mod parse;
mod place;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

pub use custom::of_custom_resource;
pub use place::{Form, Place};

/// All types of one world of kinds.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    types: BTreeMap<String, Type>,
    kinds: BTreeMap<(String, String), String>,
}

/// A type with its fields, or with one shape that stands for it.
#[derive(Clone, Debug, Default)]
pub struct Type {
    /// The whole name, such as `io.k8s.api.core.v1.Pod`.
    pub name: String,
    /// The `apiVersion`s that serve it as a kind.
    pub served: Vec<String>,
    /// True if it changes only as a whole.
    pub is_atomic: bool,
    /// True if fields that nobody knows may stand beside the known ones.
    pub is_open: bool,
    /// The one shape of a type without fields, such as a quantity.
    pub alias: Option<Shape>,
    /// By name.
    pub fields: BTreeMap<String, Field>,
}

/// One field of a type.
#[derive(Clone, Debug)]
pub struct Field {
    /// What a value looks like.
    pub shape: Shape,
    /// True if an object without it is refused.
    pub is_required: bool,
    /// True if the API server always has it, empty at first: it stands in its type, not behind a pointer.
    pub is_embedded: bool,
    /// True if a leaf is not written when it is zero, false or empty (Go: `omitempty`, and no pointer).
    pub omits_zero: bool,
    /// How server-side apply merges it.
    pub merging: Merging,
    /// How a strategic merge patch merges it.
    pub patch: PatchRule,
    /// What a missing value counts as.
    pub default: Option<Value>,
}

/// The look of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A leaf.
    Scalar(Scalar),
    /// Anything; deeper fields follow the value.
    Any,
    /// A type, by its whole name.
    Named(String),
    /// A list of one shape.
    List(Box<Shape>),
    /// An object with free keys.
    Map(Box<Shape>),
}

/// The kinds of leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Text.
    Text,
    /// Text of bytes in base64.
    Bytes,
    /// A point in time, RFC 3339.
    Time,
    /// An amount of a resource: text, or a number.
    Quantity,
    /// A whole number or text.
    IntOrText,
    /// 32 bits.
    Int32,
    /// 64 bits.
    Int64,
    /// A floating point number.
    Double,
    /// True or false.
    Bool,
}

/// How two appliers share a field (`x-kubernetes-list-type`, `x-kubernetes-map-type`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Merging {
    /// As the shape has it: objects by field, lists as a whole.
    #[default]
    Plain,
    /// As a whole.
    Atomic,
    /// By field although the type is atomic.
    Granular,
    /// A list of values that occur once.
    Set,
    /// A list of objects told apart by these fields.
    Keyed(Vec<String>),
}

/// `x-kubernetes-patch-strategy` and `x-kubernetes-patch-merge-key`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchRule {
    /// The strategies in their order: `merge`, `replace`, `retainKeys`.
    pub strategies: Vec<String>,
    /// The field that tells the items of a merged list apart.
    pub key: Option<String>,
}

impl PatchRule {
    /// True if the strategy stands among them.
    pub fn has(&self, strategy: &str) -> bool {
        self.strategies.iter().any(|it| it == strategy)
    }
}

static BUILTIN: LazyLock<Schema> = LazyLock::new(|| parse::read(parse::SOURCES).0);

impl Schema {
    /// The types that Kubernetes itself brings.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// A type by its whole name.
    pub fn named(&self, name: &str) -> Option<&Type> {
        self.types.get(name)
    }

    /// The type behind `apiVersion` and `kind`; none for custom resources.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<&Type> {
        let name = self.kinds.get(&(api_version.to_owned(), kind.to_owned()))?;
        self.types.get(name)
    }

    /// Where a value of this kind begins; a kind nobody knows is followed by what its values look like.
    pub fn root(&self, api_version: &str, kind: &str) -> Place<'_> {
        match self.kind(api_version, kind) {
            Some(found) => Place::of_type(self, found),
            None => Place::unknown(self),
        }
    }

    /// All types in the order of their names.
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

    /// As if every part stood behind a pointer.
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
