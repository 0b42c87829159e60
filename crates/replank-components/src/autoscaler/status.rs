//! The ConfigMap `cluster-autoscaler-status` in its namespace, and Events on it (Cluster Autoscaler 1.34.5:
//! `clusterstate/utils/status.go`, `clusterstate/api/types.go`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use jiff::Timestamp;
use replank_core::sizes::Sizes;
use serde_json::json;

use super::view::Known;
use super::{NodeReadiness, SOURCE, standing, view};
use crate::kubernetes::{components, components_mut};
use replank_world::api::{Act, Propagation};
use replank_world::cloud::GroupNo;
use replank_world::cloud::State;
use replank_world::event_log::Severity;
use replank_world::store::{NodeId, Ref};
use replank_world::time::Time;
use replank_world::world::World;

/// Name of the ConfigMap (flag `--status-config-map-name`).
const NAME: &str = "cluster-autoscaler-status";
/// Annotation with the time of the last write.
const UPDATED: &str = "cluster-autoscaler.kubernetes.io/last-updated";

/// The value of each condition and when it last changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    since: BTreeMap<(String, &'static str), (&'static str, Time)>,
}

impl Conditions {
    /// When a condition took its present value; notes a new one.
    fn since(&mut self, of: &str, kind: &'static str, word: &'static str, now: Time) -> Time {
        let known = self.since.entry((of.to_owned(), kind)).or_insert((word, now));
        if known.0 != word {
            *known = (word, now);
        }
        known.1
    }
}

/// Numbers of nodes by state, for the status.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    total: usize,
    ready: usize,
    coming: usize,
    going: usize,
    broken: usize,
    unregistered: usize,
    long_unregistered: usize,
}

/// Writes the status of a process that knows nothing yet.
pub(super) fn initialise(world: &mut World) {
    put(world, "autoscalerStatus: Initializing\n");
}

/// Writes the status of this loop.
pub(super) fn write(world: &mut World) {
    let groups = view::all(world);
    let all = counts(world, None);
    let candidates: BTreeMap<NodeId, Option<GroupNo>> = components(&world.state)
        .autoscaler
        .memory
        .unneeded
        .keys()
        .map(|id| (*id, view::group_of(world, *id)))
        .collect();
    let healthy = super::is_healthy(world);
    let scaling = groups.iter().any(|(_, known)| known.is_asked);
    let mut conditions = std::mem::take(&mut components_mut(&mut world.state).autoscaler.memory.conditions);
    let mut text = String::from("autoscalerStatus: Running\nclusterWide:\n");
    let mut page = Page { text: &mut text, conditions: &mut conditions, now: world.now };
    page.health("", all, healthy, None);
    page.scale_up("", scaling);
    page.scale_down("", candidates.len());
    page.text.push_str("nodeGroups:\n");
    for (number, known) in &groups {
        let of_group = candidates.values().filter(|group| **group == Some(*number)).count();
        let _infallible = writeln!(page.text, "- name: {}", known.name);
        let counts = counts(world, Some((*number, known)));
        let missing = (known.sizes.desired as usize).saturating_sub(counts.long_unregistered + counts.ready);
        page.health(&known.name, counts, super::is_few(missing, counts.total), Some(known));
        page.scale_up(&known.name, known.is_asked);
        page.scale_down(&known.name, of_group);
    }
    components_mut(&mut world.state).autoscaler.memory.conditions = conditions;
    put(world, &text);
}

/// Deletes the status ConfigMap, as a process does on SIGTERM.
pub(super) fn delete(world: &mut World) {
    let Some(leader) = &components(&world.state).autoscaler.leader else { return };
    let _gone_already = world.request(Act::Delete {
        group: Some("".into()),
        kind: "ConfigMap".into(),
        namespace: leader.namespace.clone(),
        name: NAME.into(),
        propagation: Propagation::Background,
    });
}

/// Records an Event on the status ConfigMap, where events about the whole cluster go.
pub(super) fn say(world: &mut World, severity: Severity, reason: &'static str, message: &str) {
    let Some(leader) = &components_mut(&mut world.state).autoscaler.leader else { return };
    if let Some(id) = world.store.others.find_in("", "ConfigMap", &leader.namespace, NAME) {
        world.record(Ref::Other(id), severity, SOURCE, reason, message);
    }
}

fn put(world: &mut World, status: &str) {
    let Some(leader) = &components_mut(&mut world.state).autoscaler.leader else { return };
    let time = Timestamp::from(world.now).strftime("%Y-%m-%d %H:%M:%S%.f +0000 UTC").to_string();
    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": &*leader.namespace, "annotations": {UPDATED: time}},
        "data": {"status": format!("time: {time}\n{status}")},
    });
    let is_there = world.store.others.find_in("", "ConfigMap", &leader.namespace, NAME).is_some();
    let act = if is_there { Act::Replace { object, spec: true } } else { Act::Create { object } };
    // It is refused only while its namespace ends.
    let _refused = world.request(act);
}

fn counts(world: &World, of: Option<(GroupNo, &Known)>) -> Counts {
    let mut counts = Counts::default();
    for (id, node) in world.store.nodes.iter() {
        if of.is_some_and(|(group, _)| view::group_of(world, id) != Some(group)) {
            continue;
        }
        counts.total += 1;
        let number = world.cloud.find(&node.instance);
        let goes = number.is_some_and(|number| world.cloud.instance(number).state == State::Terminated);
        match standing(world, node) {
            _ if goes => counts.going += 1,
            NodeReadiness::Ready => counts.ready += 1,
            NodeReadiness::Coming => counts.coming += 1,
            NodeReadiness::Broken => counts.broken += 1,
        }
    }
    let settings = &components(&world.state).autoscaler.settings;
    let members: Option<BTreeSet<&str>> =
        of.map(|(_, known)| known.members.iter().map(|number| &*world.cloud.instance(*number).id).collect());
    for (id, since) in &components(&world.state).autoscaler.memory.unregistered {
        let own = |members: &BTreeSet<&str>| members.contains(&**id) || is_placeholder(id, of);
        if members.as_ref().is_some_and(|members| !own(members)) {
            continue;
        }
        if *since + settings.provision < world.now {
            counts.long_unregistered += 1;
        } else {
            counts.unregistered += 1;
        }
    }
    counts
}

fn is_placeholder(id: &Arc<str>, of: Option<(GroupNo, &Known)>) -> bool {
    of.is_some_and(|(_, known)| id.starts_with(&format!("i-placeholder-{}-", known.name)))
}

/// The text of the status under construction.
struct Page<'a> {
    text: &'a mut String,
    conditions: &'a mut Conditions,
    now: Time,
}

impl Page<'_> {
    fn health(&mut self, of: &str, counts: Counts, is_healthy: bool, group: Option<&Known>) {
        let Counts { total, ready, coming, going, broken, unregistered, long_unregistered } = counts;
        let word = if is_healthy { "Healthy" } else { "Unhealthy" };
        let being_deleted =
            if going > 0 { format!("        beingDeleted: {going}\n") } else { String::new() };
        let sizes = group.map_or(String::new(), |known| {
            let Sizes { min, desired, max } = known.sizes;
            format!("    cloudProviderTarget: {desired}\n    minSize: {min}\n    maxSize: {max}\n")
        });
        let times = self.times(of, "health", word);
        let _infallible = write!(
            self.text,
            "  health:\n    status: {word}\n    nodeCounts:\n      registered:\n        total: {total}\n        \
             ready: {ready}\n        notStarted: {coming}\n{being_deleted}        unready:\n          total: \
             {broken}\n          resourceUnready: 0\n      longUnregistered: {long_unregistered}\n      \
             unregistered: {unregistered}\n{sizes}{times}"
        );
    }

    fn scale_up(&mut self, of: &str, is_asked: bool) {
        let word = if is_asked { "InProgress" } else { "NoActivity" };
        let times = self.times(of, "scaleUp", word);
        let _infallible = write!(self.text, "  scaleUp:\n    status: {word}\n{times}");
    }

    fn scale_down(&mut self, of: &str, candidates: usize) {
        let word = if candidates > 0 { "CandidatesPresent" } else { "NoCandidates" };
        let count = if candidates > 0 { format!("    candidates: {candidates}\n") } else { String::new() };
        let times = self.times(of, "scaleDown", word);
        let _infallible = write!(self.text, "  scaleDown:\n    status: {word}\n{count}{times}");
    }

    fn times(&mut self, of: &str, kind: &'static str, word: &'static str) -> String {
        let since = self.conditions.since(of, kind, word, self.now);
        let (now, since) = (Timestamp::from(self.now), Timestamp::from(since));
        format!("    lastProbeTime: \"{now}\"\n    lastTransitionTime: \"{since}\"\n")
    }
}
