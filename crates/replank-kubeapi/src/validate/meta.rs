//! Validation of metadata (Kubernetes: `ValidateObjectMeta`), and of keys in config maps and secrets.

use serde_json::{Map, Value, json};

use super::Problem;
use crate::asked::Asked;
use crate::select::{complaints_of_key, complaints_of_value};

/// Finalizers without a domain that Kubernetes allows.
const FINALIZERS: [&str; 3] = ["orphan", "foregroundDeletion", "kubernetes"];

/// Longest key of a config map or secret.
const KEY_MAX: usize = 253;

/// Faults of a new object's metadata. The world checks name, labels and annotations.
pub(super) fn of_new(asked: &Asked, object: &Value) -> Vec<Problem> {
    let meta = &object["metadata"];
    let mut problems = owners(&meta["ownerReferences"]);
    problems.extend(finalizers(&meta["finalizers"]));
    problems.extend(keys(&asked.resource.kind, object));
    problems
}

/// Faults of a changed object's metadata.
pub(super) fn of_changed(object: &Value) -> Vec<Problem> {
    let meta = &object["metadata"];
    let mut problems = labels(&meta["labels"]);
    for key in meta["annotations"].as_object().into_iter().flat_map(Map::keys) {
        // Annotations may have capital letters in their domain.
        let wrong = complaints_of_key(&key.to_lowercase());
        problems.extend(wrong.iter().map(|why| Problem::invalid("metadata.annotations", &json!(key), why)));
    }
    problems.extend(owners(&meta["ownerReferences"]));
    problems.extend(finalizers(&meta["finalizers"]));
    problems.extend(keys(object["kind"].as_str().unwrap_or_default(), object));
    problems
}

/// Kubernetes: `ValidateLabels`.
fn labels(labels: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, value) in labels.as_object().into_iter().flatten() {
        let of_key = complaints_of_key(key).into_iter().map(|why| (json!(key), why));
        let of_value = complaints_of_value(value.as_str().unwrap_or_default());
        let of_value = of_value.into_iter().map(|why| (value.clone(), why));
        let all = of_key.chain(of_value);
        problems.extend(all.map(|(value, why)| Problem::invalid("metadata.labels", &value, &why)));
    }
    problems
}

fn owners(owners: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for owner in owners.as_array().into_iter().flatten() {
        let is_empty = |key: &str| owner[key].as_str().is_none_or(str::is_empty);
        let wrong = |key: &str, why: &str| {
            Problem::invalid(format!("metadata.ownerReferences.{key}"), &json!(""), why)
        };
        if is_empty("apiVersion") {
            problems.push(wrong("apiVersion", "version must not be empty"));
        }
        for key in ["kind", "name", "uid"] {
            if is_empty(key) {
                problems.push(wrong(key, "must not be empty"));
            }
        }
    }
    problems
}

fn finalizers(finalizers: &Value) -> Vec<Problem> {
    let all = finalizers.as_array().into_iter().flatten().filter_map(Value::as_str).enumerate();
    let mut problems = Vec::new();
    for (at, name) in all {
        let field = format!("metadata.finalizers[{at}]");
        let wrong = complaints_of_key(name);
        problems.extend(wrong.iter().map(|why| Problem::invalid(field.clone(), &json!(name), why)));
        if wrong.is_empty() && !name.contains('/') && !FINALIZERS.contains(&name) {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            problems.push(Problem::invalid(field, &json!(name), why));
        }
    }
    problems
}

/// Kubernetes: `IsConfigMapKey`.
fn keys(kind: &str, object: &Value) -> Vec<Problem> {
    if !matches!(kind, "ConfigMap" | "Secret") {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for key in object["data"].as_object().into_iter().flat_map(Map::keys) {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let why = if key.len() > KEY_MAX {
            format!("must be no more than {KEY_MAX} characters")
        } else if key.is_empty() || !key.chars().all(is_plain) {
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
             'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                .to_owned()
        } else {
            continue;
        };
        problems.push(Problem::invalid(format!("data[{key}]"), &json!(key), &why));
    }
    problems
}
