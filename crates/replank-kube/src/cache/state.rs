//! Content of the cache.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use replank_core::names::{NodeName, ObjectName, Uid};
use replank_core::observed::{Budget, Pod};
use replank_engine::ports::ReadError;

use super::changes::{Changes, Key};
use super::labels::{LabelSets, Labels};
use super::node::SeenNode;
use super::selector::Selector;

/// A kind that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Nodes,
    Pods,
    Budgets,
}

impl Kind {
    /// All kinds that are followed.
    pub(crate) const ALL: [Self; 3] = [Self::Nodes, Self::Pods, Self::Budgets];

    /// Name of the kind for people, in the plural.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Pods => "pods",
            Self::Budgets => "disruption budgets",
        }
    }

    /// Path at which the server lists it.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Nodes => "/api/v1/nodes",
            Self::Pods => "/api/v1/pods",
            Self::Budgets => "/apis/policy/v1/poddisruptionbudgets",
        }
    }
}

/// How well a kind is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Feed {
    /// The first list is being read.
    Filling {
        /// Number of objects read so far.
        read: usize,
    },
    /// The content is up to date.
    Live,
    /// The watch failed; the content is old.
    Broken {
        /// When it failed.
        since: Timestamp,
        /// Error message.
        why: String,
    },
}

/// A budget with its selector.
#[derive(Clone, Debug)]
pub(crate) struct SeenBudget {
    pub(crate) budget: Budget,
    pub(crate) selector: Selector,
}

/// A pod with its labels.
#[derive(Clone, Debug)]
pub(crate) struct SeenPod {
    pub(crate) pod: Pod,
    pub(crate) labels: Arc<Labels>,
}

/// Objects of all kinds, their changes, and how well each kind is followed.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) nodes: BTreeMap<NodeName, SeenNode>,
    pub(crate) pods: BTreeMap<Uid, SeenPod>,
    pub(crate) budgets: BTreeMap<ObjectName, SeenBudget>,
    pub(crate) changes: Changes,
    pub(crate) label_sets: LabelSets,
    feeds: BTreeMap<Kind, Feed>,
    /// Namespaces in which budgets were added, removed or have another selector.
    reselect: BTreeSet<Arc<str>>,
}

impl State {
    /// How well `kind` is followed.
    pub(crate) fn feed(&self, kind: Kind) -> Feed {
        self.feeds.get(&kind).cloned().unwrap_or(Feed::Filling { read: 0 })
    }

    /// Why the content cannot be trusted at `now`; `None` when it can.
    pub(crate) fn doubt(&self, now: Timestamp) -> Option<ReadError> {
        Kind::ALL.into_iter().find_map(|kind| {
            let what = kind.words();
            match self.feed(kind) {
                Feed::Live => None,
                Feed::Filling { read } => {
                    Some(ReadError(format!("the {what} are still being listed, {read} so far")))
                }
                Feed::Broken { since, why } => {
                    let seconds = now.duration_since(since).as_secs();
                    Some(ReadError(format!("the {what} cannot be watched for {seconds} s: {why}")))
                }
            }
        })
    }

    pub(crate) fn set_feed(&mut self, kind: Kind, feed: Feed) {
        let since_before = match (self.feeds.get(&kind), &feed) {
            (Some(Feed::Broken { since, .. }), Feed::Broken { .. }) => Some(*since),
            _ => None,
        };
        let feed = match (feed, since_before) {
            (Feed::Broken { why, .. }, Some(since)) => Feed::Broken { since, why },
            (feed, _) => feed,
        };
        self.feeds.insert(kind, feed);
    }

    pub(crate) fn put_node(&mut self, mut node: SeenNode) {
        let name = node.name.clone();
        if let Some(before) = self.nodes.get(&name) {
            node.follow(before, Timestamp::now());
        }
        let before = self.nodes.insert(name.clone(), node);
        if before.as_ref() != self.nodes.get(&name) {
            self.changes.note(Key::Node(name));
        }
    }

    pub(crate) fn remove_node(&mut self, name: &NodeName) {
        if self.nodes.remove(name).is_some() {
            self.changes.gone(Key::Node(name.clone()));
        }
    }

    pub(crate) fn put_pod(&mut self, mut pod: Pod, labels: Labels) {
        let labels = self.label_sets.shared(labels);
        pod.budgets = self.label_sets.budgets(&pod.name.namespace, &labels, &self.budgets);
        let uid = pod.uid;
        if self.pods.get(&uid).is_none_or(|before| before.pod != pod) {
            self.changes.note(Key::Pod(uid));
        }
        self.pods.insert(uid, SeenPod { pod, labels });
    }

    pub(crate) fn remove_pod(&mut self, uid: Uid) {
        if self.pods.remove(&uid).is_some() {
            self.changes.gone(Key::Pod(uid));
        }
    }

    pub(crate) fn put_budget(&mut self, budget: Budget, selector: Selector) {
        let name = budget.name.clone();
        let before = self.budgets.insert(name.clone(), SeenBudget { budget, selector });
        let now = self.budgets.get(&name);
        if before.as_ref().map(|it| &it.selector) != now.map(|it| &it.selector) {
            self.reselect.insert(name.namespace.clone());
            self.label_sets.forget(&name.namespace);
        }
        if before.as_ref().map(|it| &it.budget) != now.map(|it| &it.budget) {
            self.changes.note(Key::Budget(name));
        }
    }

    pub(crate) fn remove_budget(&mut self, name: &ObjectName) {
        if self.budgets.remove(name).is_some() {
            self.reselect.insert(name.namespace.clone());
            self.label_sets.forget(&name.namespace);
            self.changes.gone(Key::Budget(name.clone()));
        }
    }

    /// Assigns budgets to pods again in namespaces where budgets changed; once for many changes.
    pub(crate) fn settle(&mut self) {
        if self.reselect.is_empty() {
            return;
        }
        let namespaces = std::mem::take(&mut self.reselect);
        for (uid, seen) in &mut self.pods {
            if !namespaces.contains(&seen.pod.name.namespace) {
                continue;
            }
            let budgets = self.label_sets.budgets(&seen.pod.name.namespace, &seen.labels, &self.budgets);
            if budgets != seen.pod.budgets {
                seen.pod.budgets = budgets;
                self.changes.note(Key::Pod(*uid));
            }
        }
    }

    /// Removes objects that a complete new list of `kind` does not have.
    pub(crate) fn keep_only(&mut self, kind: Kind, listed: &BTreeSet<Key>) {
        match kind {
            Kind::Nodes => {
                let gone = self.nodes.keys().filter(|name| !listed.contains(&Key::Node((*name).clone())));
                let gone: Vec<NodeName> = gone.cloned().collect();
                gone.iter().for_each(|name| self.remove_node(name));
            }
            Kind::Pods => {
                let gone: Vec<Uid> =
                    self.pods.keys().filter(|uid| !listed.contains(&Key::Pod(**uid))).copied().collect();
                gone.into_iter().for_each(|uid| self.remove_pod(uid));
            }
            Kind::Budgets => {
                let gone = self.budgets.keys().filter(|name| !listed.contains(&Key::Budget((*name).clone())));
                let gone: Vec<ObjectName> = gone.cloned().collect();
                gone.iter().for_each(|name| self.remove_budget(name));
            }
        }
    }
}
