//! Labels that an update gives: checked, because what is written of metadata alone is not admitted as a whole.

use serde_json::{Map, Value, json};

use crate::asked::Asked;
use crate::failure::Failure;
use crate::select::{complaints_of_key, complaints_of_value};

const FIELD: &str = "metadata.labels";

/// Refuses with 422 what is no label (Kubernetes: `ValidateLabels`).
pub(crate) fn check(asked: &Asked, object: &Value) -> Result<(), Failure> {
    let labels = object["metadata"]["labels"].as_object().into_iter().flat_map(Map::iter);
    let mut wrong = Vec::new();
    for (key, value) in labels {
        let value = value.as_str().unwrap_or_default();
        wrong.extend(complaints_of_key(key).into_iter().map(|why| format!("Invalid value: {key:?}: {why}")));
        wrong.extend(
            complaints_of_value(value).into_iter().map(|why| format!("Invalid value: {value:?}: {why}")),
        );
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let resource = &asked.resource;
    let group = if resource.group.is_empty() { "" } else { "." };
    let all: Vec<String> = wrong.iter().map(|why| format!("{FIELD}: {why}")).collect();
    let all = if all.len() == 1 { all.concat() } else { format!("[{}]", all.join(", ")) };
    let message =
        format!("{}{group}{} \"{}\" is invalid: {all}", resource.kind, resource.group, asked.name());
    let mut failure = Failure::new(422, "Invalid", message).about(resource, asked.name());
    failure.details.insert("kind".to_owned(), json!(resource.kind));
    let cause = |why: &String| json!({"reason": "FieldValueInvalid", "message": why, "field": FIELD});
    failure.details.insert("causes".to_owned(), wrong.iter().map(cause).collect());
    Err(failure)
}
