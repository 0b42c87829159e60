//! Evicts a pod within its disruption budgets (Kubernetes: subresource `eviction`, `policy/v1`).

use kube::Client;
use replank_core::action::PodId;
use replank_core::names::{ObjectName, Uid};
use replank_core::observed::Answer;
use serde_json::{Value, json};

use super::answer;
use crate::cache::WirePod as Pod;
use crate::{failure, request};

/// Evicts the pod of this name as it is now. `Answer::Done` when it is gone, or on its way out.
pub async fn evict_named(client: &Client, pod: &ObjectName) -> Answer {
    let path = format!("/api/v1/namespaces/{}/pods/{}", pod.namespace, pod.name);
    let found = match request::send::<Pod>(client, request::get(&path)).await {
        Ok(found) => found,
        Err(error) if failure::status(&error).is_some_and(|it| it.code == 404) => return Answer::Done,
        Err(error) => return answer::of(&error),
    };
    if found.metadata.deletion_timestamp.is_some() {
        return Answer::Done;
    }
    evict(client, &PodId { name: pod.clone(), uid: Uid(found.metadata.uid) }, None).await
}

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
