//! The scheduler's filters: which nodes are feasible for a pod, and why the others are not, in plugin order.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kubernetes::components;
use replank_core::behaviour::Behaviour;
use replank_world::object::{Node, Pod};
use replank_world::store::{NodeId, PodId};
use replank_world::world::World;

use super::node_classes::{Class, NodeClasses};
use super::pod_constraints::PodConstraints;
use super::reason::{Bar, Reason, Refusals};
use super::volumes::Unbound;

/// A pod being scheduled, with what the filters and scores compute once for it.
pub(super) struct Seeker<'a> {
    pub(super) world: &'a World,
    pub(super) id: PodId,
    pub(super) pod: &'a Pod,
    pub(super) class: Class,
    pub(super) pod_constraints: PodConstraints,
    /// Nominated pods of at least its priority, by node: their room counts as taken.
    pub(super) kept: BTreeMap<NodeId, Vec<PodId>>,
    /// Its claims that are bound when its node is chosen.
    pub(super) unbound: Vec<Unbound<'a>>,
}

impl Seeker<'_> {
    /// Whether filters beyond its class apply: constraints between pods, ports, volumes, nominated pods.
    pub(super) fn is_picky(&self) -> bool {
        let spec = &self.pod.template.spec;
        !self.pod_constraints.is_silent()
            || !spec.host_ports.is_empty()
            || !self.pod.claims.is_empty()
            || !self.kept.is_empty()
    }

    /// Why a node that is feasible for the pod's class is not for the pod; every missing resource is named.
    pub(super) fn reasons(&self, at: NodeId, node: &Node) -> Vec<Reason> {
        self.reasons_without(at, node, &[])
    }

    /// The same as if the pods in `without` were gone.
    pub(super) fn reasons_without(&self, at: NodeId, node: &Node, without: &[PodId]) -> Vec<Reason> {
        if self.ports_taken(at, without) {
            return vec![Reason::Ports];
        }
        let short = self.shortage(at, node, without);
        if !short.is_empty() {
            return short;
        }
        let volumes = self.volumes(at, node, without);
        if !volumes.is_empty() {
            return volumes;
        }
        let labels = self.world.store.labels.get(node.meta.labels);
        self.pod_constraints.obstacle(labels).into_iter().collect()
    }

    pub(super) fn here<'b>(&'b self, at: NodeId, without: &'b [PodId]) -> impl Iterator<Item = &'b Pod> + 'b {
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
        let (mut used, mut count) = (node.used.clone(), components(&self.world.state).scheduler.held(at));
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
        check("ephemeral-storage", wanted.storage_bytes, used.storage_bytes, all.storage_bytes);
        for (name, count) in &wanted.extended {
            let of = |map: &BTreeMap<Arc<str>, i64>| map.get(name).copied().unwrap_or(0);
            check(name, *count, of(&used.extended), of(&all.extended));
        }
        short
    }

    /// The reasons of all nodes, counted. Nodes that the class excludes are counted without a look at each.
    pub(super) fn refusals(&self) -> Refusals {
        let store = &self.world.store;
        let node_classes = &components(&self.world.state).scheduler.node_classes;
        let mut refused = Refusals { nodes: store.nodes.len(), ..Refusals::default() };
        if let Some(name) = &self.pod.pinned {
            let own = store.nodes.find("", name);
            let (shut, others) = own.map_or((None, refused.nodes), |at| (Some(at), refused.nodes - 1));
            refused.add(Reason::Pinned, others);
            if let Some((at, node)) = shut.and_then(|at| Some((at, store.nodes.get(at)?))) {
                match node_classes.bar(self.class, at).and_then(Bar::reason) {
                    Some(Reason::Taint) => refused.add(self.tainted(node), 1),
                    Some(reason) => refused.add(reason, 1),
                    None => refused.node(self.reasons(at, node)),
                }
            }
            return refused;
        }
        for bar in Bar::SHUT {
            match bar.reason() {
                Some(Reason::Taint) => self.add_tainted(&mut refused, node_classes),
                Some(reason) => refused.add(reason, node_classes.barred(self.class)[bar as usize]),
                None => {}
            }
        }
        for at in node_classes.open(self.class) {
            if let Some(node) = store.nodes.get(*at) {
                refused.node(self.reasons(*at, node));
            }
        }
        refused
    }

    /// Nodes that taints exclude, by taint where the version names it.
    fn add_tainted(&self, refused: &mut Refusals, node_classes: &NodeClasses) {
        let count = node_classes.barred(self.class)[Bar::Taint as usize];
        if count == 0 || !self.world.known.version.has(Behaviour::SaysTaint) {
            return refused.add(Reason::Taint, count);
        }
        for (at, node) in self.world.store.nodes.iter() {
            if node_classes.bar(self.class, at) == Some(Bar::Taint) {
                refused.add(self.tainted(node), 1);
            }
        }
    }

    /// The reason of a node that a taint excludes.
    fn tainted(&self, node: &Node) -> Reason {
        let taint = super::node_classes::untolerated(&self.pod.template.spec, node);
        taint.map_or(Reason::Taint, |taint| Reason::of_taint(taint, self.world.known.version))
    }
}
