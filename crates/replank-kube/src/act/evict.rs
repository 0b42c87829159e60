//! Evicts a pod within its disruption budgets (Kubernetes: subresource `eviction`, `policy/v1`).

use kube::Client;
use replank_core::action::PodId;
use replank_core::observed::Answer;
use serde_json::{Value, json};

use super::answer;
use crate::request;

/// Evicts the pod if it still has this uid; `grace_seconds` replaces its own grace period.
pub(crate) async fn evict(client: &Client, pod: &PodId, grace_seconds: Option<u32>) -> Answer {
    let (namespace, name) = (&pod.name.namespace, &pod.name.name);
    let mut options = json!({"preconditions": {"uid": pod.uid.to_string()}});
    if let Some(seconds) = grace_seconds {
        options["gracePeriodSeconds"] = seconds.into();
    }
    let body = json!({
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"namespace": &**namespace, "name": &**name},
        "deleteOptions": options,
    });
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/eviction");
    match request::send::<Value>(client, request::post(&path, &body)).await {
        Ok(_) => Answer::Done,
        Err(error) => answer::of(&error),
    }
}
