//! Caches of the scheduler: what does not depend on other pods is computed once for each class of pods and node.
//!
//! Pods with equal node constraints share a *ground*: the nodes that would take them while empty. Pods with equal
//! requests too share a *fit*: how well each of these nodes suits them now.

use std::collections::BTreeMap;

use replank_core::behaviour::{Behaviour, ServerVersion};
use replank_world::object::{Node, PodSpec, PodTemplate};
use replank_world::store::{NodeId, Store};
use replank_world::vocab::labels::Map;
use replank_world::vocab::quantity::Resources;
use replank_world::vocab::taint::{Effect, Taint, UNSCHEDULABLE};

use super::reason::{BARS, Bar};

/// The class of a pod: pods of one class have equal node constraints and equal requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    /// Index of their ground.
    pub(super) node_class: usize,
    /// Index of their fit.
    pub(super) fit: usize,
}

/// All classes of a world.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeClasses {
    of_template: Vec<Option<Class>>,
    by_content: BTreeMap<String, usize>,
    fit_by_content: BTreeMap<(usize, Box<Wanted>), usize>,
    all: Vec<NodeClass>,
    fits: Vec<Fit>,
    /// A counter of changes of each node's capacity or use, by node number; scores of older versions are stale.
    versions: Vec<u32>,
    /// Zone numbers by name, and of each node by its number.
    zones: BTreeMap<std::sync::Arc<str>, u16>,
    zone_of: Vec<u16>,
    /// The version whose filters and scores these are; `None` before the first pod.
    version: Option<ServerVersion>,
    /// Whether that looks at names before cordons.
    name_first: bool,
    /// Whether that scores how a node's balance changes.
    by_gain: bool,
}

/// The node constraints of a class and the nodes that satisfy them.
#[derive(Clone, Debug)]
struct NodeClass {
    spec: PodSpec,
    /// The filter that excludes each node, by node number; `None` where there is no node.
    bars: Vec<Option<Bar>>,
    /// The nodes that take these pods while empty, by rising number.
    open: Vec<NodeId>,
    /// How many nodes each filter excludes.
    barred: [usize; BARS],
}

/// What pods of a class request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    pub(super) requests: Resources,
    pub(super) nonzero: Resources,
    pub(super) best_effort: bool,
}

/// Cached scores of each node for a class.
#[derive(Clone, Debug)]
struct Fit {
    wanted: Box<Wanted>,
    known: Vec<Known>,
}

/// A cached score and the node version it was computed for.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    version: u32,
    /// Score for resources, or [`FULL`].
    score: i32,
}

/// The score of a node without enough room.
pub(super) const FULL: i32 = -1;

impl NodeClasses {
    /// Filters and scores as that version does, from now on.
    pub(super) fn follow(&mut self, version: ServerVersion, store: &Store) {
        if self.version.replace(version) == Some(version) {
            return;
        }
        self.name_first = version.has(Behaviour::NameBeforeCordon);
        self.by_gain = version.has(Behaviour::BalanceByGain);
        for (id, node) in store.nodes.iter() {
            self.node_changed(id, Some((node, store.labels.get(node.meta.labels))));
        }
    }

    /// The class of a template, computed on first use.
    pub(super) fn class(&mut self, template: &PodTemplate, store: &Store) -> Class {
        let number = template.id as usize;
        if self.of_template.len() <= number {
            self.of_template.resize(number + 1, None);
        }
        if let Some(class) = self.of_template[number].filter(|_| number != 0) {
            return class;
        }
        let node_class = self.node_class(&template.spec, store);
        let spec = &template.spec;
        let wanted = Box::new(Wanted {
            requests: spec.requests.clone(),
            nonzero: spec.nonzero.clone(),
            best_effort: spec.best_effort,
        });
        let fits = &mut self.fits;
        let fit = *self.fit_by_content.entry((node_class, wanted.clone())).or_insert_with(|| {
            fits.push(Fit { wanted, known: Vec::new() });
            fits.len() - 1
        });
        let class = Class { node_class, fit };
        self.of_template[number] = Some(class);
        class
    }

    fn node_class(&mut self, spec: &PodSpec, store: &Store) -> usize {
        let content = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            spec.node_selector,
            spec.node_required,
            spec.node_names,
            spec.node_preferred,
            spec.tolerations,
            spec.node_name
        );
        if let Some(known) = self.by_content.get(&content) {
            return *known;
        }
        let number = self.all.len();
        let name_first = self.name_first;
        let mut node_class =
            NodeClass { spec: spec.clone(), bars: Vec::new(), open: Vec::new(), barred: [0; BARS] };
        for (id, node) in store.nodes.iter() {
            node_class
                .put(id, Some(bar(&node_class.spec, node, store.labels.get(node.meta.labels), name_first)));
        }
        self.all.push(node_class);
        self.by_content.insert(content, number);
        number
    }

    /// Invalidates the cached scores of a node whose pods changed.
    pub(super) fn touch(&mut self, id: NodeId) {
        let at = id.0 as usize;
        if self.versions.len() <= at {
            self.versions.resize(at + 1, 1);
        }
        self.versions[at] = self.versions[at].wrapping_add(1).max(1);
    }

    /// Updates every class after a node changed or was removed (`None`).
    pub(super) fn node_changed(&mut self, id: NodeId, node: Option<(&Node, &Map)>) {
        self.touch(id);
        let name_first = self.name_first;
        for node_class in &mut self.all {
            let bar = node.map(|(node, labels)| bar(&node_class.spec, node, labels, name_first));
            node_class.put(id, bar);
        }
        let Some((node, _)) = node else { return };
        let next = self.zones.len() as u16;
        let zone = *self.zones.entry(node.zone.clone()).or_insert(next);
        if self.zone_of.len() <= id.0 as usize {
            self.zone_of.resize(id.0 as usize + 1, 0);
        }
        self.zone_of[id.0 as usize] = zone;
    }

    /// The nodes that would take the class while empty.
    pub(super) fn open(&self, class: Class) -> &[NodeId] {
        &self.all[class.node_class].open
    }

    /// The nodes that would take the class while empty, and what scores them.
    pub(super) fn open_and_scores<'g>(
        &'g mut self,
        class: Class,
        store: &'g Store,
    ) -> (&'g [NodeId], Scores<'g>) {
        let fit = &mut self.fits[class.fit];
        let nodes = self.versions.len();
        if fit.known.len() < nodes {
            fit.known.resize(nodes, Known::default());
        }
        let Fit { wanted, known } = fit;
        let scores = Scores { wanted, known, versions: &self.versions, by_gain: self.by_gain, store };
        (&self.all[class.node_class].open, scores)
    }

    /// The filter that excludes the class from a node; `None` when there is no such node.
    pub(super) fn bar(&self, class: Class, id: NodeId) -> Option<Bar> {
        self.all[class.node_class].bars.get(id.0 as usize).copied().flatten()
    }

    /// How many nodes each filter excludes for the class.
    pub(super) fn barred(&self, class: Class) -> &[usize; BARS] {
        &self.all[class.node_class].barred
    }

    /// The number of a node's zone.
    pub(super) fn zone(&self, id: NodeId) -> u16 {
        self.zone_of.get(id.0 as usize).copied().unwrap_or(0)
    }

    /// How many zone numbers are in use.
    pub(super) fn zones(&self) -> usize {
        self.zones.len()
    }

    /// The score for resources of one node for a class, see [`Scores::of`].
    pub(super) fn score(&mut self, class: Class, id: NodeId, held: u32, store: &Store) -> i32 {
        self.open_and_scores(class, store).1.of(id, || held)
    }
}

/// Scores nodes for one class, from the cache where it is current.
pub(super) struct Scores<'g> {
    wanted: &'g Wanted,
    known: &'g mut [Known],
    versions: &'g [u32],
    by_gain: bool,
    store: &'g Store,
}

impl Scores<'_> {
    /// The score for resources of a node that has `held()` pods; [`FULL`] without room.
    pub(super) fn of(&mut self, id: NodeId, held: impl FnOnce() -> u32) -> i32 {
        let at = id.0 as usize;
        let version = self.versions.get(at).copied().unwrap_or(1);
        if let Some(known) = self.known.get(at).filter(|known| known.version == version) {
            return known.score;
        }
        let score = match self.store.nodes.get(id) {
            Some(node) if has_room(self.wanted, node, held()) => suits(self.wanted, node, self.by_gain),
            Some(_) | None => FULL,
        };
        if let Some(known) = self.known.get_mut(at) {
            *known = Known { version, score };
        }
        score
    }
}

impl NodeClass {
    fn put(&mut self, id: NodeId, bar: Option<Bar>) {
        let at = id.0 as usize;
        if self.bars.len() <= at {
            self.bars.resize(at + 1, None);
        }
        let before = std::mem::replace(&mut self.bars[at], bar);
        if before == bar {
            return;
        }
        match before {
            Some(Bar::Open) => {
                if let Ok(place) = self.open.binary_search(&id) {
                    self.open.remove(place);
                }
            }
            Some(bar) => self.barred[bar as usize] -= 1,
            None => {}
        }
        match bar {
            Some(Bar::Open) => {
                if let Err(place) = self.open.binary_search(&id) {
                    self.open.insert(place, id);
                }
            }
            Some(bar) => self.barred[bar as usize] += 1,
            None => {}
        }
    }
}

/// The first filter that excludes a node by its own properties: unschedulable, name, taints, affinity, in plugin
/// order. Some versions look at the name first.
fn bar(spec: &PodSpec, node: &Node, labels: &Map, name_first: bool) -> Bar {
    let other_name = spec.node_name.as_ref().is_some_and(|name| *name != node.meta.name);
    if name_first && other_name {
        return Bar::Name;
    }
    if node.unschedulable
        && !Taint::new(UNSCHEDULABLE, "", Effect::NoSchedule).tolerated_by(&spec.tolerations)
    {
        return Bar::Unschedulable;
    }
    if other_name {
        return Bar::Name;
    }
    if untolerated(spec, node).is_some() {
        return Bar::Taint;
    }
    if wants(spec, node, labels) { Bar::Open } else { Bar::Affinity }
}

/// The first taint that keeps pods off a node.
pub(super) fn untolerated<'a>(spec: &PodSpec, node: &'a Node) -> Option<&'a Taint> {
    let hard = node.taints.iter().filter(|taint| taint.effect != Effect::PreferNoSchedule);
    hard.into_iter().find(|taint| !taint.tolerated_by(&spec.tolerations))
}

/// Whether a node satisfies node selector, required node affinity and `matchFields`.
pub(super) fn wants(spec: &PodSpec, node: &Node, labels: &Map) -> bool {
    let required =
        spec.node_required.as_ref().is_none_or(|terms| terms.iter().any(|term| term.matches(labels)));
    let named = spec.node_names.as_ref().is_none_or(|names| names.contains(&node.meta.name));
    required && named && spec.node_selector.matches(labels)
}

/// Whether a node has room for one more pod of the class (Kubernetes: `NodeResourcesFit`).
pub(super) fn has_room(wanted: &Wanted, node: &Node, pods: u32) -> bool {
    pods < node.pods_max && wanted.requests.fits(&node.used, &node.allocatable)
}

/// Scores of `NodeResourcesFit` (least allocated) and `NodeResourcesBalancedAllocation` together. Some versions
/// score how the balance changes (`by_gain`), others how it is.
fn suits(wanted: &Wanted, node: &Node, by_gain: bool) -> i32 {
    let all = &node.allocatable;
    let free = |used: i64, wanted: i64, all: i64| {
        if all <= 0 || used + wanted > all { 0 } else { (all - used - wanted) * 100 / all }
    };
    let (used, asked) = (&node.used_nonzero, &wanted.nonzero);
    let cpu = free(used.cpu_milli, asked.cpu_milli, all.cpu_milli);
    let memory = free(used.memory_bytes, asked.memory_bytes, all.memory_bytes);
    let least = i64::midpoint(cpu, memory);
    if wanted.best_effort {
        return least as i32;
    }
    let share = |used: i64, wanted: i64, all: i64| {
        if all <= 0 { 0.0 } else { ((used + wanted) as f64 / all as f64).min(1.0) }
    };
    let used = &node.used;
    let balance = |cpu_milli: i64, memory_bytes: i64| {
        let apart = share(used.cpu_milli, cpu_milli, all.cpu_milli)
            - share(used.memory_bytes, memory_bytes, all.memory_bytes);
        ((1.0 - apart.abs() / 2.0) * 100.0) as i64
    };
    let with = balance(wanted.requests.cpu_milli, wanted.requests.memory_bytes);
    let balanced = if by_gain { 50 + (50 + with - balance(0, 0)) / 2 } else { with };
    (least + balanced) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By version: what a node of 4 CPUs and 8 GiB scores for a pod of 1 CPU and 1 GiB, of which 1 CPU is used.
    #[test]
    fn balance_is_scored_as_each_version_does() {
        let (mut world, id) = crate::apiserver::testing::world();
        let node = world.store.nodes.get_mut(id).unwrap();
        let resources =
            |cpu_milli, gib: i64| Resources { cpu_milli, memory_bytes: gib << 30, ..Resources::default() };
        node.allocatable = resources(4000, 8);
        node.used = resources(1000, 0);
        node.used_nonzero = node.used.clone();
        let asked = resources(1000, 1);
        let wanted = Wanted { requests: asked.clone(), nonzero: asked, best_effort: false };
        // Least allocated: (50 + 87) / 2 = 68. With the pod 0.5 and 0.125 are used, without it 0.25 and 0.
        assert_eq!(suits(&wanted, node, false), 68 + 81);
        assert_eq!(suits(&wanted, node, true), 68 + 50 + (50 + 81 - 87) / 2);
    }
}
