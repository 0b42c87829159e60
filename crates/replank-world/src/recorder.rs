//! Records how chosen objects look after each write, for the timelines of stories and previews.
//!
//! The watch cache says that something was written; this says what it looked like. It judges nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_core::sizes::Sizes;

use crate::cloud::Cloud;
use crate::event_log::Event;
use crate::object::{Budget, BudgetCondition, Node, NodeReady, Phase, Pod, Scheduled};
use crate::store::{Ref, Store, Verb};
use crate::time::Time;
use crate::world::World;

/// How many observations are kept; later ones are dropped.
const SEEN_MAX: usize = 4_096;

/// The objects and events to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// Status of the budgets whose `namespace/name` starts with this.
    Budgets(String),
    /// Condition Ready, cordon and taints of the nodes whose name starts with this.
    Nodes(String),
    /// Phase, readiness and node of the pods whose `namespace/name` starts with this.
    Pods(String),
    /// Events of this reason about objects whose `namespace/name` (name alone if cluster-scoped) starts with the
    /// second text.
    Events(String, String),
    /// Minimum, desired and maximum size of the node groups whose name starts with this.
    Sizes(String),
}

impl Watched {
    /// Parses a kind and its prefix: `budgets shop/web`, `nodes`, `pods kube-system/`, `events Preempted shop/`,
    /// `sizes default`. `None` when the kind is unknown or `events` has no reason.
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (kind, first) = (words.next()?, words.next().unwrap_or("").to_owned());
        let second = words.next().unwrap_or("").to_owned();
        match kind {
            "budgets" => Some(Self::Budgets(first)),
            "nodes" => Some(Self::Nodes(first)),
            "pods" => Some(Self::Pods(first)),
            "sizes" => Some(Self::Sizes(first)),
            "events" if !first.is_empty() => Some(Self::Events(first, second)),
            _ => None,
        }
    }
}

/// One write or event that was seen, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Virtual time of the write.
    pub at: Time,
    /// The object: `namespace/name`, or `sizes` and the node group.
    pub subject: String,
    /// The object's state after the write, or the event with its message.
    pub words: String,
}

/// The observations of a world.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    watches: Vec<Watched>,
    /// Observations in the order of the writes, at most `SEEN_MAX`.
    pub seen: Vec<Seen>,
    last: BTreeMap<Ref, String>,
    sizes: BTreeMap<Arc<str>, Sizes>,
}

impl Recorder {
    fn new(watches: Vec<Watched>) -> Self {
        Self { watches, ..Self::default() }
    }

    /// Records a watched object after a write, if it looks different from the last record of it.
    pub fn written(&mut self, store: &Store, at: Ref, verb: Verb, now: Time) {
        let Some(meta) = store.meta(at) else { return };
        let place = match &*meta.namespace {
            "" => meta.name.to_string(),
            namespace => format!("{namespace}/{}", meta.name),
        };
        let is_watched = self.watches.iter().any(|watch| match (watch, at) {
            (Watched::Budgets(start), Ref::Budget(_))
            | (Watched::Nodes(start), Ref::Node(_))
            | (Watched::Pods(start), Ref::Pod(_)) => place.starts_with(start.as_str()),
            _ => false,
        });
        if !is_watched {
            return;
        }
        let words = match at {
            _ if verb == Verb::Deleted => Some("gone".to_owned()),
            Ref::Budget(id) => store.budgets.get(id).map(budget),
            Ref::Node(id) => store.nodes.get(id).map(node),
            Ref::Pod(id) => store.pods.get(id).map(|it| pod(store, it)),
            _ => None,
        };
        let Some(words) = words.filter(|words| self.last.get(&at) != Some(words)) else { return };
        let kind = if matches!(at, Ref::Budget(_)) { "budget " } else { "" };
        self.note(now, format!("{kind}{place}"), words.clone());
        self.last.insert(at, words);
    }

    /// Records a watched Event.
    pub fn said(&mut self, event: &Event) {
        let place = match &*event.place.0 {
            "" => event.place.1.to_string(),
            namespace => format!("{namespace}/{}", event.place.1),
        };
        let is_watched = self.watches.iter().any(|watch| {
            matches!(watch, Watched::Events(reason, start)
                if *reason == event.reason && place.starts_with(start.as_str()))
        });
        if is_watched {
            self.note(event.last, place, format!("event {}: {}", event.reason, event.message));
        }
    }

    /// Records the sizes of watched node groups that changed in a call to the cloud.
    pub fn asked(&mut self, cloud: &Cloud, now: Time) {
        for (_, group) in cloud.groups() {
            let (name, sizes) = (&group.spec.nodegroup, group.spec.sizes);
            let is_watched = self
                .watches
                .iter()
                .any(|watch| matches!(watch, Watched::Sizes(start) if name.starts_with(start.as_str())));
            if is_watched && self.sizes.insert(name.clone(), sizes) != Some(sizes) {
                let Sizes { min, desired, max } = sizes;
                self.note(now, format!("sizes {name}"), format!("min {min}, desired {desired}, max {max}"));
            }
        }
    }

    fn note(&mut self, at: Time, subject: String, words: String) {
        if self.seen.len() < SEEN_MAX {
            self.seen.push(Seen { at, subject, words });
        }
    }
}

impl World {
    /// Starts recording; the present state of each watched object is the first observation.
    pub fn watch(&mut self, watches: Vec<Watched>) {
        let mut witness = Recorder::new(watches);
        let store = &self.store;
        let budgets = store.budgets.iter().map(|(id, _)| Ref::Budget(id));
        let nodes = store.nodes.iter().map(|(id, _)| Ref::Node(id));
        let pods = store.pods.iter().map(|(id, _)| Ref::Pod(id));
        budgets.chain(nodes).chain(pods).for_each(|at| witness.written(store, at, Verb::Added, self.now));
        witness.asked(&self.cloud, self.now);
        self.witness = Some(witness);
    }
}

fn budget(budget: &Budget) -> String {
    let status = &budget.status;
    let evicted: Vec<&str> = status.disrupted.keys().map(|name| &**name).collect();
    let entries = match evicted.as_slice() {
        [] => String::new(),
        names => format!(", evicted and not seen terminating: {}", names.join(", ")),
    };
    let why = match &status.condition {
        Some(BudgetCondition::SyncFailed(why)) => format!(", {why}"),
        _ => String::new(),
    };
    let synced = if status.observed == 0 { "never synchronised: " } else { "" };
    format!(
        "{synced}{} allowed, {} healthy of {}, {} needed{entries}{why}",
        status.allowed, status.healthy, status.expected, status.desired
    )
}

fn node(node: &Node) -> String {
    let ready = match node.ready {
        NodeReady::True => "Ready",
        NodeReady::False => "not Ready",
        NodeReady::Unknown => "unknown",
    };
    let cordon = if node.unschedulable { ", cordoned" } else { "" };
    let taints: Vec<String> =
        node.taints.iter().map(|taint| format!("{}:{}", taint.key, taint.effect.as_str())).collect();
    let taints = if taints.is_empty() { String::new() } else { format!(", tainted {}", taints.join(", ")) };
    format!("{ready}{cordon}{taints}")
}

fn pod(store: &Store, pod: &Pod) -> String {
    let place = pod.node.and_then(|id| store.nodes.get(id)).map(|node| format!(" on {}", node.meta.name));
    let place = match (place, pod.node) {
        (Some(place), _) => place,
        (None, Some(_)) => " on a node that is gone".to_owned(),
        (None, None) => String::new(),
    };
    let how = match (pod.phase, &pod.scheduled) {
        (Phase::Pending, Scheduled::Unschedulable(message)) => return format!("no node fits: {message}"),
        (Phase::Pending, Scheduled::Waiting | Scheduled::Bound) => "Pending",
        (Phase::Running, _) if pod.ready.is => "Ready",
        (Phase::Running, _) => "Running, not Ready",
        (Phase::Succeeded, _) => "Succeeded",
        (Phase::Failed, _) => "Failed",
    };
    let leaving = if pod.terminating() { ", terminating" } else { "" };
    let holds: Vec<&Arc<str>> = pod.meta.finalizers.iter().filter(|_| pod.terminating()).collect();
    let held = holds.first().map_or(String::new(), |holds| format!(", held by {holds}"));
    format!("{how}{place}{leaving}{held}")
}

#[cfg(test)]
mod tests {
    use super::Watched;

    #[test]
    fn what_is_watched_is_read_from_a_line() {
        let text = |text: &str| text.to_owned();
        for (given, wanted) in [
            ("budgets shop/web", Some(Watched::Budgets(text("shop/web")))),
            ("nodes", Some(Watched::Nodes(text("")))),
            (" pods  kube-system/ ", Some(Watched::Pods(text("kube-system/")))),
            ("events Preempted shop/", Some(Watched::Events(text("Preempted"), text("shop/")))),
            ("sizes", Some(Watched::Sizes(text("")))),
            ("events", None),
            ("volumes", None),
            ("", None),
        ] {
            assert_eq!(Watched::read(given), wanted, "{given}");
        }
    }
}
