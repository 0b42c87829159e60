//! Health of zones, which limits how fast unhealthy nodes are tainted for eviction (Kubernetes:
//! `ComputeZoneState`, `handleDisruption`).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::monitor;
use crate::kubernetes::components_mut;
use replank_world::object::NodeReady;
use replank_world::queue::Work;
use replank_world::store::NodeId;
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// `--node-eviction-rate` 0.1 a second: one node every 10 s.
const EVERY: Span = Span::secs(10);
/// `--secondary-node-eviction-rate` 0.01 a second: one node every 100 s.
const EVERY_SECONDARY: Span = Span::secs(100);
/// `--large-cluster-size-threshold`: in a partially disrupted zone with no more nodes than this, no node is
/// tainted.
const LARGE: u32 = 50;
/// `--unhealthy-zone-threshold`, in percent.
const UNHEALTHY_PERCENT: u32 = 55;
/// Period of the loop that works on the queues (Kubernetes: `NodeEvictionPeriod`).
const PASS: Span = Span::millis(100);
/// A node with this label is not counted.
const EXCLUDED: &str = "node.kubernetes.io/exclude-disruption";

/// The zones of a cluster, with the nodes counted in them.
#[derive(Clone, Debug, Default)]
pub(super) struct Zones {
    all: Vec<Zone>,
    by_name: BTreeMap<Arc<str>, u32>,
    /// Each node as it was last counted and as the monitor last saw it.
    seen: BTreeMap<NodeId, Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    zone: u32,
    counts: bool,
    ready: NodeReady,
    by_monitor: NodeReady,
    /// It is in its zone's queue.
    waits: bool,
}

#[derive(Clone, Debug, Default)]
struct Zone {
    total: u32,
    not_ready: u32,
    state: State,
    waiting: VecDeque<NodeId>,
    /// The next node may be tainted at this time.
    next_at: Time,
}

/// State of a zone (Kubernetes: `ZoneState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Normal,
    /// `PartialDisruption`: at least 55 % of the nodes, and more than two, are not Ready.
    Partial,
    /// `FullDisruption`: no node is Ready.
    Full,
    /// Every zone is in full disruption: no node is tainted anywhere.
    AllFull,
}

impl Zone {
    fn judged(&self) -> State {
        let ready = self.total - self.not_ready;
        if ready == 0 && self.not_ready > 0 {
            State::Full
        } else if self.not_ready > 2 && self.not_ready * 100 >= UNHEALTHY_PERCENT * self.total {
            State::Partial
        } else {
            State::Normal
        }
    }

    /// Time between two taints; `None` when none is allowed.
    fn every(&self) -> Option<Span> {
        match self.state {
            State::Normal | State::Full => Some(EVERY),
            State::Partial => (self.total > LARGE).then_some(EVERY_SECONDARY),
            State::AllFull => None,
        }
    }
}

/// Counts a node anew; true when the monitor has to look at it.
pub(super) fn note(world: &mut World, id: NodeId) -> bool {
    let node = world.store.nodes.get(id).map(|node| {
        let excluded = world.store.labels.get(node.meta.labels).contains_key(EXCLUDED);
        (node.zone.clone(), node.ready, !excluded)
    });
    let zones = &mut components_mut(&mut world.state).lifecycle.zones;
    let before = zones.seen.remove(&id);
    if let Some(seen) = before.filter(|seen| seen.counts) {
        zones.count(seen, -1);
    }
    let Some((name, ready, counts)) = node else {
        if let Some(seen) = before.filter(|seen| seen.waits) {
            zones.all[seen.zone as usize].waiting.retain(|waiting| *waiting != id);
        }
        return before.is_some() && zones.disturbed();
    };
    let next = zones.by_name.len() as u32;
    let zone = *zones.by_name.entry(name).or_insert(next);
    if zone == next {
        zones.all.push(Zone::default());
    }
    let by_monitor = before.map_or(ready, |seen| seen.by_monitor);
    let waits = before.is_some_and(|seen| seen.waits && seen.zone == zone);
    let seen = Seen { zone, counts, ready, by_monitor, waits };
    zones.seen.insert(id, seen);
    if counts {
        zones.count(seen, 1);
    }
    match before {
        Some(before) => before.ready != ready,
        None => ready != NodeReady::True || zones.disturbed(),
    }
}

impl Zones {
    fn count(&mut self, seen: Seen, by: i32) {
        let zone = &mut self.all[seen.zone as usize];
        zone.total = zone.total.saturating_add_signed(by);
        if seen.ready != NodeReady::True {
            zone.not_ready = zone.not_ready.saturating_add_signed(by);
        }
    }

    fn disturbed(&self) -> bool {
        self.all.iter().any(|zone| zone.state != State::Normal || zone.not_ready > 0)
    }
}

/// Whether a node was Ready in the monitor's last round and is not any more. Marks it as seen.
pub(super) fn stopped_being_ready(world: &mut World, id: NodeId, ready: NodeReady) -> bool {
    let Some(seen) = components_mut(&mut world.state).lifecycle.zones.seen.get_mut(&id) else { return false };
    let before = std::mem::replace(&mut seen.by_monitor, ready);
    before == NodeReady::True && ready != NodeReady::True
}

/// Puts an unhealthy node in its zone's queue.
pub(super) fn queue(world: &mut World, id: NodeId) {
    let zones = &mut components_mut(&mut world.state).lifecycle.zones;
    let Some(seen) = zones.seen.get_mut(&id) else { return };
    let number = seen.zone;
    if !std::mem::replace(&mut seen.waits, true) {
        zones.all[number as usize].waiting.push_back(id);
    }
    arm(world, number);
}

/// Takes a node that recovered out of the queue.
pub(super) fn unqueue(world: &mut World, id: NodeId) {
    let zones = &mut components_mut(&mut world.state).lifecycle.zones;
    let Some(seen) = zones.seen.get_mut(&id) else { return };
    if std::mem::replace(&mut seen.waits, false) {
        zones.all[seen.zone as usize].waiting.retain(|waiting| *waiting != id);
    }
}

fn arm(world: &mut World, number: u32) {
    let zone = &components_mut(&mut world.state).lifecycle.zones.all[number as usize];
    if zone.every().is_some() && !zone.waiting.is_empty() {
        let from = zone.next_at.max(world.now);
        let pass = super::rounds::next(world, "node taints", PASS, from);
        world.queue.set(pass, Work::NodeTaints(number));
    }
}

/// Taints the next node in a zone's queue, if its rate allows.
pub(crate) fn taint_pass(world: &mut World, number: u32) {
    let now = world.now;
    let zones = &mut components_mut(&mut world.state).lifecycle.zones;
    let Some(zone) = zones.all.get_mut(number as usize) else { return };
    let Some(every) = zone.every().filter(|_| zone.next_at <= now) else {
        return arm(world, number);
    };
    if let Some(id) = zone.waiting.pop_front() {
        zone.next_at = now + every;
        zones.seen.entry(id).and_modify(|seen| seen.waits = false);
        monitor::taint(world, id);
    }
    arm(world, number);
}

/// Updates the state of all zones, and with it their eviction rates.
pub(super) fn judge(world: &mut World) {
    let zones = &mut components_mut(&mut world.state).lifecycle.zones;
    let occupied = || zones.all.iter().filter(|zone| zone.total > 0);
    let all_full = occupied().count() > 0 && occupied().all(|zone| zone.judged() == State::Full);
    let was_all_full = zones.all.iter().any(|zone| zone.state == State::AllFull);
    if all_full && was_all_full {
        zones.all.iter_mut().for_each(|zone| zone.state = State::AllFull);
        return;
    }
    let now = world.now;
    for zone in &mut zones.all {
        let before = zone.every();
        zone.state = if all_full { State::AllFull } else { zone.judged() };
        if let Some(every) = zone.every().filter(|_| zone.every() != before)
            && (before.is_none() || zone.next_at > now)
        {
            zone.next_at = now + every;
        }
    }
    let count = zones.all.len() as u32;
    if all_full {
        // Nobody is given up while nobody is well: the trouble may be the controller's own.
        let nodes: Vec<NodeId> = zones.seen.keys().copied().collect();
        for id in nodes {
            monitor::reachable(world, id);
            if world.store.nodes.get(id).is_some_and(|node| node.ready != NodeReady::True) {
                queue(world, id);
            }
        }
    }
    (0..count).for_each(|number| arm(world, number));
}
