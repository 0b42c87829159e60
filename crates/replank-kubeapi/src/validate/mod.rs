//! Validation that the API server does before storing, beyond what the world checks: metadata, immutable fields,
//! schemas of custom resources. Messages are those of Kubernetes.

mod change;
mod custom;
mod meta;
mod template;

use serde_json::{Value, json};

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::resource::Source;

/// A fault of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    field: String,
    reason: &'static str,
    message: String,
}

impl Problem {
    fn new(field: impl Into<String>, reason: &'static str, message: String) -> Self {
        Self { field: field.into(), reason, message }
    }

    fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        Self::new(field, "FieldValueInvalid", format!("Invalid value: {value}: {why}"))
    }

    fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Self::new(field, "FieldValueForbidden", format!("Forbidden: {why}"))
    }

    fn required(field: impl Into<String>) -> Self {
        Self::new(field, "FieldValueRequired", "Required value".to_owned())
    }

    fn unsupported(field: impl Into<String>, value: &Value, supported: &[String]) -> Self {
        let message = format!("Unsupported value: {value}: supported values: {}", supported.join(", "));
        Self::new(field, "FieldValueNotSupported", message)
    }
}

/// Validates a new object.
pub(crate) fn anew(asked: &Asked, object: &Value) -> Result<(), StatusError> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    refuse(asked, name, &meta::of_new(asked, object))
}

/// Validates a changed object.
pub(crate) fn changed(asked: &Asked, before: &Value, after: &Value) -> Result<(), StatusError> {
    let mut problems = meta::of_changed(after);
    if !asked.is_of_status() {
        problems.extend(change::problems(asked.resource.source, &asked.resource.kind, before, after));
    }
    refuse(asked, asked.name(), &problems)
}

/// Validates a custom resource by its schema, before anything else is done with it.
pub(crate) fn custom(asked: &Asked, object: &Value) -> Result<(), StatusError> {
    let Some(definition) = asked.resource.definition.as_ref().filter(|_| is_custom(asked)) else {
        return Ok(());
    };
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    refuse(asked, name, &custom::problems(definition, object))
}

/// Sets the defaults of a custom resource's schema.
pub(crate) fn filled(asked: &Asked, mut object: Value) -> Value {
    if let Some(definition) = asked.resource.definition.as_ref().filter(|_| is_custom(asked)) {
        custom::fill(definition, &mut object);
    }
    object
}

/// The error for a changed uid.
pub(crate) fn other_uid(asked: &Asked, uid: &str) -> StatusError {
    let problem = Problem::invalid("metadata.uid", &json!(uid), "field is immutable");
    // It is found twice there, and so it is told twice.
    let told = refuse(asked, asked.name(), &[problem.clone(), problem]);
    told.err().unwrap_or_else(|| StatusError::modified(&asked.resource, asked.name()))
}

fn is_custom(asked: &Asked) -> bool {
    asked.resource.source == Source::Custom
}

/// The 422 with all faults.
fn refuse(asked: &Asked, name: &str, problems: &[Problem]) -> Result<(), StatusError> {
    if problems.is_empty() {
        return Ok(());
    }
    let resource = &asked.resource;
    let group = if resource.group.is_empty() { "" } else { "." };
    let mut texts: Vec<String> = Vec::new();
    for Problem { field, message, .. } in problems {
        let text = format!("{field}: {message}");
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let all = if texts.len() == 1 { texts.concat() } else { format!("[{}]", texts.join(", ")) };
    let message = format!("{}{group}{} \"{name}\" is invalid: {all}", resource.kind, resource.group);
    let mut failure = StatusError::new(422, "Invalid", message).about(resource, name);
    failure.details.insert("kind".to_owned(), json!(resource.kind));
    let cause = |one: &Problem| json!({"reason": one.reason, "message": one.message, "field": one.field});
    failure.details.insert("causes".to_owned(), problems.iter().map(cause).collect());
    Err(failure)
}
