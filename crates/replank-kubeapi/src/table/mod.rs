//! Tables for `kubectl get`: columns and cells as the API server renders them.
//!
//! Kubernetes: `pkg/printers/internalversion/printers.go`. Cells depend on the object's JSON and the present time only.

mod age;
mod autoscaler;
mod cell;
mod columns;
mod custom;
mod event;
mod network;
mod node;
mod other;
mod pod;
mod storage;
mod workload;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub use age::human_duration;
pub use custom::CustomColumns;

/// What a row has besides its cells (`includeObject`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Include {
    /// Nothing.
    None,
    /// Metadata of the object.
    #[default]
    Metadata,
    /// The whole object.
    Object,
}

impl Include {
    /// From the query parameter; `None` for unknown values.
    pub fn of_query(word: &str) -> Option<Self> {
        match word {
            "" | "Metadata" => Some(Self::Metadata),
            "Object" => Some(Self::Object),
            "None" => Some(Self::None),
            _ => None,
        }
    }

    fn of(self, object: &Value) -> Value {
        match self {
            Self::None => Value::Null,
            Self::Metadata => json!({
                "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"],
            }),
            Self::Object => object.clone(),
        }
    }
}

/// A table of built-in objects of one kind; the caller sets the list's `metadata`.
pub fn render(kind: &str, objects: &[Value], now: Timestamp, include: Include) -> Value {
    let rows = objects.iter().map(|object| {
        let mut row = Map::new();
        row.insert("cells".to_owned(), Value::Array(cells(kind, object, now)));
        if let Some(condition) = (kind == "Pod").then(|| pod::condition(object)).flatten() {
            row.insert("conditions".to_owned(), json!([condition]));
        }
        row.insert("object".to_owned(), include.of(object));
        Value::Object(row)
    });
    table(columns::of(kind), rows.collect())
}

/// A table of custom resources; the caller sets the list's `metadata`.
pub fn render_custom(columns: &CustomColumns, objects: &[Value], now: Timestamp, include: Include) -> Value {
    let rows = objects.iter();
    let rows = rows.map(|object| json!({"cells": columns.cells(object, now), "object": include.of(object)}));
    table(columns.definitions(), rows.collect())
}

fn table(columns: Value, rows: Vec<Value>) -> Value {
    // Moved in, not copied: a list may have many rows.
    let mut table = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}});
    table["columnDefinitions"] = columns;
    table["rows"] = Value::Array(rows);
    table
}

fn cells(kind: &str, object: &Value, now: Timestamp) -> Vec<Value> {
    let it = cell::Subject { object, now };
    match kind {
        "Pod" => pod::cells(it),
        "Node" => node::cells(it),
        "Deployment" => workload::deployment(it),
        "ReplicaSet" | "ReplicationController" => workload::replica_set(it, kind),
        "StatefulSet" => workload::stateful_set(it),
        "DaemonSet" => workload::daemon_set(it),
        "Job" => workload::job(it),
        "CronJob" => workload::cron_job(it),
        "PodDisruptionBudget" => workload::budget(it),
        "ControllerRevision" => workload::controller_revision(it),
        "PodTemplate" => workload::pod_template(it),
        "HorizontalPodAutoscaler" => autoscaler::cells(it),
        "Service" => network::service(it),
        "Endpoints" => network::endpoints(it),
        "EndpointSlice" => network::endpoint_slice(it),
        "Ingress" => network::ingress(it),
        "IngressClass" => network::ingress_class(it),
        "NetworkPolicy" => network::policy(it),
        "PersistentVolume" => storage::volume(it),
        "PersistentVolumeClaim" => storage::claim(it),
        "StorageClass" => storage::class(it),
        "CSIDriver" => storage::driver(it),
        "VolumeAttachment" => storage::attachment(it),
        "Event" => event::cells(it),
        _ => other::cells(it, kind),
    }
}
