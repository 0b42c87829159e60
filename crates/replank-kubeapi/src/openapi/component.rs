//! Types as schemas.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Served, words};
use crate::schema::{Field, Merging, Scalar, Schema, Shape, Type};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// Which version of OpenAPI is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    V2,
    V3,
}

impl Dialect {
    /// A reference to a type.
    pub(super) fn link(self, name: &str) -> Value {
        match self {
            Self::V2 => json!({"$ref": format!("#/definitions/{name}")}),
            Self::V3 => json!({"$ref": format!("#/components/schemas/{name}")}),
        }
    }
}

/// The name of the type of a kind: the built-in one, or one made of the group turned round.
pub(super) fn type_name(one: &Served<'_>) -> String {
    if let Some(found) = Schema::builtin().kind(&one.api_version(), one.kind) {
        return found.name.clone();
    }
    let group: Vec<_> = one.group.split('.').rev().collect();
    format!("{}.{}.{}", group.join("."), one.version, one.kind)
}

/// The types with these names and all that they lead to.
pub(super) fn collect(wanted: BTreeSet<String>, dialect: Dialect, into: &mut BTreeMap<String, Value>) {
    let mut open: Vec<String> = wanted.into_iter().collect();
    while let Some(name) = open.pop() {
        if into.contains_key(&name) {
            continue;
        }
        match (Schema::builtin().named(&name), name.strip_suffix("List")) {
            (Some(found), _) => {
                open.extend(leads_to(found));
                into.insert(name, of_type(found, dialect));
            }
            (None, Some(item)) => {
                open.extend([item.to_owned(), format!("{META}.ListMeta")]);
                let list = of_list(item, dialect, into.get(item));
                into.insert(name, list);
            }
            (None, None) => {}
        }
    }
}

fn leads_to(found: &Type) -> Vec<String> {
    let shapes = found.fields.values().map(|field| &field.shape).chain(&found.alias);
    shapes.filter_map(named).map(str::to_owned).collect()
}

fn named(shape: &Shape) -> Option<&str> {
    match shape {
        Shape::Named(name) => Some(name),
        Shape::List(inner) | Shape::Map(inner) => named(inner),
        Shape::Scalar(_) | Shape::Any => None,
    }
}

fn of_type(found: &Type, dialect: Dialect) -> Value {
    let short = found.name.rsplit('.').next().unwrap_or_default();
    let mut schema = match &found.alias {
        Some(shape) => of_shape(shape, dialect),
        None => json!({"type": "object"}),
    };
    schema["description"] = Value::from(words::of_type(short));
    if found.alias.is_none() {
        let fields = found.fields.iter();
        let fields = fields.map(|(name, field)| (name.clone(), of_field(short, name, field, dialect)));
        schema["properties"] = Value::Object(fields.collect());
        let required = found.fields.iter().filter(|(_, field)| field.is_required);
        let required: Vec<_> = required.map(|(name, _)| Value::from(name.as_str())).collect();
        if !required.is_empty() {
            schema["required"] = Value::Array(required);
        }
    }
    if found.is_atomic {
        schema["x-kubernetes-map-type"] = json!("atomic");
    }
    let kinds: Vec<_> = found.served.iter().map(|version| gvk_of(version, short)).collect();
    if !kinds.is_empty() {
        schema["x-kubernetes-group-version-kind"] = Value::Array(kinds);
    }
    schema
}

fn gvk_of(api_version: &str, kind: &str) -> Value {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    json!({"group": group, "kind": kind, "version": version})
}

fn of_list(item: &str, dialect: Dialect, stated: Option<&Value>) -> Value {
    let kind = item.rsplit('.').next().unwrap_or_default();
    let string = |field: &str| json!({"type": "string", "description": words::of_field(kind, field)});
    let mut list = json!({
        "type": "object", "description": format!("A list of objects of the kind {kind}."),
        "properties": {
            "apiVersion": string("apiVersion"), "kind": string("kind"),
            "metadata": linked(&format!("{META}.ListMeta"), dialect),
            "items": {"type": "array", "items": linked(item, dialect), "description": "The objects."},
        },
        "required": ["items"],
    });
    let found = Schema::builtin().named(item).map(|found| found.served.clone()).unwrap_or_default();
    let kinds: Vec<_> = found.iter().map(|version| gvk_of(version, &format!("{kind}List"))).collect();
    let stated = stated.and_then(|it| it["x-kubernetes-group-version-kind"].as_array()).cloned();
    let stated = stated.unwrap_or_default().into_iter().map(|mut gvk| {
        gvk["kind"] = Value::from(format!("{kind}List"));
        gvk
    });
    let kinds: Vec<_> = if kinds.is_empty() { stated.collect() } else { kinds };
    if !kinds.is_empty() {
        list["x-kubernetes-group-version-kind"] = Value::Array(kinds);
    }
    list
}

/// A reference beside which more may stand: version 3 wraps it.
fn linked(name: &str, dialect: Dialect) -> Value {
    match dialect {
        Dialect::V2 => dialect.link(name),
        Dialect::V3 => json!({"allOf": [dialect.link(name)]}),
    }
}

fn of_field(of: &str, name: &str, field: &Field, dialect: Dialect) -> Value {
    let mut schema = of_shape(&field.shape, dialect);
    let text = words::of_field(of, name);
    if !text.is_empty() {
        schema["description"] = Value::from(text);
    }
    if field.is_embedded && dialect == Dialect::V3 {
        schema["default"] = json!({});
    }
    if let (Some(default), Dialect::V3) = (&field.default, dialect) {
        schema["default"] = default.clone();
    }
    let is_list = matches!(field.shape, Shape::List(_));
    match &field.merging {
        Merging::Plain => {}
        Merging::Atomic if is_list => schema["x-kubernetes-list-type"] = json!("atomic"),
        Merging::Atomic => schema["x-kubernetes-map-type"] = json!("atomic"),
        Merging::Granular => schema["x-kubernetes-map-type"] = json!("granular"),
        Merging::Set => schema["x-kubernetes-list-type"] = json!("set"),
        Merging::Keyed(keys) => {
            schema["x-kubernetes-list-map-keys"] = json!(keys);
            schema["x-kubernetes-list-type"] = json!("map");
        }
    }
    if let Some(key) = &field.patch.key {
        schema["x-kubernetes-patch-merge-key"] = json!(key);
    }
    if !field.patch.strategies.is_empty() {
        schema["x-kubernetes-patch-strategy"] = json!(field.patch.strategies.join(","));
    }
    schema
}

fn of_shape(shape: &Shape, dialect: Dialect) -> Value {
    match shape {
        Shape::Scalar(scalar) => of_scalar(*scalar, dialect),
        Shape::Any => json!({}),
        Shape::Named(name) => linked(name, dialect),
        Shape::List(inner) => json!({"type": "array", "items": of_shape(inner, dialect)}),
        Shape::Map(inner) if **inner == Shape::Any => json!({"type": "object"}),
        Shape::Map(inner) => json!({"type": "object", "additionalProperties": of_shape(inner, dialect)}),
    }
}

fn of_scalar(scalar: Scalar, dialect: Dialect) -> Value {
    match (scalar, dialect) {
        (Scalar::Text, _) | (Scalar::Quantity, Dialect::V2) => json!({"type": "string"}),
        (Scalar::Quantity, Dialect::V3) => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
        (Scalar::Bytes, _) => json!({"type": "string", "format": "byte"}),
        (Scalar::Time, _) => json!({"type": "string", "format": "date-time"}),
        (Scalar::IntOrText, Dialect::V2) => json!({"type": "string", "format": "int-or-string"}),
        (Scalar::IntOrText, Dialect::V3) => {
            json!({"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"})
        }
        (Scalar::Int32, _) => json!({"type": "integer", "format": "int32"}),
        (Scalar::Int64, _) => json!({"type": "integer", "format": "int64"}),
        (Scalar::Double, _) => json!({"type": "number", "format": "double"}),
        (Scalar::Bool, _) => json!({"type": "boolean"}),
    }
}

/// The type of a custom resource as its definition states it, with the fields that every object has.
pub(super) fn of_custom(
    one: &Served<'_>,
    dialect: Dialect,
    wanted: &mut BTreeSet<String>,
) -> Option<(String, Value)> {
    if Schema::builtin().kind(&one.api_version(), one.kind).is_some() {
        return None;
    }
    let mut schema = one.schema.cloned().unwrap_or_else(|| json!({"type": "object"}));
    if !schema.is_object() {
        schema = json!({"type": "object"});
    }
    let meta = format!("{META}.ObjectMeta");
    if !schema["properties"].is_object() {
        schema["properties"] = Value::Object(Map::new());
    }
    for field in ["apiVersion", "kind"] {
        schema["properties"][field] =
            json!({"type": "string", "description": words::of_field(one.kind, field)});
    }
    schema["properties"]["metadata"] = linked(&meta, dialect);
    schema["x-kubernetes-group-version-kind"] = json!([gvk_of(&one.api_version(), one.kind)]);
    wanted.insert(meta);
    Some((type_name(one), schema))
}
