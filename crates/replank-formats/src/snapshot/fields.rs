//! Reads fields of snapshot objects; absent or malformed ones give `None` or an empty value.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use replank_world::time::Time;
use replank_world::vocab::labels::Map;
use replank_world::vocab::quantity::{Resources, milli, units};
use replank_world::vocab::taint::{Effect, Taint};

/// An RFC 3339 time.
pub fn time(value: &Value) -> Option<Time> {
    value.as_str()?.parse::<Timestamp>().ok().map(Time::from)
}

/// Labels or annotations.
pub fn map(value: &Value) -> Map {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((Arc::from(key.as_str()), Arc::from(value.as_str()?)))).collect()
}

/// An integer, 0 when absent.
pub fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

/// The status condition of this type.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().find(|condition| condition["type"] == *kind)
}

/// A resource list such as `allocatable`; `pods` is left out.
pub fn resources(value: &Value) -> Resources {
    let mut out = Resources::default();
    for (name, amount) in value.as_object().into_iter().flatten() {
        let text = match amount {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match name.as_str() {
            "cpu" => out.cpu_milli = milli(&text).unwrap_or(0) as i64,
            "memory" => out.memory_bytes = units(&text).unwrap_or(0),
            "ephemeral-storage" => out.storage_bytes = units(&text).unwrap_or(0),
            "pods" => {}
            _ => {
                if let Some(amount) = units(&text).ok().filter(|amount| *amount > 0) {
                    out.extended.insert(Arc::from(name.as_str()), amount);
                }
            }
        }
    }
    out
}

/// `spec.taints` of a node.
pub fn taints(value: &Value) -> Vec<Taint> {
    let one = |taint: &Value| {
        let text = |field: &str| taint[field].as_str().unwrap_or_default();
        let effect = match text("effect") {
            "NoSchedule" => Effect::NoSchedule,
            "PreferNoSchedule" => Effect::PreferNoSchedule,
            "NoExecute" => Effect::NoExecute,
            _ => return None,
        };
        let added_at = time(&taint["timeAdded"]);
        Some(Taint { added_at, ..Taint::new(text("key"), text("value"), effect) })
    };
    value.as_array().into_iter().flatten().filter_map(one).collect()
}

/// The restarts of all containers of a pod.
pub fn restarts(given: &Value) -> u32 {
    let counts = containers(given).filter_map(|one| one["restartCount"].as_u64());
    u32::try_from(counts.sum::<u64>()).unwrap_or(u32::MAX)
}

/// What `containerStatuses` of a pod lists.
pub fn containers(given: &Value) -> impl Iterator<Item = &Value> {
    given["status"]["containerStatuses"].as_array().into_iter().flatten()
}
