//! The lab does what it says, judged by real clients and by what is left on the machine.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod aws;
mod drain;
mod ends;
mod faults;
mod machine;
mod pods;
mod upgrade;

use replank_lab::Lab;
use serde_json::{Value, json};
use std::time::Duration;

const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];

/// Long enough for a busy machine; nothing here takes a tenth of it on an idle one.
const PATIENCE: Duration = Duration::from_mins(2);

const PODS: &str = "/api/v1/namespaces/default/pods";

/// A Deployment of pods with these annotations.
fn deployment(name: &str, replicas: u32, annotations: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}, "annotations": annotations},
                "spec": {"containers": [container()]},
            },
        },
    })
}

/// A pod with these annotations and this grace period.
fn pod(name: &str, grace_seconds: u32, annotations: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": annotations},
        "spec": {"containers": [container()], "terminationGracePeriodSeconds": grace_seconds},
    })
}

fn container() -> Value {
    json!({"name": "main", "image": "shop:1", "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}}})
}

/// Waits until an object is as wanted.
fn until(lab: &Lab, path: &str, what: &str, wanted: impl Fn(&Value) -> bool) {
    lab.wait(PATIENCE, what, || Ok(wanted(&lab.api().get(path)?))).unwrap();
}

/// Waits until there is no such object any more.
fn until_gone(lab: &Lab, path: &str) {
    let gone = || Ok(lab.api().request("GET", path, "", &Value::Null)?.0 == 404);
    lab.wait(PATIENCE, &format!("{path} to be gone"), gone).unwrap();
}

fn running(pod: &Value) -> bool {
    pod["status"]["phase"] == "Running"
}

fn pod_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.iter().any(|it| it["type"] == "Ready" && it["status"] == "True")
}
