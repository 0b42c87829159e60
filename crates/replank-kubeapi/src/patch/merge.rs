//! JSON merge patch (RFC 7386): objects are merged, `null` removes a member, everything else replaces.

use serde_json::{Map, Value};

/// Merges `patch` into `target`.
pub fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (key, value) in patch {
        match value {
            Value::Null => drop(fields.shift_remove(&key)),
            value => merge(fields.entry(key).or_insert(Value::Null), value),
        }
    }
}
