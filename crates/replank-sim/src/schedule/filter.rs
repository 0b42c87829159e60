//! Which nodes take a pod, and why the others do not, plugin by plugin in the scheduler's order.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::object::{BindingMode, ClaimPhase, Node, Pod, Zonal};
use crate::store::{ClaimId, NodeId, PodId, Ref, Verb};
use crate::world::World;

use super::ground::Class;
use super::near::Near;
use super::reason::{Reason, Refusals};

/// A pod that a place is sought for, with what is worked out for it once.
pub(super) struct Seeker<'a> {
    pub(super) world: &'a World,
    pub(super) id: PodId,
    pub(super) pod: &'a Pod,
    pub(super) class: Class,
    pub(super) near: Near,
    /// Room that nominated pods of its priority or above keep, by node.
    pub(super) kept: BTreeMap<NodeId, Vec<PodId>>,
}

impl Seeker<'_> {
    /// Whether more than the class decides about a node.
    pub(super) fn is_picky(&self) -> bool {
        let spec = &self.pod.template.spec;
        !self.near.is_silent()
            || !spec.host_ports.is_empty()
            || !self.pod.claims.is_empty()
            || !self.kept.is_empty()
    }

    /// What keeps the pod off a node that is open to its class; all that lacks, where it lacks resources.
    pub(super) fn reasons(&self, at: NodeId, node: &Node) -> Vec<Reason> {
        self.reasons_without(at, node, &[])
    }

    /// The same, were these pods not there.
    pub(super) fn reasons_without(&self, at: NodeId, node: &Node, without: &[PodId]) -> Vec<Reason> {
        if self.ports_taken(at, without) {
            return vec![Reason::Ports];
        }
        let short = self.shortage(at, node, without);
        if !short.is_empty() {
            return short;
        }
        if let Some(reason) = self.volumes(at, node, without) {
            return vec![reason];
        }
        let labels = self.world.store.labels.get(node.meta.labels);
        self.near.obstacle(labels).into_iter().collect()
    }

    fn here<'b>(&'b self, at: NodeId, without: &'b [PodId]) -> impl Iterator<Item = &'b Pod> + 'b {
        let pods = self.world.store.index.pods_on(at).filter(move |id| !without.contains(id));
        pods.filter_map(|id| self.world.store.pods.get(id)).filter(|pod| !pod.finished())
    }

    fn ports_taken(&self, at: NodeId, without: &[PodId]) -> bool {
        let wanted = &self.pod.template.spec.host_ports;
        let any = |ip: &Arc<str>| ip.is_empty() || **ip == *"0.0.0.0";
        !wanted.is_empty()
            && self.here(at, without).flat_map(|other| &other.template.spec.host_ports).any(|taken| {
                wanted.iter().any(|port| {
                    port.port == taken.port
                        && port.protocol == taken.protocol
                        && (port.ip == taken.ip || any(&port.ip) || any(&taken.ip))
                })
            })
    }

    fn shortage(&self, at: NodeId, node: &Node, without: &[PodId]) -> Vec<Reason> {
        let (mut used, mut count) = (node.used.clone(), self.world.scheduler.held(at));
        for pod in without.iter().filter_map(|id| self.world.store.pods.get(*id)).filter(|pod| pod.counted) {
            used.add(&pod.template.spec.requests, -1);
            count = count.saturating_sub(1);
        }
        for pod in self.kept.get(&at).into_iter().flatten() {
            let Some(pod) = self.world.store.pods.get(*pod) else { continue };
            used.add(&pod.template.spec.requests, 1);
            count += 1;
        }
        let (wanted, all) = (&self.pod.template.spec.requests, &node.allocatable);
        let mut short = Vec::new();
        if count + 1 > node.pods_max {
            short.push(Reason::Pods);
        }
        let mut check = |name: &str, wanted: i64, used: i64, all: i64| {
            if wanted > 0 && wanted > all - used {
                short.push(Reason::Resource(name.into(), wanted <= all));
            }
        };
        check("cpu", wanted.cpu_milli, used.cpu_milli, all.cpu_milli);
        check("memory", wanted.memory_bytes, used.memory_bytes, all.memory_bytes);
        for (name, count) in &wanted.extended {
            let of = |map: &BTreeMap<Arc<str>, i64>| map.get(name).copied().unwrap_or(0);
            check(name, *count, of(&used.extended), of(&all.extended));
        }
        short
    }

    fn volumes(&self, at: NodeId, node: &Node, without: &[PodId]) -> Option<Reason> {
        let store = &self.world.store;
        for (id, claim) in self.pod.claims.iter().filter_map(|id| Some((*id, store.claims.get(*id)?))) {
            if claim.one_pod && self.used_elsewhere(id, without) {
                return Some(Reason::OnePod);
            }
            match &claim.phase {
                ClaimPhase::Bound { zonal: Zonal::Zone(zone), .. } if *zone != node.zone => {
                    return Some(Reason::VolumeElsewhere);
                }
                ClaimPhase::Bound { zonal: Zonal::Node(name), .. } if *name != node.meta.name => {
                    return Some(Reason::VolumeElsewhere);
                }
                ClaimPhase::Lost => return Some(Reason::VolumeGone),
                ClaimPhase::Pending if binding(self.world, id) == Some(Binding::Nothing) => {
                    return Some(Reason::NoVolume);
                }
                ClaimPhase::Bound { .. } | ClaimPhase::Pending => {}
            }
        }
        let attached = |pod: &Pod| pod.claims.iter().filter(|id| self.takes_slot(**id)).count() as u32;
        let own = attached(self.pod);
        let there: u32 = if own == 0 { 0 } else { self.here(at, without).map(attached).sum() };
        (own > 0 && own + there > node.volumes_max).then_some(Reason::VolumeLimit)
    }

    fn takes_slot(&self, id: ClaimId) -> bool {
        self.world.store.claims.get(id).is_some_and(|claim| claim.one_node)
    }

    fn used_elsewhere(&self, id: ClaimId, without: &[PodId]) -> bool {
        let users = self.world.store.index.by_claim.get(&id).into_iter().flatten();
        let others = users.filter(|other| **other != self.id && !without.contains(other));
        others
            .filter_map(|other| self.world.store.pods.get(*other))
            .any(|other| other.node.is_some() && !other.finished())
    }

    /// Every node's refusal, counted. Nodes that are shut to the class are known by number.
    pub(super) fn refusals(&self) -> Refusals {
        let store = &self.world.store;
        let grounds = &self.world.scheduler.grounds;
        let mut refused = Refusals { nodes: store.nodes.len(), ..Refusals::default() };
        if let Some(name) = &self.pod.pinned {
            let own = store.nodes.find("", name);
            let (shut, others) = own.map_or((None, refused.nodes), |at| (Some(at), refused.nodes - 1));
            refused.add(Reason::Pinned, others);
            if let Some((at, node)) = shut.and_then(|at| Some((at, store.nodes.get(at)?))) {
                match grounds.bar(self.class, at).and_then(super::reason::Bar::reason) {
                    Some(reason) => refused.add(reason, 1),
                    None => refused.node(self.reasons(at, node)),
                }
            }
            return refused;
        }
        for bar in super::reason::Bar::SHUT {
            if let Some(reason) = bar.reason() {
                refused.add(reason, grounds.barred(self.class)[bar as usize]);
            }
        }
        for at in grounds.open(self.class) {
            if let Some(node) = store.nodes.get(*at) {
                refused.node(self.reasons(*at, node));
            }
        }
        refused
    }
}

/// What becomes of an unbound claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binding {
    /// It waits for its first pod.
    First,
    /// A controller binds it by itself.
    Alone,
    /// There is nothing it could be bound to.
    Nothing,
}

fn binding(world: &World, id: ClaimId) -> Option<Binding> {
    let classes = &world.store.storage_classes;
    let claim = world.store.claims.get(id)?;
    let class = match &claim.class {
        Some(name) => classes.find("", name).and_then(|class| classes.get(class)),
        None => classes.iter().map(|(_, class)| class).find(|class| class.is_default),
    };
    // A claim without a class does not wait for a pod (Kubernetes: `IsDelayBindingMode`).
    let Some(class) = class.filter(|class| class.binding != BindingMode::Immediate) else {
        return Some(Binding::Alone);
    };
    Some(if class.provisions { Binding::First } else { Binding::Nothing })
}

/// Why a pod is refused before any node is looked at.
pub(super) fn before_nodes(world: &World, pod: &Pod) -> Option<&'static str> {
    let unbound = |id: &ClaimId| {
        world.store.claims.get(*id).is_some_and(|claim| claim.phase == ClaimPhase::Pending)
            && binding(world, *id) == Some(Binding::Alone)
    };
    pod.claims.iter().any(unbound).then_some("pod has unbound immediate PersistentVolumeClaims")
}

/// Binds the claims that waited for their first pod to the node's zone.
pub(super) fn bind_claims(world: &mut World, id: PodId, node: NodeId) {
    let Some(pod) = world.store.pods.get(id).filter(|pod| !pod.claims.is_empty()) else { return };
    let (claims, Some(node)) = (pod.claims.clone(), world.store.nodes.get(node)) else { return };
    let zone = node.zone.clone();
    for at in claims {
        let Some(claim) = world.store.claims.get_mut(at).filter(|claim| claim.phase == ClaimPhase::Pending)
        else {
            continue;
        };
        let volume = format!("pvc-{}", claim.meta.uid).into();
        let zonal = if claim.one_node { Zonal::Zone(zone.clone()) } else { Zonal::Anywhere };
        claim.phase = ClaimPhase::Bound { volume, zonal };
        world.changed(Ref::Claim(at), Verb::Modified);
    }
}
