//! Which nodes take a pod, and why the others do not, plugin by plugin in the scheduler's order.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::object::{ClaimPhase, Node, Pod, PodTerm, SpreadWhen, Zonal};
use crate::store::{NodeId, PodId};
use crate::vocab::taint::{Effect, Taint, UNSCHEDULABLE};
use crate::world::World;

/// Every node with the reasons that keep the pod off it.
pub(super) fn all(world: &World, id: PodId) -> Vec<(NodeId, Vec<String>)> {
    let Some(pod) = world.store.pods.get(id) else { return Vec::new() };
    let spreads = spreads(world, pod);
    world.store.nodes.iter().map(|(at, node)| (at, reasons(world, pod, at, node, &spreads))).collect()
}

/// Binds the claims that waited for their first consumer to the node's zone.
pub(super) fn bind_claims(world: &mut World, id: PodId, node: NodeId) {
    let Some(pod) = world.store.pods.get(id) else { return };
    let (claims, Some(node)) = (pod.claims.clone(), world.store.nodes.get(node)) else { return };
    let zone = node.zone.clone();
    for at in claims {
        let Some(claim) = world.store.claims.get_mut(at).filter(|claim| claim.phase == ClaimPhase::Pending)
        else {
            continue;
        };
        let volume = format!("pvc-{}", claim.meta.uid).into();
        claim.phase = ClaimPhase::Bound { volume, zonal: Zonal::Zone(zone.clone()) };
        world.changed(crate::store::Ref::Claim(at), crate::store::Verb::Modified);
    }
}

fn reasons(world: &World, pod: &Pod, at: NodeId, node: &Node, spreads: &[Domains]) -> Vec<String> {
    let spec = &pod.template.spec;
    let labels = world.store.labels.get(node.meta.labels);
    let one = |reason: &str| vec![reason.to_owned()];
    let unschedulable = Taint::new(UNSCHEDULABLE, "", Effect::NoSchedule);
    if node.unschedulable && !unschedulable.tolerated_by(&spec.tolerations) {
        return one("node(s) were unschedulable");
    }
    if pod.pinned.as_ref().is_some_and(|name| *name != node.meta.name) {
        return one("node(s) didn't satisfy plugin(s) [NodeAffinity]");
    }
    let hard = |taint: &&Taint| taint.effect != Effect::PreferNoSchedule;
    if node.taints.iter().filter(hard).any(|taint| !taint.tolerated_by(&spec.tolerations)) {
        return one("node(s) had untolerated taint(s)");
    }
    let required =
        spec.node_required.as_ref().is_none_or(|terms| terms.iter().any(|term| term.matches(labels)));
    if !spec.node_selector.matches(labels) || !required {
        return one("node(s) didn't match Pod's node affinity/selector");
    }
    let here: Vec<&Pod> = world.store.index.pods_on(at).filter_map(|id| world.store.pods.get(id)).collect();
    let taken =
        |port| here.iter().any(|other| !other.finished() && other.template.spec.host_ports.contains(port));
    if spec.host_ports.iter().any(taken) {
        return one("node(s) didn't have free ports for the requested pod ports");
    }
    let short = fit(pod, node, here.iter().filter(|other| !other.finished()).count());
    if !short.is_empty() {
        return short;
    }
    if let Some(reason) = volumes(world, pod, node) {
        return one(reason);
    }
    for domains in spreads {
        match labels.get(&domains.key) {
            None => {
                return one("node(s) didn't match pod topology spread constraints (missing required label)");
            }
            Some(domain) if domains.is_full(domain) => {
                return one("node(s) didn't match pod topology spread constraints");
            }
            Some(_) => {}
        }
    }
    affinity(world, pod, node).map_or_else(Vec::new, one)
}

fn fit(pod: &Pod, node: &Node, count: usize) -> Vec<String> {
    let (wanted, used, all) = (&pod.template.spec.requests, &node.used, &node.allocatable);
    let mut short = Vec::new();
    if count as u32 + 1 > node.pods_max {
        short.push("Too many pods".to_owned());
    }
    let lacks = |wanted: i64, used: i64, all: i64| wanted > 0 && wanted > all - used;
    if lacks(wanted.cpu_milli, used.cpu_milli, all.cpu_milli) {
        short.push("Insufficient cpu".to_owned());
    }
    if lacks(wanted.memory_bytes, used.memory_bytes, all.memory_bytes) {
        short.push("Insufficient memory".to_owned());
    }
    for (name, count) in &wanted.extended {
        let of = |map: &BTreeMap<Arc<str>, i64>| map.get(name).copied().unwrap_or(0);
        if lacks(*count, of(&used.extended), of(&all.extended)) {
            short.push(format!("Insufficient {name}"));
        }
    }
    short
}

fn volumes(world: &World, pod: &Pod, node: &Node) -> Option<&'static str> {
    for claim in pod.claims.iter().filter_map(|id| world.store.claims.get(*id)) {
        match &claim.phase {
            ClaimPhase::Bound { zonal: Zonal::Zone(zone), .. } if *zone != node.zone => {
                return Some("node(s) didn't match PersistentVolume's node affinity");
            }
            ClaimPhase::Bound { zonal: Zonal::Node(name), .. } if *name != node.meta.name => {
                return Some("node(s) didn't match PersistentVolume's node affinity");
            }
            ClaimPhase::Lost => {
                return Some("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
            }
            ClaimPhase::Bound { .. } | ClaimPhase::Pending => {}
        }
    }
    None
}

/// How many matching pods each domain of a hard spread constraint holds.
struct Domains {
    key: Arc<str>,
    counts: BTreeMap<Arc<str>, i64>,
    max_skew: i64,
    least: i64,
    own: i64,
}

impl Domains {
    fn is_full(&self, domain: &Arc<str>) -> bool {
        self.counts.get(domain).copied().unwrap_or(0) + self.own - self.least > self.max_skew
    }
}

fn spreads(world: &World, pod: &Pod) -> Vec<Domains> {
    let hard = pod.template.spec.spread.iter().filter(|spread| spread.when == SpreadWhen::DoNotSchedule);
    hard.map(|spread| {
        let own_labels = world.store.labels.get(pod.meta.labels);
        let matches = |other: &Pod| {
            spread.selector.as_ref().is_some_and(|it| it.matches(world.store.labels.get(other.meta.labels)))
        };
        let mut counts = BTreeMap::new();
        for (at, node) in world.store.nodes.iter() {
            let Some(domain) = world.store.labels.get(node.meta.labels).get(&spread.topology_key) else {
                continue;
            };
            let here = world.store.index.pods_on(at).filter_map(|id| world.store.pods.get(id));
            let here = here.filter(|other| {
                !other.terminating() && other.meta.namespace == pod.meta.namespace && matches(other)
            });
            *counts.entry(domain.clone()).or_insert(0) += here.count() as i64;
        }
        let few = spread.min_domains.is_some_and(|min| (counts.len() as i64) < min);
        let least = if few { 0 } else { counts.values().copied().min().unwrap_or(0) };
        let own = i64::from(spread.selector.as_ref().is_some_and(|it| it.matches(own_labels)));
        Domains { key: spread.topology_key.clone(), counts, max_skew: spread.max_skew, least, own }
    })
    .collect()
}

fn affinity(world: &World, pod: &Pod, node: &Node) -> Option<&'static str> {
    let spec = &pod.template.spec;
    if spec
        .affinity
        .required
        .iter()
        .any(|term| !near(world, pod, term, node) && !first_of_its_kind(world, pod, term))
    {
        return Some("node(s) didn't match pod affinity rules");
    }
    if spec.anti_affinity.required.iter().any(|term| near(world, pod, term, node)) {
        return Some("node(s) didn't match pod anti-affinity rules");
    }
    let repels = world.store.pods.iter().filter(|(_, other)| other.node.is_some() && !other.finished()).any(
        |(_, other)| {
            other.template.spec.anti_affinity.required.iter().any(|term| {
                selects(world, other, term, pod) && same_domain(world, other, node, &term.topology_key)
            })
        },
    );
    repels.then_some("node(s) didn't satisfy existing pods anti-affinity rules")
}

fn near(world: &World, pod: &Pod, term: &PodTerm, node: &Node) -> bool {
    world.store.pods.iter().any(|(_, other)| {
        other.node.is_some()
            && !other.finished()
            && other.meta.uid != pod.meta.uid
            && selects(world, pod, term, other)
            && same_domain(world, other, node, &term.topology_key)
    })
}

/// A pod that matches its own term may be the first of its kind.
fn first_of_its_kind(world: &World, pod: &Pod, term: &PodTerm) -> bool {
    selects(world, pod, term, pod)
        && !world.store.pods.iter().any(|(_, other)| other.node.is_some() && selects(world, pod, term, other))
}

fn selects(world: &World, owner: &Pod, term: &PodTerm, other: &Pod) -> bool {
    let namespace = term.all_namespaces
        || term.namespaces.contains(&other.meta.namespace)
        || (term.namespaces.is_empty() && other.meta.namespace == owner.meta.namespace);
    namespace
        && term.selector.as_ref().is_some_and(|it| it.matches(world.store.labels.get(other.meta.labels)))
}

fn same_domain(world: &World, other: &Pod, node: &Node, key: &Arc<str>) -> bool {
    let there = other.node.and_then(|at| world.store.nodes.get(at));
    let there = there.and_then(|there| world.store.labels.get(there.meta.labels).get(key));
    there.is_some() && there == world.store.labels.get(node.meta.labels).get(key)
}
