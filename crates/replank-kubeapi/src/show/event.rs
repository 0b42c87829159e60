//! Events of the world's log; those that clients wrote are stored objects.

use std::sync::Arc;

use replank_world::event_log::{Event, Severity};
use replank_world::object::Uid;
use serde_json::{Value, json};

use super::meta::hash;
use super::{At, NamespacedName, View};

/// Events of a namespace, or all. Those about cluster-scoped objects are in `default`.
pub(super) fn all(view: View<'_>, namespace: Option<&str>, out: &mut Vec<(NamespacedName, At)>) {
    for event in view.world.events.iter() {
        let place = place(event);
        if namespace.is_none_or(|namespace| *place.0 == *namespace) {
            out.push((place, At::Event(event.number)));
        }
    }
}

/// Namespace and name of an event.
pub(crate) fn place(event: &Event) -> NamespacedName {
    let namespace = if event.place.0.is_empty() { Arc::from("default") } else { event.place.0.clone() };
    let suffix = (hash(&event.place.1) as u64) ^ (event.number << 8) ^ (1 << 60);
    (namespace, format!("{}.{suffix:016x}", event.place.1).into())
}

/// The event with this number.
pub(super) fn object(view: View<'_>, number: u64) -> Option<Value> {
    view.world.events.get(number).map(|event| shown(view, event))
}

pub(crate) fn shown(view: View<'_>, event: &Event) -> Value {
    let (namespace, name) = place(event);
    let version = match event.kind {
        "ReplicaSet" | "Deployment" | "StatefulSet" | "DaemonSet" => "apps/v1",
        "Job" | "CronJob" => "batch/v1",
        "PodDisruptionBudget" => "policy/v1",
        _ => "v1",
    };
    // Kubelets and the node lifecycle controller name a node by its name where others give its identity.
    let uid = if event.kind == "Node" { event.place.1.to_string() } else { event.uid.to_string() };
    let mut about = json!({"kind": event.kind, "name": *event.place.1, "uid": uid, "apiVersion": version});
    if !event.place.0.is_empty() {
        about["namespace"] = json!(*event.place.0);
    }
    json!({
        "metadata": {
            "name": *name, "namespace": *namespace, "uid": Uid(hash(&name)).to_string(),
            "resourceVersion": event.version.to_string(), "creationTimestamp": view.time(event.first),
        },
        "involvedObject": about, "reason": event.reason, "message": *event.message,
        "source": {"component": event.source}, "firstTimestamp": view.time(event.first),
        "lastTimestamp": view.time(event.last), "count": event.count,
        "type": match event.severity { Severity::Normal => "Normal", Severity::Warning => "Warning" },
        "eventTime": null, "reportingComponent": event.source, "reportingInstance": "",
    })
}

/// Field names in the core API and in `events.k8s.io/v1`.
const NAMES: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// Converts to the core API's form, in which events are stored.
pub(crate) fn to_core_form(object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    fields.insert("apiVersion".to_owned(), json!("v1"));
    for (core, new) in NAMES {
        if let Some(value) = fields.shift_remove(new) {
            fields.insert(core.to_owned(), value);
        }
    }
}

/// Converts to the form of `events.k8s.io/v1`.
pub(super) fn to_new_form(object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    // Clients of this version insist on a time here, which events of the older form do not have.
    if fields.get("eventTime").is_none_or(Value::is_null) {
        let first = fields.get("firstTimestamp").and_then(Value::as_str).unwrap_or("1970-01-01T00:00:00Z");
        let first = format!("{}.000000Z", first.trim_end_matches('Z'));
        fields.insert("eventTime".to_owned(), json!(first));
    }
    for (old, new) in NAMES {
        if let Some(value) = fields.shift_remove(old) {
            fields.insert(new.to_owned(), value);
        }
    }
}
