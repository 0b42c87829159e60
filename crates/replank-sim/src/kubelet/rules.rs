//! What behaves otherwise than it should: rules of a world about its pods and its nodes.
//!
//! A rule says whom it means and what they do. It never acts itself; the kubelets ask it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::rng::Delay;
use crate::store::{NodeId, PodId, Ref};
use crate::time::Time;
use crate::vocab::selector::Selector;
use crate::world::World;

/// A rule about pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodRule {
    /// Only in this namespace.
    pub namespace: Option<Arc<str>>,
    /// Only pods of the workload of this name: their owner, or its owner.
    pub workload: Option<Arc<str>>,
    /// Only pods with these labels.
    pub labels: Selector,
    /// Only on these nodes.
    pub nodes: OnNodes,
    /// Only the first so many pods it meets.
    pub first: Option<u32>,
    /// Only from then on.
    pub from: Option<Time>,
    /// Only before then.
    pub until: Option<Time>,
    /// What they do.
    pub quirk: PodQuirk,
}

impl PodRule {
    /// A rule about all pods of a workload, from now on and for good; without one, about all of the namespace, and
    /// without that about all.
    pub fn new(namespace: Option<Arc<str>>, workload: Option<Arc<str>>, quirk: PodQuirk) -> Self {
        Self {
            namespace,
            workload,
            labels: Selector::default(),
            nodes: OnNodes::Any,
            first: None,
            from: None,
            until: None,
            quirk,
        }
    }
}

/// Which nodes a rule about pods means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnNodes {
    /// Every node.
    Any,
    /// Nodes that joined after the world began.
    New,
    /// Nodes with these labels.
    Labelled(Selector),
}

/// What a pod does otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodQuirk {
    /// Its image cannot be pulled.
    PullFails,
    /// Its containers never become ready.
    NeverReady,
    /// Its containers end badly this long after each start.
    Crashes(Delay),
    /// It takes the whole grace to stop.
    IgnoresTerm,
    /// Its containers cannot be stopped at all.
    NeverStops,
    /// It is created with this finalizer, which nobody takes away.
    Held(Arc<str>),
    /// Pulling an image takes this long.
    Pull(Delay),
    /// Starting takes this long.
    Start(Delay),
    /// Becoming ready takes this long, probe or not.
    Ready(Delay),
    /// Stopping takes this long.
    Stop(Delay),
}

/// A rule about nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRule {
    /// Only nodes with these labels.
    pub labels: Selector,
    /// Only the first so many nodes it meets.
    pub first: Option<u32>,
    /// Only from then on.
    pub from: Option<Time>,
    /// Only before then.
    pub until: Option<Time>,
    /// What they do.
    pub quirk: NodeQuirk,
}

/// What a node does otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeQuirk {
    /// It registers and never becomes Ready.
    NeverReady,
    /// Becoming Ready takes this long.
    Join(Delay),
    /// Its kubelet falls silent this long after it became Ready.
    FallsSilent(Delay),
}

/// The rules of a world, and how many objects each met.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pods: Vec<(PodRule, u32)>,
    nodes: Vec<(NodeRule, u32)>,
    by_workload: BTreeMap<Arc<str>, Vec<usize>>,
    wide: Vec<usize>,
}

impl Rules {
    /// Adds a rule about pods. The first rule that fits decides for its kind of quirk.
    pub fn add_pods(&mut self, rule: PodRule) {
        match &rule.workload {
            Some(workload) => self.by_workload.entry(workload.clone()).or_default().push(self.pods.len()),
            None => self.wide.push(self.pods.len()),
        }
        self.pods.push((rule, 0));
    }

    /// Adds a rule about nodes.
    pub fn add_nodes(&mut self, rule: NodeRule) {
        self.nodes.push((rule, 0));
    }
}

/// Ends every rule about a workload; its pods that are in trouble take their next step at once.
pub(crate) fn heal(world: &mut World, namespace: &Arc<str>, workload: &Arc<str>) {
    let now = world.now;
    for (rule, _) in &mut world.kubelets.rules.pods {
        if rule.namespace.as_ref() == Some(namespace) && rule.workload.as_ref() == Some(workload) {
            rule.until = Some(rule.until.map_or(now, |until| until.min(now)));
        }
    }
    let troubled: Vec<PodId> = world.kubelets.steps.keys().copied().collect();
    for id in troubled {
        let owner = world.store.pods.get(id).and_then(|pod| pod.meta.owner.as_ref());
        if owner.is_some_and(|owner| owner.name.starts_with(&**workload)) {
            world.soon(crate::queue::Work::Kubelet(id));
        }
    }
}

/// When in a pod's life a quirk is asked for: one meeting counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// At its creation.
    Created,
    /// At its binding.
    Start,
    /// At its deletion.
    Stop,
}

impl PodQuirk {
    fn stage(&self) -> Stage {
        match self {
            Self::Held(_) => Stage::Created,
            Self::IgnoresTerm | Self::NeverStops | Self::Stop(_) => Stage::Stop,
            Self::PullFails
            | Self::NeverReady
            | Self::Crashes(_)
            | Self::Pull(_)
            | Self::Start(_)
            | Self::Ready(_) => Stage::Start,
        }
    }
}

/// The quirks of a pod at a stage of its life.
pub(super) fn of_pod(world: &mut World, id: PodId, stage: Stage) -> Vec<PodQuirk> {
    let given = world.store.pods.get(id).map(super::annotated::quirks).unwrap_or_default();
    let given = given.into_iter().filter(|quirk| quirk.stage() == stage);
    let rules = &world.kubelets.rules;
    if rules.pods.is_empty() {
        return given.collect();
    }
    let fits: Vec<usize> = candidates(world, id)
        .into_iter()
        .filter(|at| rules.pods[*at].0.quirk.stage() == stage && pod_fits(world, &rules.pods[*at], id))
        .collect();
    let rules = &mut world.kubelets.rules;
    fits.iter().for_each(|at| rules.pods[*at].1 += 1);
    fits.into_iter().map(|at| rules.pods[at].0.quirk.clone()).chain(given).collect()
}

/// When a quirk that a pod has ends: the end of the last rule that gives it; `None` when one of them has none.
pub(super) fn ends_at(world: &World, id: PodId, quirk: &PodQuirk) -> Option<Time> {
    // What its manifest says holds for good.
    if world.store.pods.get(id).is_some_and(|pod| super::annotated::quirks(pod).contains(quirk)) {
        return None;
    }
    let rules = &world.kubelets.rules.pods;
    let giving = candidates(world, id).into_iter().filter_map(|at| {
        let unbounded = PodRule { first: None, ..rules[at].0.clone() };
        (unbounded.quirk == *quirk && pod_fits(world, &(unbounded, 0), id)).then_some(rules[at].0.until)
    });
    giving.reduce(|one, other| Some(one?.max(other?))).unwrap_or(Some(world.now))
}

/// The quirks of a node that joins.
pub(super) fn of_node(world: &mut World, id: NodeId) -> Vec<NodeQuirk> {
    let Some(node) = world.store.nodes.get(id) else { return Vec::new() };
    let (labels, now) = (world.store.labels.get(node.meta.labels).clone(), world.now);
    let mut quirks = Vec::new();
    for (rule, met) in &mut world.kubelets.rules.nodes {
        let fits = rule.first.is_none_or(|first| *met < first) && within(now, rule.from, rule.until);
        if fits && rule.labels.matches(&labels) {
            *met += 1;
            quirks.push(rule.quirk);
        }
    }
    quirks
}

/// The rules that may mean a pod, in the order they were given.
fn candidates(world: &World, id: PodId) -> Vec<usize> {
    let rules = &world.kubelets.rules;
    let mut found = rules.wide.clone();
    if !rules.by_workload.is_empty() {
        let owner = world.store.pods.get(id).and_then(|pod| pod.meta.owner.as_ref());
        let above = owner.and_then(|owner| owner.at).filter(|at| !matches!(at, Ref::Pod(_)));
        let above = above.and_then(|at| world.store.meta(at)).and_then(|meta| meta.owner.as_ref());
        for owner in owner.into_iter().chain(above) {
            found.extend(rules.by_workload.get(&owner.name).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
    }
    found
}

fn pod_fits(world: &World, (rule, met): &(PodRule, u32), id: PodId) -> bool {
    let Some(pod) = world.store.pods.get(id) else { return false };
    let on_node = match &rule.nodes {
        OnNodes::Any => true,
        OnNodes::New => pod.node.is_some_and(|node| world.kubelets.is_new(node)),
        OnNodes::Labelled(selector) => pod
            .node
            .and_then(|node| world.store.nodes.get(node))
            .is_some_and(|node| selector.matches(world.store.labels.get(node.meta.labels))),
    };
    on_node
        && rule.first.is_none_or(|first| *met < first)
        && within(world.now, rule.from, rule.until)
        && rule.namespace.as_ref().is_none_or(|namespace| *namespace == pod.meta.namespace)
        && rule.labels.matches(world.store.labels.get(pod.meta.labels))
}

fn within(now: Time, from: Option<Time>, until: Option<Time>) -> bool {
    from.is_none_or(|from| now >= from) && until.is_none_or(|until| now < until)
}
