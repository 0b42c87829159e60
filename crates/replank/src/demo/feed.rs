//! Changes of pods, read from the change log of the world.

use std::collections::BTreeMap;

use replank_rehearsal::adapter::Shared;
use replank_world::object::{Pod, Scheduled};
use replank_world::store::{PodId, Ref, Store};

/// Change of one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct News {
    /// Namespace and name.
    pub(crate) pod: String,
    /// Node that it is or was on.
    pub(crate) node: Option<String>,
    /// Kind of change.
    pub(crate) what: What,
}

/// Kind of change of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Bound to a node.
    Arrives,
    /// Became Ready.
    Ready,
    /// No longer Ready.
    Unready,
    /// Finished: `Succeeded` or `Failed`.
    Ends,
    /// Terminating.
    Leaves,
    /// Unschedulable.
    Waits,
    /// Deleted.
    Gone,
}

impl What {
    /// Words before and after the name of the pod; the second ones precede the name of the node.
    fn verb(self) -> (&'static str, &'static str) {
        match self {
            Self::Arrives => ("arrives", " on"),
            Self::Ready => ("is Ready", " on"),
            Self::Unready => ("is no longer Ready", " on"),
            Self::Ends => ("ran to its end", " on"),
            Self::Leaves => ("leaves", ""),
            Self::Waits => ("finds no node", ""),
            Self::Gone => ("is gone", " from"),
        }
    }

    /// Name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Arrives => "arrives",
            Self::Ready => "ready",
            Self::Unready => "unready",
            Self::Ends => "ends",
            Self::Leaves => "leaves",
            Self::Waits => "unschedulable",
            Self::Gone => "gone",
        }
    }
}

impl News {
    /// The change as a sentence.
    pub(crate) fn text(&self) -> String {
        let (verb, place) = self.what.verb();
        let node = self.node.as_ref().map_or(String::new(), |node| format!("{place} {node}"));
        format!("{} {verb}{node}", self.pod)
    }
}

/// Reports the changes of the pods of a world.
#[derive(Debug)]
pub(crate) struct Feed {
    world: Shared,
    version: u64,
    known: BTreeMap<PodId, Known>,
}

/// Last reported state of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    what: What,
    node: Option<String>,
}

impl Feed {
    /// Feed of the changes from now on.
    pub(crate) fn new(world: Shared) -> Self {
        let (version, known) = {
            let world = world.lock();
            let store = &world.store;
            let known = store.pods.iter().filter_map(|(id, pod)| Some((id, state(store, pod, None)?)));
            (store.changes.version, known.collect())
        };
        Self { world, version, known }
    }

    /// Changes since the last call, only the latest one of each pod.
    pub(crate) fn news(&mut self) -> Vec<News> {
        let world = self.world.lock();
        let store = &world.store;
        let mut news = Vec::new();
        let mut changed: BTreeMap<PodId, Option<String>> = BTreeMap::new();
        for change in store.changes.since(self.version).into_iter().flatten() {
            if let Ref::Pod(id) = change.at {
                let gone = change.gone.as_ref().map(|gone| format!("{}/{}", gone.namespace, gone.name));
                changed.insert(id, gone);
            }
        }
        self.version = store.changes.version;
        for (id, gone) in changed {
            match (store.pods.get(id), gone) {
                (Some(pod), _) => news.extend(changed_to(&mut self.known, store, id, pod)),
                (None, Some(pod)) => {
                    if let Some(known) = self.known.remove(&id) {
                        news.push(News { pod, node: known.node, what: What::Gone });
                    }
                }
                (None, None) => {}
            }
        }
        news
    }
}

fn changed_to(known: &mut BTreeMap<PodId, Known>, store: &Store, id: PodId, pod: &Pod) -> Option<News> {
    let before = known.get(&id);
    let mut now = state(store, pod, before.map(|known| known.what))?;
    if before.is_some_and(|before| before.what == now.what) {
        return None;
    }
    // The node may be gone before its pods.
    now.node = now.node.or_else(|| before?.node.clone());
    known.insert(id, now.clone());
    Some(News { pod: format!("{}/{}", pod.meta.namespace, pod.meta.name), node: now.node, what: now.what })
}

fn state(store: &Store, pod: &Pod, before: Option<What>) -> Option<Known> {
    let what = match (&pod.scheduled, pod.node) {
        _ if pod.terminating() => What::Leaves,
        (_, Some(_)) if pod.finished() => What::Ends,
        (_, Some(_)) if pod.ready.is => What::Ready,
        (_, Some(_)) if matches!(before, Some(What::Ready | What::Unready)) => What::Unready,
        (_, Some(_)) => What::Arrives,
        (Scheduled::Unschedulable(_), None) => What::Waits,
        (Scheduled::Waiting | Scheduled::Bound, None) => return None,
    };
    let node = pod.node.and_then(|node| store.nodes.get(node)).map(|node| node.meta.name.to_string());
    Some(Known { what, node })
}
