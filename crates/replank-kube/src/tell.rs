//! Kubernetes Events on nodes and pods: what is done to them and why they wait, as `kubectl describe` shows it.
//!
//! One Event object stands for one thing said of one object; saying it again counts it up. Telling never holds an
//! update up: what the server does not take in time is dropped.

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

/// What is waiting to be told; more than that is dropped.
const QUEUE: usize = 256;
/// A wait is said when it has lasted so long: most pass sooner and would only be noise.
const WORTH_SAYING: SignedDuration = SignedDuration::from_secs(5);
/// A wait that goes on is said again after this.
const AGAIN: SignedDuration = SignedDuration::from_mins(2);
/// What was said longer ago is a new event.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(30);
/// A server that does not take an event in this time does not get it.
const DEADLINE: Duration = Duration::from_secs(5);

/// Tells of one update.
#[derive(Debug)]
pub struct Teller {
    queue: mpsc::Sender<Note>,
    said: BTreeMap<(About, &'static str), Timestamp>,
}

/// What an event is about.
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
    /// Tells the server behind `client`, on a thread of `runtime`.
    pub fn start(client: Client, runtime: &Handle) -> Self {
        let (queue, notes) = mpsc::channel(QUEUE);
        runtime.spawn(tell(client, notes));
        Self { queue, said: BTreeMap::new() }
    }

    /// Tells what is new in a turn.
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

/// A wait as an event's reason.
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

/// An event that stands in the server.
struct Standing {
    path: String,
    count: u32,
    at: Timestamp,
}

async fn tell(client: Client, mut notes: mpsc::Receiver<Note>) {
    let mut standing: BTreeMap<(About, &'static str), Standing> = BTreeMap::new();
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
                standing.insert(key.clone(), Standing { path, count: 1, at: note.at });
                written
            }
        };
        if !written {
            standing.remove(&key);
        }
    }
}

/// Where the event is made, its name, and the event.
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

/// Kubernetes: `Time` has no parts of a second.
fn second(at: Timestamp) -> String {
    format!("{at:.0}")
}
