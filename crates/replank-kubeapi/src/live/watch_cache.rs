//! A watch cache: for each resource that somebody listed or watched, the recent writes with the objects as each left
//! them. Resources that nobody asked for cost nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use replank_world::event_log::Event;
use replank_world::follow::Follower;
use replank_world::store::{self, Ref, Verb};
use replank_world::wall_clock_map::WallClockMap;
use replank_world::world::World;
use serde_json::Value;
use tokio::sync::watch;

use crate::resource::{Resource, Source};
use crate::show::{self, At, View};

/// Most changes kept per resource. A watch that is further behind gets 410 and lists again, as with a real API server.
const LANE_MAX: usize = 4096;

/// How long a resource without watches is followed after the last request, since clients list before they watch.
const LEFT_AFTER: Duration = Duration::from_mins(5);

/// A change of an object.
#[derive(Debug)]
pub(crate) struct Change {
    /// Resource version of the change.
    pub(crate) version: u64,
    pub(crate) verb: Verb,
    pub(crate) object: Value,
    /// The object as JSON text, made once for all watches.
    pub(crate) text: OnceLock<Bytes>,
}

/// The recent changes of a resource.
#[derive(Debug)]
pub(crate) struct Lane {
    resource: Arc<Resource>,
    /// Version after which all changes are kept.
    since: u64,
    changes: VecDeque<Arc<Change>>,
    /// Version of the last change that watches were woken for; each watch holds a receiver.
    woken: watch::Sender<u64>,
    /// Last time that it was listed or a watch began.
    asked_at: Instant,
}

impl Lane {
    /// Whether nobody watches it and nobody asked for it in a long time.
    fn is_left(&self) -> bool {
        self.woken.receiver_count() == 0 && self.asked_at.elapsed() > LEFT_AFTER
    }
}

/// The recent changes of all followed resources.
#[derive(Debug)]
pub(crate) struct WatchCache {
    clock_map: Arc<Mutex<WallClockMap>>,
    lanes: Mutex<BTreeMap<(Source, String, String), Lane>>,
}

fn key(resource: &Resource) -> (Source, String, String) {
    // Kinds of the world are told by their source; both groups of events are two lanes.
    (resource.source, format!("{}/{}", resource.group, resource.version), resource.kind.clone())
}

impl WatchCache {
    pub(crate) fn new(clock_map: Arc<Mutex<WallClockMap>>) -> Self {
        Self { clock_map, lanes: Mutex::default() }
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeMap<(Source, String, String), Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a resource from now on; called with the world locked, so that nothing is missed.
    ///
    /// The resource is followed while the receiver is held; it changes when there are new changes.
    pub(crate) fn follow(&self, world: &World, resource: &Arc<Resource>) -> watch::Receiver<u64> {
        let (since, now) = (world.store.changes.version, Instant::now());
        let lane = || Lane {
            resource: resource.clone(),
            since,
            changes: VecDeque::new(),
            woken: watch::Sender::new(since),
            asked_at: now,
        };
        let mut lanes = self.lanes();
        let lane = lanes.entry(key(resource)).or_insert_with(lane);
        lane.asked_at = now;
        lane.woken.subscribe()
    }

    /// Wakes the watches of resources with new changes.
    pub(crate) fn wake(&self) {
        for lane in self.lanes().values() {
            if let Some(newest) = lane.changes.back().map(|change| change.version) {
                lane.woken.send_if_modified(|seen| std::mem::replace(seen, newest) != newest);
            }
        }
    }

    /// Changes of a resource after `version`, oldest first; `None` when some of them are gone.
    pub(crate) fn since(&self, resource: &Resource, version: u64) -> Option<Vec<Arc<Change>>> {
        let lanes = self.lanes();
        let lane = lanes.get(&key(resource))?;
        if version < lane.since {
            return None;
        }
        let start = lane.changes.partition_point(|change| change.version <= version);
        Some(lane.changes.range(start..).cloned().collect())
    }

    fn note(view: View<'_>, lane: &mut Lane, at: At, version: u64, verb: Verb) {
        let Some(mut object) = show::object(view, &lane.resource, at) else { return };
        object["metadata"]["resourceVersion"] = Value::String(version.to_string());
        if lane.changes.len() == LANE_MAX
            && let Some(oldest) = lane.changes.pop_front()
        {
            lane.since = oldest.version;
        }
        lane.changes.push_back(Arc::new(Change { version, verb, object, text: OnceLock::new() }));
    }
}

/// Resources in which a change of this object is visible.
fn sources(at: Ref) -> &'static [Source] {
    match at {
        Ref::Pod(_) => &[Source::Pods],
        // Leases are renewed without a word; their watchers see them come and go.
        Ref::Node(_) => &[Source::Nodes, Source::CsiNodes],
        Ref::Budget(_) => &[Source::Budgets],
        // Which of the two it is, the object says.
        Ref::ReplicaSet(_) => &[Source::ReplicaSets, Source::ReplicationControllers],
        Ref::Deployment(_) => &[Source::Deployments],
        Ref::StatefulSet(_) => &[Source::StatefulSets],
        Ref::DaemonSet(_) => &[Source::DaemonSets],
        Ref::Job(_) => &[Source::Jobs],
        Ref::CronJob(_) => &[Source::CronJobs],
        Ref::Service(_) => &[Source::Services, Source::Endpoints, Source::Slices],
        Ref::Claim(_) => &[Source::Claims, Source::Volumes],
        Ref::StorageClass(_) => &[Source::StorageClasses],
        Ref::Other(_) => &[],
    }
}

/// Whether an object belongs to a resource.
pub(crate) fn shows_in(world: &World, at: Ref, resource: &Resource) -> bool {
    let Ref::Other(id) = at else {
        let is_set = matches!(at, Ref::ReplicaSet(_));
        return sources(at).contains(&resource.source)
            && (!is_set || world.store.kind_of(at) == resource.kind);
    };
    world.store.others.get(id).is_some_and(|other| {
        *other.kind == *resource.kind
            && (other.group() == resource.group || resource.source == Source::Events)
    })
}

impl Follower for WatchCache {
    fn changed(&self, world: &World, change: &store::Change) {
        let mut lanes = self.lanes();
        lanes.retain(|_, lane| !lane.is_left());
        if lanes.is_empty() {
            return;
        }
        let clock_map = self.clock_map.lock().unwrap_or_else(PoisonError::into_inner);
        let view = View { world, clock_map: &clock_map };
        for lane in lanes.values_mut() {
            if shows_in(world, change.at, &lane.resource) {
                Self::note(view, lane, At::Of(change.at), change.version, change.verb);
            }
        }
    }

    fn said(&self, world: &World, event: &Event) {
        let mut lanes = self.lanes();
        let mut lanes = lanes.values_mut().filter(|lane| lane.resource.source == Source::Events).peekable();
        if lanes.peek().is_none() {
            return;
        }
        let clock_map = self.clock_map.lock().unwrap_or_else(PoisonError::into_inner);
        let verb = if event.count == 1 { Verb::Added } else { Verb::Modified };
        for lane in lanes {
            let view = View { world, clock_map: &clock_map };
            Self::note(view, lane, At::Event(event.number), event.version, verb);
        }
    }
}
