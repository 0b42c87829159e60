//! What a refusal repeats of an object. A real server repeats all of it; here what may be a secret is left out: texts
//! of `data` and `stringData`, values of environments, and what was applied last, which holds both.

use serde_json::Value;

/// What stands in the place of a text.
const VEIL: &str = "***";
/// Fields of an object whose texts are veiled: secrets and settings.
const DATA: [&str; 3] = ["data", "stringData", "binaryData"];
/// The annotation in which kubectl keeps all of an object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The object as it may be repeated.
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
