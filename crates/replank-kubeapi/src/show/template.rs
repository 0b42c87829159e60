//! Pod templates.

use replank_world::object::PodTemplate;
use replank_world::vocab::labels::Map as Labels;
use serde_json::{Map, Value, json};

use super::{defaults, fields};

/// A pod template as owners show it.
pub(super) fn template(template: &PodTemplate) -> Value {
    let mut out = completed(&template.raw);
    let labels = labels(&template.labels);
    if !labels.is_empty() {
        out["metadata"]["labels"] = Value::Object(labels);
    }
    out
}

/// A pod template as it was given, with the defaults of the API server.
pub(crate) fn completed(raw: &Value) -> Value {
    let mut meta = raw["metadata"].as_object().cloned().unwrap_or_default();
    meta.retain(|key, _| matches!(key.as_str(), "labels" | "annotations" | "name" | "finalizers"));
    defaults::drop_empty(&mut meta);
    meta.insert("creationTimestamp".into(), Value::Null);
    fields([("metadata", meta.into()), ("spec", spec(raw))])
}

/// The spec of a pod template, completed.
pub(super) fn spec(raw: &Value) -> Value {
    let mut spec = raw["spec"].as_object().cloned().unwrap_or_default();
    defaults::pod_spec(&mut spec);
    Value::Object(spec)
}

fn labels(labels: &Labels) -> Map<String, Value> {
    labels.iter().map(|(key, value)| (key.to_string(), json!(**value))).collect()
}
