//! Finds DaemonSets that are deleted while pods still name them as their controller, as `kubectl drain` does.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use kube::Client;
use replank_core::names::ObjectName;
use replank_core::observed::{OwnerKind, Pod};
use serde_json::Value;

use crate::{failure, request};

/// Requests at once.
const AT_ONCE: usize = 8;
/// Time limit for each request.
const WITHIN: Duration = Duration::from_secs(10);

/// The `DaemonSet` that a pod names as its controller.
pub(crate) fn of(pod: &Pod) -> Option<ObjectName> {
    let owner = pod.owner.as_ref().filter(|owner| owner.kind == OwnerKind::DaemonSet)?;
    Some(ObjectName::new(pod.name.namespace.clone(), owner.name.clone()))
}

/// The `DaemonSets` of these pods that the server does not have. When it cannot tell, they count as existing, so that
/// their pods stay with the node.
pub async fn gone<'a>(client: &Client, pods: impl Iterator<Item = &'a Pod>) -> BTreeSet<ObjectName> {
    let named: BTreeSet<ObjectName> = pods.filter_map(of).collect();
    let asked = stream::iter(named).map(async |name| {
        let path = format!("/apis/apps/v1/namespaces/{}/daemonsets/{}", name.namespace, name.name);
        let answer = request::send::<Value>(client, request::get(&path));
        let error = tokio::time::timeout(WITHIN, answer).await.ok()?.err()?;
        failure::status(&error).is_some_and(|status| status.code == 404).then_some(name)
    });
    asked.buffered(AT_ONCE).filter_map(async |name| name).collect().await
}
