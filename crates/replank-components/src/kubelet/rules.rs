//! Rules for pods and nodes that misbehave: whom a rule applies to and what these do. The kubelets consult the
//! rules; a rule never acts by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::kubernetes::{components, components_mut};
use replank_world::rng::Delay;
use replank_world::store::{NodeId, PodId, Ref};
use replank_world::time::Time;
use replank_world::vocab::selector::Selector;
use replank_world::world::World;

/// A rule for pods: all its conditions must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodRule {
    /// Only pods in this namespace; `None` for any.
    pub namespace: Option<Arc<str>>,
    /// Only pods of the workload of this name: their controller, or its controller.
    pub workload: Option<Arc<str>>,
    /// Only pods whose labels match.
    pub labels: Selector,
    /// Only pods on these nodes.
    pub nodes: OnNodes,
    /// Only the first so many pods that match; `None` for all.
    pub first: Option<u32>,
    /// Applies from this time on.
    pub from: Option<Time>,
    /// Applies until this time.
    pub until: Option<Time>,
    /// What the pods do.
    pub quirk: PodQuirk,
}

impl PodRule {
    /// A rule without other conditions, for the pods of a workload at any time; `None` for any workload or any
    /// namespace.
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

/// The nodes on which a rule for pods applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnNodes {
    /// Every node.
    Any,
    /// Nodes that joined after the world began.
    New,
    /// Nodes whose labels match.
    Labelled(Selector),
}

/// How a pod misbehaves or differs from the world's timings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodQuirk {
    /// Its image cannot be pulled (`ImagePullBackOff`).
    PullFails,
    /// Its containers start and never become ready.
    NeverReady,
    /// Its containers exit with an error this long after each start.
    Crashes(Delay),
    /// It ignores SIGTERM and is killed at the end of its grace period.
    IgnoresTerm,
    /// Its containers cannot be stopped: it stays terminating.
    NeverStops,
    /// It is created with this finalizer, which nobody removes.
    Held(Arc<str>),
    /// Pulling its images takes this long.
    Pull(Delay),
    /// Starting its containers takes this long.
    Start(Delay),
    /// Becoming ready takes this long, whatever its probe says.
    Ready(Delay),
    /// Stopping its containers takes this long, within the grace period.
    Stop(Delay),
}

/// A rule for nodes: all its conditions must hold when a node registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRule {
    /// Only nodes whose labels match.
    pub labels: Selector,
    /// Only the first so many nodes that match; `None` for all.
    pub first: Option<u32>,
    /// Applies from this time on.
    pub from: Option<Time>,
    /// Applies until this time.
    pub until: Option<Time>,
    /// What the nodes do.
    pub quirk: NodeQuirk,
}

/// How a node misbehaves or differs from the world's timings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeQuirk {
    /// It registers and never becomes Ready.
    NeverReady,
    /// From registration to Ready takes this long.
    Join(Delay),
    /// Its kubelet stops working this long after it became Ready.
    FallsSilent(Delay),
}

/// The rules of a world, with how many objects each has matched.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pods: Vec<(PodRule, u32)>,
    nodes: Vec<(NodeRule, u32)>,
    by_workload: BTreeMap<Arc<str>, Vec<usize>>,
    wide: Vec<usize>,
    /// Numbers of templates that ask for no quirk by annotations.
    plain: FxHashSet<u32>,
}

impl Rules {
    /// Adds a rule for pods. Of several rules with the same kind of quirk the first that matches applies.
    pub fn add_pods(&mut self, rule: PodRule) {
        match &rule.workload {
            Some(workload) => self.by_workload.entry(workload.clone()).or_default().push(self.pods.len()),
            None => self.wide.push(self.pods.len()),
        }
        self.pods.push((rule, 0));
    }

    /// Adds a rule for nodes.
    pub fn add_nodes(&mut self, rule: NodeRule) {
        self.nodes.push((rule, 0));
    }
}

/// Adds a rule for pods of a world, behind those it has.
pub fn add_pods(world: &mut World, rule: PodRule) {
    components_mut(&mut world.state).kubelets.rules.add_pods(rule);
}

/// Ends every rule for a workload now, and lets its affected pods take their next step at once.
pub(crate) fn heal(world: &mut World, namespace: &Arc<str>, workload: &Arc<str>) {
    let now = world.now;
    for (rule, _) in &mut components_mut(&mut world.state).kubelets.rules.pods {
        if rule.namespace.as_ref() == Some(namespace) && rule.workload.as_ref() == Some(workload) {
            rule.until = Some(rule.until.map_or(now, |until| until.min(now)));
        }
    }
    let mut troubled: Vec<PodId> = components(&world.state).kubelets.steps.keys().copied().collect();
    troubled.sort_unstable();
    for id in troubled {
        let owner = world.store.pods.get(id).and_then(|pod| pod.meta.owner.as_ref());
        if owner.is_some_and(|owner| owner.name.starts_with(&**workload)) {
            world.soon(replank_world::queue::Work::Kubelet(id));
        }
    }
}

/// The stage of a pod's life at which a quirk is looked up; a match is counted once for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuirkPoint {
    Created,
    Start,
    Stop,
}

impl PodQuirk {
    fn stage(&self) -> QuirkPoint {
        match self {
            Self::Held(_) => QuirkPoint::Created,
            Self::IgnoresTerm | Self::NeverStops | Self::Stop(_) => QuirkPoint::Stop,
            Self::PullFails
            | Self::NeverReady
            | Self::Crashes(_)
            | Self::Pull(_)
            | Self::Start(_)
            | Self::Ready(_) => QuirkPoint::Start,
        }
    }
}

/// The quirks of a pod at this stage, from rules and annotations. Counts the match.
pub(super) fn of_pod(world: &mut World, id: PodId, stage: QuirkPoint) -> Vec<PodQuirk> {
    let given = given(world, id);
    let given = given.into_iter().filter(|quirk| quirk.stage() == stage);
    let rules = &components(&world.state).kubelets.rules;
    if rules.pods.is_empty() {
        return given.collect();
    }
    let fits: Vec<usize> = candidates(world, id)
        .into_iter()
        .filter(|at| rules.pods[*at].0.quirk.stage() == stage && pod_fits(world, &rules.pods[*at], id))
        .collect();
    let rules = &mut components_mut(&mut world.state).kubelets.rules;
    fits.iter().for_each(|at| rules.pods[*at].1 += 1);
    fits.into_iter().map(|at| rules.pods[at].0.quirk.clone()).chain(given).collect()
}

/// The quirks in the annotations of a pod. Of a template that gives none that is remembered, since nearly all give none.
fn given(world: &mut World, id: PodId) -> Vec<PodQuirk> {
    let Some(pod) = world.store.pods.get(id) else { return Vec::new() };
    let template = pod.template.id;
    if components(&world.state).kubelets.rules.plain.contains(&template) {
        return Vec::new();
    }
    let given = super::annotated::quirks(pod);
    // Templates that never entered the world share the number 0.
    if given.is_empty() && template != 0 {
        components_mut(&mut world.state).kubelets.rules.plain.insert(template);
    }
    given
}

/// When a quirk of a pod ends: the end of the last rule that gives it; `None` when one of them, or an annotation,
/// has no end.
pub(super) fn ends_at(world: &World, id: PodId, quirk: &PodQuirk) -> Option<Time> {
    // What its manifest says holds for good.
    if world.store.pods.get(id).is_some_and(|pod| super::annotated::quirks(pod).contains(quirk)) {
        return None;
    }
    let rules = &components(&world.state).kubelets.rules.pods;
    let giving = candidates(world, id).into_iter().filter_map(|at| {
        let unbounded = PodRule { first: None, ..rules[at].0.clone() };
        (unbounded.quirk == *quirk && pod_fits(world, &(unbounded, 0), id)).then_some(rules[at].0.until)
    });
    giving.reduce(|one, other| Some(one?.max(other?))).unwrap_or(Some(world.now))
}

/// The quirks of a node that registers. Counts the match.
pub(super) fn of_node(world: &mut World, id: NodeId) -> Vec<NodeQuirk> {
    let Some(node) = world.store.nodes.get(id) else { return Vec::new() };
    let (labels, now) = (world.store.labels.get(node.meta.labels).clone(), world.now);
    let mut quirks = Vec::new();
    for (rule, met) in &mut components_mut(&mut world.state).kubelets.rules.nodes {
        let fits = rule.first.is_none_or(|first| *met < first) && within(now, rule.from, rule.until);
        if fits && rule.labels.matches(&labels) {
            *met += 1;
            quirks.push(rule.quirk);
        }
    }
    quirks
}

/// Indices of the rules that may apply to a pod, in the order they were added.
fn candidates(world: &World, id: PodId) -> Vec<usize> {
    let rules = &components(&world.state).kubelets.rules;
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
        OnNodes::New => pod.node.is_some_and(|node| components(&world.state).kubelets.is_new(node)),
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
