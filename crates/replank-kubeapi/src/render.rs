//! Objects in the form that a client asks for: complete, as a table, or metadata only.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::resource::{Resource, Source};
use crate::table::{self, CustomColumns, Include};
use crate::wire::accept::Form;
use crate::wire::parameters::Parameters;

/// An object in the form asked for.
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

/// A list in the form asked for.
pub(crate) fn list(
    form: Form,
    parameters: &Parameters,
    resource: &Resource,
    items: Vec<Value>,
    meta: Value,
) -> Value {
    let (kind, version, items) = match form {
        Form::Table(version) => return table(version, parameters, resource, &items, meta, true),
        Form::Metadata(version) => {
            let items = items.into_iter().map(|item| metadata(version, item)).collect();
            ("PartialObjectMetadataList".to_owned(), format!("meta.k8s.io/{version}"), items)
        }
        Form::Plain | Form::Discovery(_) => {
            let items = items.into_iter().map(|object| item(resource, object)).collect();
            (format!("{}List", resource.kind), resource.api_version(), items)
        }
    };
    let mut list = json!({"kind": kind, "apiVersion": version, "metadata": meta});
    list["items"] = Value::Array(items);
    list
}

/// JSON of a list up to its first item.
pub(crate) fn head(resource: &Resource, meta: &Value) -> String {
    let kind = Value::String(format!("{}List", resource.kind));
    let version = Value::String(resource.api_version());
    format!("{{\"kind\":{kind},\"apiVersion\":{version},\"metadata\":{meta},\"items\":[")
}

/// An object as a list item.
pub(crate) fn item(resource: &Resource, mut object: Value) -> Value {
    // Items of a typed list do not repeat what they are; custom resources have no type but that.
    let typed = resource.source != Source::Custom;
    if let Some(fields) = object.as_object_mut().filter(|_| typed) {
        fields.shift_remove("kind");
        fields.shift_remove("apiVersion");
    }
    object
}

/// An object in a watch event; the first one of a table has the columns.
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
