//! What was written lately, as watches tell it: each resource that somebody listed or watched has a lane with the
//! objects as each write left them. Lanes that nobody asked for cost nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use replank_sim::event_log::Event;
use replank_sim::follow::Follower;
use replank_sim::store::{self, Ref, Verb};
use replank_sim::wall_clock_map::WallClockMap;
use replank_sim::world::World;
use serde_json::Value;
use tokio::sync::watch;

use crate::resource::{Resource, Source};
use crate::show::{self, At, View};

/// How many changes a lane keeps. Who falls further behind is told to list anew, as by a real API server.
const LANE_MAX: usize = 4096;

/// A lane that nobody watches is kept so long after somebody asked for it: a client that lists watches next.
const LEFT_AFTER: Duration = Duration::from_mins(5);

/// One change of an object of a resource.
#[derive(Debug)]
pub(crate) struct Change {
    /// The version of the world that it led to.
    pub(crate) version: u64,
    pub(crate) verb: Verb,
    pub(crate) object: Value,
    /// The object written out, once for all who watch.
    pub(crate) text: OnceLock<Bytes>,
}

/// A resource that is followed.
#[derive(Debug)]
pub(crate) struct Lane {
    resource: Arc<Resource>,
    /// Changes after this version are all here.
    since: u64,
    changes: VecDeque<Arc<Change>>,
    /// The version of the last change that watches were told of; each of them holds an end of it.
    woken: watch::Sender<u64>,
    /// When somebody listed it or began to watch it last.
    asked_at: Instant,
}

impl Lane {
    /// Whether nobody waits for it, and nobody asked for long.
    fn is_left(&self) -> bool {
        self.woken.receiver_count() == 0 && self.asked_at.elapsed() > LEFT_AFTER
    }
}

/// All lanes.
#[derive(Debug)]
pub(crate) struct Tape {
    calendar: Arc<Mutex<WallClockMap>>,
    lanes: Mutex<BTreeMap<(Source, String, String), Lane>>,
}

fn key(resource: &Resource) -> (Source, String, String) {
    // Kinds of the world are told by their source; both groups of events are two lanes.
    (resource.source, format!("{}/{}", resource.group, resource.version), resource.kind.clone())
}

impl Tape {
    pub(crate) fn new(calendar: Arc<Mutex<WallClockMap>>) -> Self {
        Self { calendar, lanes: Mutex::default() }
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeMap<(Source, String, String), Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a resource from now on. The world is locked, so nothing is missed.
    ///
    /// As long as the answer is held, the lane is kept; it wakes up when there is something new.
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

    /// Wakes those who watch what was changed.
    pub(crate) fn wake(&self) {
        for lane in self.lanes().values() {
            if let Some(newest) = lane.changes.back().map(|change| change.version) {
                lane.woken.send_if_modified(|seen| std::mem::replace(seen, newest) != newest);
            }
        }
    }

    /// What was written to a resource after `version`, oldest first; `None` when that is too long ago.
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

/// The resources whose objects a change of `at` shows in.
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

/// Whether an object shows in a resource. A kept one shows in that of its kind, whatever else is there.
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

impl Follower for Tape {
    fn changed(&self, world: &World, change: &store::Change) {
        let mut lanes = self.lanes();
        lanes.retain(|_, lane| !lane.is_left());
        if lanes.is_empty() {
            return;
        }
        let calendar = self.calendar.lock().unwrap_or_else(PoisonError::into_inner);
        let view = View { world, calendar: &calendar };
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
        let calendar = self.calendar.lock().unwrap_or_else(PoisonError::into_inner);
        let verb = if event.count == 1 { Verb::Added } else { Verb::Modified };
        for lane in lanes {
            let view = View { world, calendar: &calendar };
            Self::note(view, lane, At::Event(event.number), event.version, verb);
        }
    }
}
