//! The annotation with which client-side `kubectl apply` remembers what it applied; its fields need no force when a
//! user changes to server-side apply.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Write;
use super::own::Conflicts;
use super::walk::{compare, field_set};

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The conflicts that the annotation does not explain; `None` when it is missing or of another version.
pub(super) fn beyond(conflicts: &Conflicts, live: &Value, write: &Write<'_>) -> Option<Conflicts> {
    let text = live["metadata"]["annotations"][ANNOTATION].as_str()?;
    let last: Value = serde_json::from_str(text).ok()?;
    if last["apiVersion"] != write.api_version {
        return None;
    }
    // What somebody changed since is not kubectl's any more.
    let changes = compare(&last, live, write.place);
    let own = field_set(&last, write.place)
        .difference(&changes.modified)
        .difference(&changes.added)
        .difference(&changes.removed)
        .paths();
    Some(conflicts.iter().filter(|(_, path)| !own.contains(path)).cloned().collect())
}

/// Updates the annotation to the new configuration, if the object has one.
pub(super) fn renew(object: &mut Value, config: &Value) {
    let mut config = config.clone();
    let annotations = config["metadata"].get_mut("annotations").and_then(Value::as_object_mut);
    annotations.and_then(|all| all.shift_remove(ANNOTATION));
    let text = format!("{}\n", sorted(&config));
    if let Some(value) = object["metadata"].get_mut("annotations").and_then(|all| all.get_mut(ANNOTATION)) {
        *value = Value::from(text);
    }
}

/// The value with the keys of every object sorted, as kubectl writes them.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.iter().collect();
            Value::Object(fields.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        leaf => leaf.clone(),
    }
}
