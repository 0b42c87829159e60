//! Types of a custom resource, from the schema in its definition.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Field, Merging, PatchRule, Scalar, Schema, Shape, Type};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// Deeper levels are treated as untyped.
const DEPTH_MAX: usize = 64;

/// The built-in types, and one more kind with this `openAPIV3Schema`.
///
/// List and map types are those of the schema; parts that it leaves open are untyped (Kubernetes).
pub fn of_custom_resource(api_version: &str, kind: &str, schema: Option<&Value>) -> Schema {
    let mut all = Schema::builtin().clone();
    let name = format!("{}.{kind}", api_version.replace('/', "."));
    let mut root = match schema {
        Some(schema) => type_at(&mut all, &name, schema, 0),
        None => Type { name, ..Type::default() },
    };
    root.alias = None;
    root.served.push(api_version.to_owned());
    for key in ["apiVersion", "kind"] {
        root.fields.insert(key.to_owned(), field(Shape::Scalar(Scalar::Text)));
    }
    root.fields.insert("metadata".to_owned(), field(Shape::Named(META.to_owned())));
    all.add(root);
    all
}

fn field(shape: Shape) -> Field {
    Field {
        shape,
        is_required: false,
        is_embedded: false,
        omits_zero: false,
        merging: Merging::Plain,
        patch: PatchRule::default(),
        default: None,
    }
}

fn type_at(all: &mut Schema, name: &str, schema: &Value, depth: usize) -> Type {
    let required = words(&schema["required"]);
    let mut fields = BTreeMap::new();
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let below = Field {
            is_required: required.contains(key),
            merging: merging(inner),
            default: inner.get("default").cloned(),
            ..field(shape_at(all, &format!("{name}.{key}"), inner, depth + 1))
        };
        fields.insert(key.clone(), below);
    }
    let is_atomic = schema["x-kubernetes-map-type"] == "atomic";
    let is_open = schema["x-kubernetes-preserve-unknown-fields"] == true;
    Type { name: name.to_owned(), is_atomic, is_open, fields, ..Type::default() }
}

fn shape_at(all: &mut Schema, name: &str, schema: &Value, depth: usize) -> Shape {
    if depth > DEPTH_MAX || schema["x-kubernetes-preserve-unknown-fields"] == true {
        return Shape::Any;
    }
    if schema["x-kubernetes-int-or-string"] == true {
        return Shape::Scalar(Scalar::IntOrText);
    }
    match schema["type"].as_str() {
        Some("string") => Shape::Scalar(Scalar::Text),
        Some("integer") => Shape::Scalar(Scalar::Int64),
        Some("number") => Shape::Scalar(Scalar::Double),
        Some("boolean") => Shape::Scalar(Scalar::Bool),
        Some("array") => Shape::List(Box::new(shape_at(all, name, &schema["items"], depth + 1))),
        Some("object") if schema["properties"].is_object() => {
            let found = type_at(all, name, schema, depth);
            all.add(found);
            Shape::Named(name.to_owned())
        }
        Some("object") if schema["additionalProperties"].is_object() => {
            Shape::Map(Box::new(shape_at(all, name, &schema["additionalProperties"], depth + 1)))
        }
        _ => Shape::Any,
    }
}

fn merging(schema: &Value) -> Merging {
    match (schema["x-kubernetes-list-type"].as_str(), schema["x-kubernetes-map-type"].as_str()) {
        (Some("set"), _) => Merging::Set,
        (Some("map"), _) => Merging::Keyed(words(&schema["x-kubernetes-list-map-keys"])),
        (Some("atomic"), _) | (_, Some("atomic")) => Merging::Atomic,
        (_, Some("granular")) => Merging::Granular,
        _ => Merging::Plain,
    }
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
