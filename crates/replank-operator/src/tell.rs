//! Events about what is declared: what became of it, for `kubectl describe`.

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
    say(client, &About::of(update), after.phase.as_deref(), after.message.as_deref(), warns).await;
}

/// What an Event is about.
#[derive(Clone, Debug)]
pub(crate) struct About {
    version: String,
    kind: String,
    name: String,
    uid: Option<String>,
}

impl About {
    pub(crate) fn of<K: Resource<DynamicType = ()>>(object: &K) -> Self {
        Self {
            version: K::api_version(&()).into_owned(),
            kind: K::kind(&()).into_owned(),
            name: object.meta().name.clone().unwrap_or_default(),
            uid: object.meta().uid.clone(),
        }
    }
}

/// Writes an Event.
pub(crate) async fn say(
    client: &Client,
    about: &About,
    reason: Option<&str>,
    message: Option<&str>,
    warns: bool,
) {
    let event = event(about, reason, message, warns, Timestamp::now());
    let Ok(event) = serde_json::from_value::<Event>(event) else { return };
    let events: Api<Event> = Api::namespaced(client.clone(), NAMESPACE);
    let written = tokio::time::timeout(DEADLINE, events.create(&PostParams::default(), &event)).await;
    if !matches!(written, Ok(Ok(_))) {
        debug!("an Event was not written");
    }
}

fn event(about: &About, reason: Option<&str>, message: Option<&str>, warns: bool, at: Timestamp) -> Value {
    let About { version, kind, name, uid } = about;
    let second = time(at);
    json!({
        "metadata": {"name": format!("{name}.{:x}", at.as_nanosecond()), "namespace": NAMESPACE},
        "involvedObject": {"apiVersion": version, "kind": kind, "name": name, "uid": uid},
        "type": if warns { "Warning" } else { "Normal" },
        "reason": reason,
        "message": message,
        "source": {"component": "replank"},
        "reportingComponent": "replank.dev/operator",
        "firstTimestamp": second,
        "lastTimestamp": second,
        "count": 1,
    })
}
