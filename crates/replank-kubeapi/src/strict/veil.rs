//! Masks possible secrets in error messages, where the API server quotes the whole object: texts of `data` and
//! `stringData`, values of environment variables, and the last-applied annotation.

use serde_json::Value;

/// Replacement for a masked text.
const VEIL: &str = "***";
/// Members whose texts are masked.
const DATA: [&str; 3] = ["data", "stringData", "binaryData"];
/// Annotation in which kubectl stores the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The object with possible secrets masked.
pub(super) fn veiled(object: &Value) -> Value {
    let mut object = object.clone();
    for field in DATA {
        if let Some(data) = object.get_mut(field) {
            texts(data);
        }
    }
    environments(&mut object);
    object
}

fn texts(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter_mut().for_each(texts),
        Value::Object(fields) => fields.values_mut().for_each(texts),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => *value = VEIL.into(),
    }
}

fn environments(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(environments),
        Value::Object(fields) => {
            for (name, below) in fields {
                match name.as_str() {
                    "env" => below.as_array_mut().into_iter().flatten().for_each(|variable| {
                        if let Some(value) = variable.get_mut("value") {
                            texts(value);
                        }
                    }),
                    LAST_APPLIED => texts(below),
                    _ => environments(below),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::veiled;

    #[test]
    fn secrets_and_environments_are_not_repeated() {
        let object = json!({
            "kind": "Secret", "data": {"a": "mark", "b": null}, "stringData": "mark",
            "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "mark", "c": "d"}},
            "spec": {"containers": [{"name": "e", "env": [{"name": "F", "value": "mark"}, {"name": "G"}]}]},
        });
        let wanted = json!({
            "kind": "Secret", "data": {"a": "***", "b": null}, "stringData": "***",
            "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "***", "c": "d"}},
            "spec": {"containers": [{"name": "e", "env": [{"name": "F", "value": "***"}, {"name": "G"}]}]},
        });
        assert_eq!(veiled(&object), wanted);
    }
}
