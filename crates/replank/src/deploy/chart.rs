//! The parts of the chart beside its templates: what it is, its values, and their schema.

use std::fmt::Write;

use replank_formats::yaml;
use serde_json::{Map, Value, json};

/// Values with what they mean; defaults and schemas are in [`one`].
pub(super) const VALUES: [(&str, &str); 13] = [
    ("replicas", "Number of replicas; one acts, the others take over from it"),
    ("image", "Image of replank"),
    ("pullPolicy", "When the image is pulled"),
    ("cloud", "Who launches and terminates machines (--cloud)"),
    (
        "dataClaim",
        "PersistentVolumeClaim with the state of the embedded cloud; without one it goes with its pod",
    ),
    ("resources", "Resources of a replica"),
    (
        "priorityClassName",
        "Importance of the replicas: an update should not be held up by pods that came later",
    ),
    ("nodeSelector", "Nodes that replicas may run on; best not on a node group that is updated"),
    ("tolerations", "Taints that replicas tolerate"),
    (
        "dashboard",
        "Whether the replica that acts serves the dashboard, on 127.0.0.1 of its pod: a port-forward leads there",
    ),
    (
        "notify",
        "Where to tell what becomes of updates (--notify-url), and the Secret whose key `secret` signs it",
    ),
    (
        "traces",
        "Where traces of the engine are sent, by OTLP over HTTP (--otlp), such as http://collector:4318",
    ),
    (
        "monitoring",
        "Objects for Prometheus's operator (alert rules, what to scrape) and for Grafana (a dashboard)",
    ),
];

/// Resources of a replica, measured with 5,000 nodes and some to spare.
pub(super) fn resources() -> Value {
    json!({"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}})
}

/// Default and schema of a value.
fn one(name: &str) -> (Value, Value) {
    match name {
        "replicas" => (2.into(), json!({"type": "integer", "minimum": 1, "maximum": 5})),
        "image" => (
            format!("replank:{}", env!("CARGO_PKG_VERSION")).into(),
            json!({"type": "string", "minLength": 1}),
        ),
        "pullPolicy" => ("IfNotPresent".into(), json!({"enum": ["Always", "IfNotPresent", "Never"]})),
        "cloud" => ("kwok".into(), json!({"enum": ["kwok"]})),
        "dataClaim" => ("".into(), json!({"type": "string", "maxLength": 253})),
        "resources" => (resources(), json!({"type": "object"})),
        "priorityClassName" => ("system-cluster-critical".into(), json!({"type": "string"})),
        "nodeSelector" => (
            json!({"kubernetes.io/os": "linux"}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
        ),
        "dashboard" => (true.into(), json!({"type": "boolean"})),
        "notify" => (
            json!({"url": "", "secretName": ""}),
            closed(&json!({
                "url": {"type": "string", "pattern": "^(https?://.+)?$"},
                "secretName": {"type": "string", "maxLength": 253},
            })),
        ),
        "traces" => ("".into(), json!({"type": "string", "pattern": "^(https?://.+)?$"})),
        "monitoring" => {
            let switch = json!({"type": "boolean"});
            (
                json!({"rules": false, "scrape": false, "board": false}),
                closed(&json!({"rules": switch, "scrape": switch, "board": switch})),
            )
        }
        _ => (json!([]), json!({"type": "array", "items": {"type": "object"}})),
    }
}

/// A schema of a mapping with these values and no other.
fn closed(properties: &Value) -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

/// `Chart.yaml`.
pub(crate) fn about() -> String {
    yaml::write(&json!({
        "apiVersion": "v2",
        "name": "replank-operator",
        "description": "Runs updates of node groups as custom resources declare them",
        "type": "application",
        "version": env!("CARGO_PKG_VERSION"),
        "appVersion": env!("CARGO_PKG_VERSION"),
        "kubeVersion": ">=1.30.0-0",
    }))
}

/// `values.yaml`.
pub(crate) fn values() -> String {
    let mut text = String::new();
    for (name, means) in VALUES {
        let value = yaml::write(&json!({ name: one(name).0 }));
        let _infallible = write!(text, "# {means}.\n{value}");
    }
    text
}

/// `values.schema.json`: a value that there is not, or that is none, is refused by its name.
pub(crate) fn schema() -> String {
    let properties: Map<String, Value> = VALUES
        .into_iter()
        .map(|(name, means)| {
            let mut schema = one(name).1;
            schema["description"] = means.into();
            (name.to_owned(), schema)
        })
        .collect();
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    format!("{schema:#}\n")
}
