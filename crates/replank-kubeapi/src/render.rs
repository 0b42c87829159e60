//! Objects in the form a client asked for: as they are, as a table, or their metadata alone.

use serde_json::{Map, Value, json};

use crate::resource::Resource;
use crate::wire::accept::Form;
use crate::wire::parameters::Parameters;

/// An object in the form that was asked for.
pub(crate) fn object(form: Form, parameters: &Parameters, resource: &Resource, object: Value) -> Value {
    match form {
        Form::Table(version) => {
            let version_of = object["metadata"]["resourceVersion"].clone();
            table(version, parameters, resource, vec![object], json!({"resourceVersion": version_of}), true)
        }
        Form::Metadata(version) => metadata(version, object),
        Form::Plain | Form::Discovery(_) => object,
    }
}

/// A list in the form that was asked for.
pub(crate) fn list(
    form: Form,
    parameters: &Parameters,
    resource: &Resource,
    items: Vec<Value>,
    meta: Value,
) -> Value {
    match form {
        Form::Table(version) => table(version, parameters, resource, items, meta, true),
        Form::Metadata(version) => {
            let items: Vec<Value> = items.into_iter().map(|item| metadata(version, item)).collect();
            json!({
                "kind": "PartialObjectMetadataList", "apiVersion": format!("meta.k8s.io/{version}"),
                "metadata": meta, "items": items,
            })
        }
        Form::Plain | Form::Discovery(_) => {
            let mut items = items;
            // Items of a typed list do not repeat what they are.
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                item.shift_remove("kind");
                item.shift_remove("apiVersion");
            }
            json!({
                "kind": format!("{}List", resource.kind), "apiVersion": resource.api_version(), "metadata": meta,
                "items": items,
            })
        }
    }
}

/// An object of a watch event; columns are told with the first one.
pub(crate) fn watched(
    form: Form,
    parameters: &Parameters,
    resource: &Resource,
    object: &Value,
    first: bool,
) -> Value {
    match form {
        Form::Table(version) => {
            let version_of = object["metadata"]["resourceVersion"].clone();
            let meta = json!({"resourceVersion": version_of});
            table(version, parameters, resource, vec![object.clone()], meta, first)
        }
        Form::Metadata(version) => metadata(version, object.clone()),
        Form::Plain | Form::Discovery(_) => object.clone(),
    }
}

fn metadata(version: &str, mut object: Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata", "apiVersion": format!("meta.k8s.io/{version}"),
        "metadata": object["metadata"].take(),
    })
}

fn table(
    version: &str,
    parameters: &Parameters,
    resource: &Resource,
    items: Vec<Value>,
    meta: Value,
    columns: bool,
) -> Value {
    let _ = resource;
    let rows: Vec<Value> = items
        .into_iter()
        .map(|item| {
            let cells = json!([item["metadata"]["name"], item["metadata"]["creationTimestamp"]]);
            let object = match parameters.get("includeObject") {
                Some("None") => Value::Null,
                Some("Object") => item,
                _ => metadata(version, item),
            };
            json!({"cells": cells, "object": object})
        })
        .collect();
    let column = |name: &str, kind: &str, format: &str| json!({"name": name, "type": kind, "format": format, "description": "", "priority": 0});
    let definitions = if columns {
        json!([column("Name", "string", "name"), column("Created At", "date", "")])
    } else {
        Value::Null
    };
    let mut out = Map::new();
    out.insert("kind".into(), json!("Table"));
    out.insert("apiVersion".into(), json!(format!("meta.k8s.io/{version}")));
    out.insert("metadata".into(), meta);
    out.insert("columnDefinitions".into(), definitions);
    out.insert("rows".into(), Value::Array(rows));
    Value::Object(out)
}
