//! Objects in the form a client asked for: as they are, as a table, or their metadata alone.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::resource::{Resource, Source};
use crate::table::{self, CustomColumns, Include};
use crate::wire::accept::Form;
use crate::wire::parameters::Parameters;

/// An object in the form that was asked for.
pub(crate) fn object(form: Form, parameters: &Parameters, resource: &Resource, object: Value) -> Value {
    match form {
        Form::Table(version) => {
            let version_of = object["metadata"]["resourceVersion"].clone();
            table(version, parameters, resource, &[object], json!({"resourceVersion": version_of}), true)
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
        Form::Table(version) => table(version, parameters, resource, &items, meta, true),
        Form::Metadata(version) => {
            let items: Vec<Value> = items.into_iter().map(|item| metadata(version, item)).collect();
            json!({
                "kind": "PartialObjectMetadataList", "apiVersion": format!("meta.k8s.io/{version}"),
                "metadata": meta, "items": items,
            })
        }
        Form::Plain | Form::Discovery(_) => {
            let mut items = items;
            // Items of a typed list do not repeat what they are; custom resources have no type but that.
            let typed = resource.source != Source::Custom;
            for item in items.iter_mut().filter(|_| typed).filter_map(Value::as_object_mut) {
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
            table(version, parameters, resource, std::slice::from_ref(object), meta, first)
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
    items: &[Value],
    meta: Value,
    columns: bool,
) -> Value {
    let include = parameters.get("includeObject").and_then(Include::of_query).unwrap_or_default();
    let now = Timestamp::now();
    let mut table = match &resource.definition {
        Some(definition) => {
            let columns = CustomColumns::new(definition.get("additionalPrinterColumns"));
            table::render_custom(&columns, items, now, include)
        }
        None => table::render(&resource.kind, items, now, include),
    };
    table["metadata"] = meta;
    if version != "v1" {
        table["apiVersion"] = json!(format!("meta.k8s.io/{version}"));
    }
    if !columns {
        table["columnDefinitions"] = Value::Null;
    }
    table
}
