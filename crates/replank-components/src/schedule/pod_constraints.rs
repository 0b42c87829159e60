//! Constraints between pods: topology spread, affinity and anti-affinity (Kubernetes: `PodTopologySpread`,
//! `InterPodAffinity`).
//!
//! Everything is computed once for a pod from the pods that its terms select; a node is then judged by its
//! labels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use replank_world::object::{Pod, PodTemplate, PodTerm, Spread, SpreadWhen};
use replank_world::store::{NodeId, PodId, Store};
use replank_world::vocab::labels::Map;
use replank_world::vocab::selector::{Requirement, Selector, Test};
use replank_world::world::World;

use super::node_classes::wants;
use super::reason::Reason;

/// Counts by value of a topology key.
pub(super) type Domains = BTreeMap<Arc<str>, i64>;

/// Bound pods with affinity or anti-affinity terms, by template: their terms apply to incoming pods.
#[derive(Clone, Debug, Default)]
pub(super) struct AffinityHolders {
    by_template: BTreeMap<u32, (Arc<PodTemplate>, BTreeSet<PodId>)>,
}

impl AffinityHolders {
    /// Adds a bound pod, if its template has such terms.
    pub(super) fn bound(&mut self, id: PodId, template: &Arc<PodTemplate>) {
        let (near, apart) = (&template.spec.affinity, &template.spec.anti_affinity);
        let lists = [near.required.len(), near.preferred.len(), apart.required.len(), apart.preferred.len()];
        if lists.iter().any(|count| *count > 0) {
            let entry = self.by_template.entry(template.id);
            entry.or_insert_with(|| (template.clone(), BTreeSet::new())).1.insert(id);
        }
    }

    /// Removes a finished or deleted pod.
    pub(super) fn gone(&mut self, id: PodId, template: u32) {
        if let Some((_, pods)) = self.by_template.get_mut(&template) {
            pods.remove(&id);
            if pods.is_empty() {
                self.by_template.remove(&template);
            }
        }
    }
}

/// What other pods mean for the placement of one pod.
#[derive(Clone, Debug, Default)]
pub(super) struct PodConstraints {
    spreads: Vec<Skew>,
    /// For each required affinity term: its key, and the domains with a matching pod; `None` where every domain
    /// will do.
    affinity: Vec<(Arc<str>, Option<Domains>)>,
    apart: Vec<(Arc<str>, Domains)>,
    repelled: BTreeMap<Arc<str>, Domains>,
    /// Scores for preferred terms, by key and domain.
    points: BTreeMap<Arc<str>, Domains>,
}

/// A spread constraint with `DoNotSchedule`, evaluated.
#[derive(Clone, Debug)]
struct Skew {
    key: Arc<str>,
    counts: Domains,
    least: i64,
    own: i64,
    most: i64,
}

impl PodConstraints {
    /// Evaluates the constraints of a pod. A pod that `leaves` its node is not counted there.
    pub(super) fn of(
        world: &World,
        affinity_holders: &AffinityHolders,
        id: PodId,
        pod: &Pod,
        leaves: bool,
    ) -> Self {
        let without = leaves.then_some(id);
        let mut near = Self::default();
        let spec = &pod.template.spec;
        let keys: Vec<&Arc<str>> =
            spec.spread.iter().filter(|it| hard(it)).map(|it| &it.topology_key).collect();
        near.spreads = spec
            .spread
            .iter()
            .filter(|it| hard(it))
            .map(|spread| skew(world, without, pod, spread, &keys))
            .collect();
        near.affinity(world, id, pod);
        for term in &spec.anti_affinity.required {
            let found = selected(world, pod, term).into_iter().filter(|other| *other != id);
            near.apart.push((term.topology_key.clone(), domains(world, found, &term.topology_key)));
        }
        for (term, weight) in spec.affinity.preferred.iter().map(|it| (&it.term, it.weight)) {
            near.rate(world, id, selected(world, pod, term), &term.topology_key, weight);
        }
        for (term, weight) in spec.anti_affinity.preferred.iter().map(|it| (&it.term, -it.weight)) {
            near.rate(world, id, selected(world, pod, term), &term.topology_key, weight);
        }
        near.heed(world, affinity_holders, without, pod);
        near
    }

    /// Required affinity: only pods that match all terms count. The first pod of a group may go anywhere (it
    /// matches its own terms).
    fn affinity(&mut self, world: &World, id: PodId, pod: &Pod) {
        let terms = &pod.template.spec.affinity.required;
        let Some((first, rest)) = terms.split_first() else { return };
        let found: Vec<PodId> = selected(world, pod, first)
            .into_iter()
            .filter(|other| *other != id && rest.iter().all(|term| selects(world, pod, term, *other)))
            .collect();
        let own = terms.iter().all(|term| selects(world, pod, term, id));
        for term in terms {
            let domains = domains(world, found.iter().copied(), &term.topology_key);
            self.affinity.push((term.topology_key.clone(), Some(domains)));
        }
        if own && self.affinity.iter().all(|(_, domains)| domains.as_ref().is_some_and(BTreeMap::is_empty)) {
            self.affinity.iter_mut().for_each(|(_, domains)| *domains = None);
        }
    }

    /// Applies the terms of bound pods to this one: required anti-affinity repels it, the others score.
    fn heed(&mut self, world: &World, affinity_holders: &AffinityHolders, without: Option<PodId>, pod: &Pod) {
        let labels = world.store.labels.get(pod.meta.labels);
        for (template, others) in affinity_holders.by_template.values() {
            let Some(owner) = others.first().and_then(|other| world.store.pods.get(*other)) else { continue };
            let about = |term: &PodTerm| speaks_of(owner, term, pod, labels);
            for term in template.spec.anti_affinity.required.iter().filter(|term| about(term)) {
                let others = others.iter().copied().filter(|other| Some(*other) != without);
                let found = domains(world, others, &term.topology_key);
                self.repelled.entry(term.topology_key.clone()).or_default().extend(found);
            }
            let (near, apart) = (&template.spec.affinity, &template.spec.anti_affinity);
            let required = near.required.iter().map(|term| (term, 1));
            let preferred = near.preferred.iter().map(|it| (&it.term, it.weight));
            let against = apart.preferred.iter().map(|it| (&it.term, -it.weight));
            for (term, weight) in required.chain(preferred).chain(against).filter(|(term, _)| about(term)) {
                self.rate(world, PodId(u32::MAX), others.iter().copied(), &term.topology_key, weight);
            }
        }
    }

    fn rate(
        &mut self,
        world: &World,
        id: PodId,
        others: impl IntoIterator<Item = PodId>,
        key: &Arc<str>,
        weight: i64,
    ) {
        let others = others.into_iter().filter(|other| *other != id);
        let points = self.points.entry(key.clone()).or_default();
        for (domain, count) in domains(world, others, key) {
            *points.entry(domain).or_default() += count * weight;
        }
    }

    /// Whether no constraint can exclude a node.
    pub(super) fn is_silent(&self) -> bool {
        self.spreads.is_empty()
            && self.affinity.is_empty()
            && self.apart.is_empty()
            && self.repelled.is_empty()
    }

    /// Whether any preferred term scores.
    pub(super) fn prefers(&self) -> bool {
        self.points.values().any(|points| points.values().any(|count| *count != 0))
    }

    /// The score of a node for preferred terms.
    pub(super) fn points(&self, labels: &Map) -> i64 {
        let one = |(key, points): (&Arc<str>, &Domains)| points.get(labels.get(key)?).copied();
        self.points.iter().filter_map(one).sum()
    }

    /// The first constraint that excludes a node with these labels.
    pub(super) fn obstacle(&self, labels: &Map) -> Option<Reason> {
        for skew in &self.spreads {
            let Some(domain) = labels.get(&skew.key) else { return Some(Reason::SpreadLabel) };
            let here = skew.counts.get(domain).copied().unwrap_or(0);
            if here + skew.own - skew.least > skew.most {
                return Some(Reason::Spread);
            }
        }
        let held =
            |key: &Arc<str>, domains: &Domains| labels.get(key).is_some_and(|at| domains.contains_key(at));
        let near = self.affinity.iter().all(|(key, domains)| match domains {
            Some(domains) => held(key, domains),
            None => labels.contains_key(key),
        });
        if !near {
            return Some(Reason::Near);
        }
        if self.apart.iter().any(|(key, domains)| held(key, domains)) {
            return Some(Reason::Apart);
        }
        self.repelled.iter().any(|(key, domains)| held(key, domains)).then_some(Reason::Repelled)
    }
}

fn hard(spread: &Spread) -> bool {
    spread.when == SpreadWhen::DoNotSchedule
}

/// Evaluates a spread constraint: matching pods in each domain, the minimum over the domains, whether the pod
/// counts itself.
fn skew(world: &World, without: Option<PodId>, pod: &Pod, spread: &Spread, keys: &[&Arc<str>]) -> Skew {
    let selector = spread_selector(&world.store, pod, spread);
    let own_labels = world.store.labels.get(pod.meta.labels);
    let own = i64::from(selector.as_ref().is_some_and(|it| it.matches(own_labels)));
    let spec = &pod.template.spec;
    let mut counts = Domains::new();
    let counted = |id: NodeId| -> Option<Arc<str>> {
        let node = world.store.nodes.get(id)?;
        let labels = world.store.labels.get(node.meta.labels);
        if !keys.iter().all(|key| labels.contains_key(*key))
            || (spread.honor_affinity && !wants(spec, node, labels))
        {
            return None;
        }
        let shut = |taint: &&replank_world::vocab::taint::Taint| {
            taint.effect != replank_world::vocab::taint::Effect::PreferNoSchedule
        };
        let tainted = || node.taints.iter().filter(shut).any(|taint| !taint.tolerated_by(&spec.tolerations));
        if spread.honor_taints && tainted() {
            return None;
        }
        labels.get(&spread.topology_key).cloned()
    };
    for (id, _) in world.store.nodes.iter() {
        if let Some(domain) = counted(id) {
            counts.entry(domain).or_insert(0);
        }
    }
    let found = selector.map(|selector| world.selected(&pod.meta.namespace, &selector)).unwrap_or_default();
    let others = found.into_iter().filter(|other| Some(*other) != without);
    for other in others.filter_map(|other| world.store.pods.get(other)) {
        if let Some(node) = other.node.filter(|_| !other.terminating() && !other.finished())
            && let Some(domain) = counted(node)
        {
            *counts.entry(domain).or_insert(0) += 1;
        }
    }
    let few = spread.min_domains.is_some_and(|min| (counts.len() as i64) < min);
    let least = if few { 0 } else { counts.values().copied().min().unwrap_or(0) };
    Skew { key: spread.topology_key.clone(), counts, least, own, most: spread.max_skew }
}

/// The constraint's selector with the pod's values of `matchLabelKeys` added.
pub(super) fn spread_selector(store: &Store, pod: &Pod, spread: &Spread) -> Option<Selector> {
    let mut selector = spread.selector.clone()?;
    let labels = store.labels.get(pod.meta.labels);
    for key in &spread.match_label_keys {
        if let Some(value) = labels.get(key) {
            let test = Test::In(BTreeSet::from([value.clone()]));
            selector.requirements.push(Requirement { key: key.clone(), test });
        }
    }
    Some(selector)
}

/// How many of these pods run in each domain of a topology key.
pub(super) fn domains(world: &World, pods: impl Iterator<Item = PodId>, key: &Arc<str>) -> Domains {
    let mut found = Domains::new();
    for pod in pods.filter_map(|id| world.store.pods.get(id)).filter(|pod| !pod.finished()) {
        let node = pod.node.and_then(|id| world.store.nodes.get(id));
        let domain = node.and_then(|node| world.store.labels.get(node.meta.labels).get(key));
        if let Some(domain) = domain {
            *found.entry(domain.clone()).or_insert(0) += 1;
        }
    }
    found
}

/// The pods that an affinity term of `owner` selects.
fn selected(world: &World, owner: &Pod, term: &PodTerm) -> Vec<PodId> {
    let Some(selector) = &term.selector else { return Vec::new() };
    if term.all_namespaces {
        let named = world.store.index.namespaces.iter();
        let mut all: BTreeSet<&Arc<str>> = named.collect();
        all.extend(world.store.index.by_labels.keys());
        return all.into_iter().flat_map(|namespace| world.selected(namespace, selector)).collect();
    }
    if term.namespaces.is_empty() {
        return world.selected(&owner.meta.namespace, selector);
    }
    term.namespaces.iter().flat_map(|namespace| world.selected(namespace, selector)).collect()
}

fn selects(world: &World, owner: &Pod, term: &PodTerm, other: PodId) -> bool {
    world
        .store
        .pods
        .get(other)
        .is_some_and(|other| speaks_of(owner, term, other, world.store.labels.get(other.meta.labels)))
}

fn speaks_of(owner: &Pod, term: &PodTerm, other: &Pod, labels: &Map) -> bool {
    let namespace = term.all_namespaces
        || term.namespaces.contains(&other.meta.namespace)
        || (term.namespaces.is_empty() && other.meta.namespace == owner.meta.namespace);
    namespace && term.selector.as_ref().is_some_and(|selector| selector.matches(labels))
}
