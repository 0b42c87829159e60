//! Notices to others than the cluster: what became of an update that is declared, as a `CloudEvent` (CNCF, 1.0, structured
//! mode). Whoever carries them takes them from a queue with a bound, so that nothing here ever waits.

use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tracing::warn;

use crate::api::{NodeGroupUpdate, NodeGroupUpdateStatus};
use crate::status::time;

/// Most notices that wait to be carried; one more is dropped, with a line in the log.
const WAITING_MAX: usize = 256;
/// Media type of an event in structured mode.
pub const MEDIA_TYPE: &str = "application/cloudevents+json; charset=utf-8";

/// One notice: an event as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The event's id: the same for the same change of the same object.
    pub id: String,
    /// What happened, in the form that receivers get.
    pub event: Value,
}

/// Where notices go.
#[derive(Clone, Debug)]
pub struct Notices(Sender<Notice>);

impl Notices {
    /// A queue, and its other end.
    pub fn queue() -> (Self, Receiver<Notice>) {
        let (sender, receiver) = channel(WAITING_MAX);
        (Self(sender), receiver)
    }

    /// Tells that an update is in another phase than before.
    pub(crate) fn follow(
        &self,
        update: &NodeGroupUpdate,
        before: &NodeGroupUpdateStatus,
        after: &NodeGroupUpdateStatus,
        now: Timestamp,
    ) {
        if before.phase == after.phase {
            return;
        }
        let notice = notice(update, after, now);
        if self.0.try_send(notice).is_err() {
            warn!(update = %update.name_any(), "a notice was dropped: {WAITING_MAX} wait to be carried already");
        }
    }
}

fn notice(update: &NodeGroupUpdate, status: &NodeGroupUpdateStatus, now: Timestamp) -> Notice {
    let (name, uid) = (update.name_any(), update.uid().unwrap_or_default());
    let phase = status.phase.clone().unwrap_or_default();
    let id = format!("{uid}-{}-{}", phase.to_ascii_lowercase(), now.as_millisecond());
    let event = json!({
        "specversion": "1.0",
        "id": id,
        "source": "/replank/nodegroupupdates",
        "type": format!("dev.replank.nodegroupupdate.{}", phase.to_ascii_lowercase()),
        "subject": name,
        "time": time(now),
        "datacontenttype": "application/json",
        "data": {
            "name": name,
            "uid": uid,
            "nodeGroup": update.spec.node_group,
            "phase": phase,
            "message": status.message,
            "outcome": status.outcome,
            "nodes": status.nodes,
            "waits": status.waits,
        },
    });
    Notice { id, event }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::NodeGroupUpdateSpec;

    #[test]
    fn a_phase_is_told_once_and_a_full_queue_holds_nobody_up() {
        let (notices, mut queue) = Notices::queue();
        let spec = NodeGroupUpdateSpec { node_group: "workers".into(), ..NodeGroupUpdateSpec::default() };
        let update = NodeGroupUpdate::new("roll", spec);
        let phase = |word: &str| NodeGroupUpdateStatus {
            phase: Some(word.into()),
            ..NodeGroupUpdateStatus::default()
        };
        let now = Timestamp::from_second(1).unwrap();
        notices.follow(&update, &phase("Running"), &phase("Running"), now);
        assert!(queue.try_recv().is_err(), "it is the same phase");
        for _ in 0..=WAITING_MAX {
            notices.follow(&update, &phase("Running"), &phase("Succeeded"), now);
        }
        let notice = queue.try_recv().unwrap();
        assert_eq!(notice.event["type"], "dev.replank.nodegroupupdate.succeeded");
        assert_eq!(
            (&notice.event["subject"], &notice.event["data"]["nodeGroup"]),
            (&json!("roll"), &json!("workers"))
        );
        assert_eq!(std::iter::from_fn(|| queue.try_recv().ok()).count(), WAITING_MAX - 1);
    }
}
