//! Validation of pods and pod templates: mutable fields of pods, labels of templates, taints of nodes.

use serde_json::{Map, Value};

use super::Problem;
use crate::select::complaints_of_key;

/// The fault of a selector that does not match the template's labels.
pub(super) fn mismatch(spec: &Value) -> Vec<Problem> {
    let labels = &spec["template"]["metadata"]["labels"];
    let wanted = spec["selector"]["matchLabels"].as_object().into_iter().flatten();
    if wanted.clone().all(|(key, value)| labels.get(key) == Some(value)) {
        return Vec::new();
    }
    let why = "`selector` does not match template `labels`";
    vec![Problem::invalid("spec.template.metadata.labels", labels, why)]
}

/// Faults of a changed pod: few fields are mutable (Kubernetes: `ValidatePodUpdate`).
pub(super) fn pod(was: &Value, is: &Value) -> Vec<Problem> {
    if fixed(was) == fixed(is) && tolerates_as_much(was, is) {
        return Vec::new();
    }
    let why = "pod updates may not change fields other than `spec.containers[*].image`,\
               `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
               existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
               previously negative)";
    vec![Problem::forbidden("spec", why)]
}

fn tolerates_as_much(was: &Value, is: &Value) -> bool {
    let all = |spec: &Value| spec["tolerations"].as_array().cloned().unwrap_or_default();
    let now = all(is);
    all(was).iter().all(|one| now.contains(one))
}

/// A pod's spec without the fields that may change.
fn fixed(spec: &Value) -> Value {
    let mut spec = plain(spec);
    if let Some(fields) = spec.as_object_mut() {
        for key in
            ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates"]
        {
            fields.shift_remove(key);
        }
        for key in ["containers", "initContainers"] {
            let containers = fields.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten();
            containers.filter_map(Value::as_object_mut).for_each(|one| drop(one.shift_remove("image")));
        }
    }
    spec
}

/// The value without members that are null or empty.
pub(super) fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().map(|(key, value)| (key.clone(), plain(value)));
            let says = |value: &Value| {
                !value.is_null()
                    && value.as_object().is_none_or(|it| !it.is_empty())
                    && value != ""
                    && value != false
            };
            Value::Object(kept.filter(|(_, value)| says(value)).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// Faults of taints (Kubernetes: `validateNodeTaints`, which reports each twice). The world checks effects.
pub(super) fn taints(taints: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (at, taint) in taints.as_array().into_iter().flatten().enumerate() {
        let key = &taint["key"];
        let wrong = complaints_of_key(key.as_str().unwrap_or_default());
        let field = format!("metadata.taints[{at}].key");
        problems.extend(wrong.iter().map(|why| Problem::invalid(field.clone(), key, why)));
    }
    let again = problems.clone();
    problems.extend(again);
    problems
}
