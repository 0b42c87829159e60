//! Kubernetes Events on nodes and pods: what an update does to them and why it waits, for `kubectl describe`.
//!
//! One Event object per reason and object; repetitions increase its count. Writing Events never delays an update: what
//! the server does not take in time is dropped.
//!
//! Not `kube_runtime::events::Recorder` (5.0.0, tried on 2026-11-30): a repetition carries the note of the first time, so
//! that a wait would show the numbers it began with ("4 of 3 healthy" three times, whatever was said); an Event that the
//! server no longer has is patched in vain for six more minutes; there is no deadline; and it writes to `events.k8s.io`,
//! which our roles do not name.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::Client;
use replank_core::names::{InstanceId, NodeName, ObjectName, Uid};
use replank_core::node_group::event::Fact;
use replank_core::node_group::wait::{On, Wait};
use replank_core::observed::Observation;
use replank_engine::messages;
use replank_engine::turn::Turned;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::request;

/// Most Events that wait to be written; more are dropped.
const QUEUE: usize = 256;
/// How long a wait must last before an Event is written about it.
const WORTH_SAYING: SignedDuration = SignedDuration::from_secs(5);
/// Interval at which a continuing wait is repeated.
const AGAIN: SignedDuration = SignedDuration::from_mins(2);
/// How long an Event is counted up; later it is written anew.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(30);
/// Time limit for writing an Event.
const DEADLINE: Duration = Duration::from_secs(5);

/// Writes the Events of one update.
#[derive(Debug)]
pub struct Teller {
    queue: mpsc::Sender<Note>,
    said: BTreeMap<(About, &'static str), Timestamp>,
}

/// The object that an Event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Node(NodeName, Uid),
    Pod(ObjectName, Uid),
}

#[derive(Clone, Debug)]
struct Note {
    about: About,
    reason: &'static str,
    warns: bool,
    message: String,
    at: Timestamp,
}

impl Teller {
    /// Writes to the server behind `client`, on `runtime`.
    pub fn start(client: Client, runtime: &Handle) -> Self {
        let (queue, notes) = mpsc::channel(QUEUE);
        runtime.spawn(tell(client, notes));
        Self { queue, said: BTreeMap::new() }
    }

    /// Writes Events about what is new in a turn.
    pub fn follow(&mut self, turned: &Turned<'_>) {
        for event in turned.facts {
            let (instance, reason, warns) = match &event.fact {
                Fact::Picked { instance, .. } => (instance, "Replacing", false),
                Fact::Drained { instance } => (instance, "Drained", false),
                Fact::TerminateAsked { instance, .. } => (instance, "TerminatingInstance", false),
                Fact::GivenBack { instance } => (instance, "GivenBack", false),
                Fact::Undrained { instance } => (instance, "KeptSurplus", true),
                Fact::ForceBegan { instance } => (instance, "ForceDeletingPods", true),
                _ => continue,
            };
            if let Some(about) = node_of(turned.seen, instance) {
                let message =
                    format!("update {}: {}", turned.rollout.spec().update, messages::fact(&event.fact));
                self.say(Note { about, reason, warns, message, at: event.at });
            }
        }
        for wait in &turned.decision.waits {
            self.wait(wait, turned);
        }
        self.said.retain(|_, at| turned.at.duration_since(*at) < REMEMBERED);
    }

    fn wait(&mut self, wait: &Wait, turned: &Turned<'_>) {
        let at = turned.at;
        if wait.since.is_none_or(|since| at.duration_since(since) < WORTH_SAYING) {
            return;
        }
        let Some(node) = &wait.node else { return };
        let (pod, reason) = (wait.on.pod(), reason_of(&wait.on));
        let about = match pod {
            Some(name) => turned
                .seen
                .pods
                .on_node(node)
                .find(|it| it.name == *name)
                .map(|it| About::Pod(name.clone(), it.uid)),
            None => node_named(turned.seen, node),
        };
        let Some(about) = about else { return };
        let said = self.said.get(&(about.clone(), reason));
        if said.is_none_or(|said| at.duration_since(*said) >= AGAIN) {
            self.said.insert((about.clone(), reason), at);
            self.say(Note { about, reason, warns: true, message: messages::describe(wait, at), at });
        }
    }

    fn say(&self, note: Note) {
        // A full queue means that the server does not keep up: the journal and every screen have it all the same.
        let _full = self.queue.try_send(note);
    }
}

/// The `reason` of an Event about a wait.
fn reason_of(on: &On) -> &'static str {
    match on {
        On::Budget(_) => "EvictionBlockedByBudget",
        On::BudgetNever(_) => "BudgetNeverAllowsEviction",
        On::BudgetFailed { .. } => "BudgetCannotBeWorkedOut",
        On::BudgetUnsynced { .. } => "BudgetNotInSync",
        On::ManyBudgets { .. } => "SeveralBudgets",
        On::Webhook { .. } => "EvictionRefusedByWebhook",
        On::Throttled { .. } => "EvictionThrottled",
        On::EvictionRefused { .. } => "EvictionRefused",
        On::EvictionSent { .. } => "EvictionNotSeen",
        On::Terminating { .. } => "WaitingForGrace",
        On::StuckTerminating { .. } => "StuckTerminating",
        On::JobRuns { .. } => "WaitingForJob",
        On::LossRefused { .. } => "LossRefused",
        On::ComesBack { .. } => "ComesBack",
        On::Occupied { .. } => "NodeOccupied",
        On::Hold { .. } => "OnHold",
        On::TerminateRefused { .. } => "TerminateRefused",
        _ => "Waiting",
    }
}

fn node_of(seen: &Observation, instance: &InstanceId) -> Option<About> {
    let node = seen.members.node_of(instance)?;
    Some(About::Node(node.name.clone(), node.uid))
}

fn node_named(seen: &Observation, name: &NodeName) -> Option<About> {
    seen.members.node(name).map(|node| About::Node(name.clone(), node.uid))
}

/// An Event object that exists.
struct OpenEvent {
    path: String,
    count: u32,
    at: Timestamp,
}

async fn tell(client: Client, mut notes: mpsc::Receiver<Note>) {
    let mut standing: BTreeMap<(About, &'static str), OpenEvent> = BTreeMap::new();
    while let Some(note) = notes.recv().await {
        standing.retain(|_, it| note.at.duration_since(it.at) < REMEMBERED);
        let key = (note.about.clone(), note.reason);
        let written = match standing.get_mut(&key) {
            Some(event) => {
                (event.count, event.at) = (event.count + 1, note.at);
                let body = json!({
                    "count": event.count, "lastTimestamp": second(note.at), "message": note.message,
                });
                let asked = request::send::<Value>(&client, request::patch(&event.path, &body));
                matches!(tokio::time::timeout(DEADLINE, asked).await, Ok(Ok(_)))
            }
            None => {
                let (all, name, body) = event(&note);
                let asked = request::send::<Value>(&client, request::post(&all, &body));
                let written = matches!(tokio::time::timeout(DEADLINE, asked).await, Ok(Ok(_)));
                let path = format!("{all}/{name}");
                standing.insert(key.clone(), OpenEvent { path, count: 1, at: note.at });
                written
            }
        };
        if !written {
            standing.remove(&key);
        }
    }
}

/// Path to create the Event at, its name, and the Event.
fn event(note: &Note) -> (String, String, Value) {
    let (kind, namespace, name, uid) = match &note.about {
        // Kubernetes: what happens to objects without a namespace is told in `default`.
        About::Node(name, uid) => ("Node", "default", name.as_str(), uid),
        About::Pod(name, uid) => ("Pod", &*name.namespace, &*name.name, uid),
    };
    let own = format!("{name}.{:x}", note.at.as_nanosecond());
    let mut object = json!({"apiVersion": "v1", "kind": kind, "name": name, "uid": uid.to_string()});
    if kind == "Pod" {
        object["namespace"] = namespace.into();
    }
    let at = second(note.at);
    let body = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": own, "namespace": namespace},
        "involvedObject": object,
        "type": if note.warns { "Warning" } else { "Normal" },
        "reason": note.reason,
        "message": note.message.chars().take(1024).collect::<String>(),
        "source": {"component": "replank"},
        "reportingComponent": "replank.dev/engine",
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    });
    (format!("/api/v1/namespaces/{namespace}/events"), own, body)
}

/// A time as `Time` (Kubernetes): whole seconds.
fn second(at: Timestamp) -> String {
    format!("{at:.0}")
}
