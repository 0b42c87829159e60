//! Deletes a pod without asking its disruption budgets; only for forced drains.

use kube::Client;
use replank_core::action::PodId;
use replank_core::observed::Answer;
use serde_json::{Value, json};

use super::answer;
use crate::request;

/// Deletes the pod with its own grace period, if it still has this uid.
pub(crate) async fn delete(client: &Client, pod: &PodId) -> Answer {
    let options = json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": pod.uid.to_string()},
    });
    let path = format!("/api/v1/namespaces/{}/pods/{}", pod.name.namespace, pod.name.name);
    match request::send::<Value>(client, request::delete(&path, &options)).await {
        Ok(_) => Answer::Done,
        Err(error) => answer::of(&error),
    }
}
