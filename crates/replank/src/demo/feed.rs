//! Pods as they leave and arrive, read from the world's log of changes.

use std::collections::BTreeMap;

use replank_sim::face::Shared;
use replank_sim::object::Pod;
use replank_sim::store::{PodId, Ref, Store, Verb};

/// News of one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct News {
    /// Namespace and name.
    pub(crate) pod: String,
    /// The node it is on.
    pub(crate) node: Option<String>,
    /// What happened.
    pub(crate) what: What,
}

/// What happened to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// It was bound to its node.
    Arrives,
    /// It is Ready.
    Ready,
    /// It was asked to leave.
    Leaves,
    /// No node takes it.
    Waits,
    /// It is gone.
    Gone,
}

impl What {
    /// In a word, after the pod's name.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Arrives => "arrives on",
            Self::Ready => "is Ready on",
            Self::Leaves => "leaves",
            Self::Waits => "finds no node",
            Self::Gone => "is gone from",
        }
    }

    /// As a name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Arrives => "arrives",
            Self::Ready => "ready",
            Self::Leaves => "leaves",
            Self::Waits => "unschedulable",
            Self::Gone => "gone",
        }
    }
}

/// Follows the pods of a world.
#[derive(Debug)]
pub(crate) struct Feed {
    world: Shared,
    version: u64,
    known: BTreeMap<PodId, What>,
}

impl Feed {
    /// Follows the pods from now on.
    pub(crate) fn new(world: Shared) -> Self {
        let (version, known) = {
            let world = world.lock();
            let known = world.store.pods.iter().filter_map(|(id, pod)| Some((id, state(pod)?))).collect();
            (world.store.changes.version, known)
        };
        Self { world, version, known }
    }

    /// What happened since the last call, each pod's last state only.
    pub(crate) fn news(&mut self) -> Vec<News> {
        let world = self.world.lock();
        let store = &world.store;
        let mut news = Vec::new();
        let mut changed: BTreeMap<PodId, Option<String>> = BTreeMap::new();
        for change in store.changes.since(self.version).into_iter().flatten() {
            if let Ref::Pod(id) = change.at {
                let gone =
                    (change.verb == Verb::Deleted).then(|| format!("{}/{}", change.place.0, change.place.1));
                changed.insert(id, gone);
            }
        }
        self.version = store.changes.version;
        for (id, gone) in changed {
            match (store.pods.get(id), gone) {
                (Some(pod), _) => news.extend(changed_to(&mut self.known, store, id, pod)),
                (None, Some(pod)) => {
                    if self.known.remove(&id).is_some() {
                        news.push(News { pod, node: None, what: What::Gone });
                    }
                }
                (None, None) => {}
            }
        }
        news
    }
}

fn changed_to(known: &mut BTreeMap<PodId, What>, store: &Store, id: PodId, pod: &Pod) -> Option<News> {
    let what = state(pod)?;
    if known.insert(id, what) == Some(what) {
        return None;
    }
    let node = pod.node.and_then(|node| store.nodes.get(node)).map(|node| node.meta.name.to_string());
    Some(News { pod: format!("{}/{}", pod.meta.namespace, pod.meta.name), node, what })
}

fn state(pod: &Pod) -> Option<What> {
    use replank_sim::object::Scheduled;
    match (&pod.scheduled, pod.node) {
        _ if pod.terminating() => Some(What::Leaves),
        (_, Some(_)) if pod.ready.is => Some(What::Ready),
        (_, Some(_)) => Some(What::Arrives),
        (Scheduled::Unschedulable(_), None) => Some(What::Waits),
        (Scheduled::Waiting | Scheduled::Bound, None) => None,
    }
}
