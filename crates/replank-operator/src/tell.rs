//! Events about updates that are declared: what became of them, for `kubectl describe`.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::api::{Api, PostParams};
use kube::{Client, Resource};
use serde_json::{Value, json};
use tracing::debug;

use crate::api::{ConditionStatus, ConditionType, NodeGroupUpdate, NodeGroupUpdateStatus};
use crate::status::time;

/// Where Events about objects without a namespace stand (Kubernetes).
const NAMESPACE: &str = "default";
/// Time limit for writing one; what is late is dropped, the status has it all the same.
const DEADLINE: Duration = Duration::from_secs(5);

/// Writes an Event when the phase is another one than before.
pub(crate) async fn follow(
    client: &Client,
    update: &NodeGroupUpdate,
    before: &NodeGroupUpdateStatus,
    after: &NodeGroupUpdateStatus,
) {
    if before.phase == after.phase {
        return;
    }
    let stalled =
        |it: &crate::api::Condition| it.kind == ConditionType::Stalled && it.status == ConditionStatus::True;
    let warns = after.conditions.iter().any(stalled);
    let Ok(event) = serde_json::from_value::<Event>(event(update, after, warns, Timestamp::now())) else {
        return;
    };
    let events: Api<Event> = Api::namespaced(client.clone(), NAMESPACE);
    let written = tokio::time::timeout(DEADLINE, events.create(&PostParams::default(), &event)).await;
    if !matches!(written, Ok(Ok(_))) {
        debug!("an Event was not written");
    }
}

fn event(update: &NodeGroupUpdate, status: &NodeGroupUpdateStatus, warns: bool, at: Timestamp) -> Value {
    let (name, uid) = (update.meta().name.as_deref().unwrap_or_default(), &update.meta().uid);
    let second = time(at);
    json!({
        "metadata": {"name": format!("{name}.{:x}", at.as_nanosecond()), "namespace": NAMESPACE},
        "involvedObject": {
            "apiVersion": NodeGroupUpdate::api_version(&()), "kind": "NodeGroupUpdate", "name": name, "uid": uid,
        },
        "type": if warns { "Warning" } else { "Normal" },
        "reason": status.phase,
        "message": status.message,
        "source": {"component": "replank"},
        "reportingComponent": "replank.dev/operator",
        "firstTimestamp": second,
        "lastTimestamp": second,
        "count": 1,
    })
}
