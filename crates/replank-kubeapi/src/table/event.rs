//! Events, of either API group: the newer one names the same fields differently.

use serde_json::Value;

use super::age;
use super::cell::{Subject, or, text};

pub(super) fn cells(event: Subject<'_>) -> Vec<Value> {
    let either = |old: &str, new: &str| match event.at(old) {
        Value::Null => event.at(new),
        found => found,
    };
    let first = match either("firstTimestamp", "deprecatedFirstTimestamp") {
        Value::Null => event.since("eventTime"),
        found => age::since(found, event.now),
    };
    let mut last = match either("lastTimestamp", "deprecatedLastTimestamp") {
        Value::Null => first.clone(),
        found => age::since(found, event.now),
    };
    let mut count = either("count", "deprecatedCount").as_i64().unwrap_or(0).max(1);
    if event.at("series").is_object() {
        last = event.since("series.lastObservedTime");
        count = event.number("series.count");
    }
    let object = either("involvedObject", "regarding");
    let kind = text(&object["kind"]).to_lowercase();
    let name = text(&object["name"]);
    let target = if name.is_empty() { kind } else { format!("{kind}/{name}") };
    let source = either("source", "deprecatedSource");
    let component = or(
        text(&source["component"]),
        &or(event.text("reportingComponent"), &event.text("reportingController")),
    );
    let instance = or(text(&source["host"]), &event.text("reportingInstance"));
    let source = if instance.is_empty() { component } else { format!("{component}, {instance}") };
    vec![
        Value::from(last),
        event.cell("type"),
        event.cell("reason"),
        Value::from(target),
        Value::from(text(&object["fieldPath"])),
        Value::from(source),
        Value::from(text(either("message", "note")).trim()),
        Value::from(first),
        Value::from(count),
        event.name(),
    ]
}
