//! The nodes of a whole group, for the service: creating, counting, draining.

use std::sync::Arc;

use replank_service::ports::node_groups::{GroupNodes, GroupRequest};

use super::{MANAGER, NODEGROUP};
use replank_world::act::{Act, NewGroup};
use replank_world::api;
use replank_world::cloud::settings::Settings;
use replank_world::cloud::{Group, InstanceNo};
use replank_world::object::{Node, NodeReady};
use replank_world::refusal::Refusal;
use replank_world::store::NodeId;
use replank_world::time::{Span, Time};
use replank_world::vocab::taint::{Effect, Taint};
use replank_world::world::World;

/// How long an instance may take to join (EKS: 15 minutes).
const JOINS: Span = Span::secs(900);
/// The prime of the hash over instance numbers (FNV-1a, 64 bits).
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// Creates the group, unless it exists.
pub(super) fn create(world: &mut World, wish: &GroupRequest) -> Result<(), Refusal> {
    if let Some(number) = world.cloud.group_of(&wish.group) {
        let said = format!("{} is the name of a group that the user keeps; take another one", wish.group);
        let is_managed = world.cloud.group(number).spec.is_managed;
        return is_managed.then_some(()).ok_or_else(|| Refusal::new(400, "AlreadyExists", said));
    }
    let mut settings = Settings::new(&wish.instance_type);
    settings.capacity_type = wish.capacity_type.as_str().into();
    settings.labels = wish.labels.iter().map(|(key, value)| (arc(key), arc(value))).collect();
    if let Some(source) = &wish.source {
        settings.take_in(source);
    }
    for (key, value, effect) in &wish.taints {
        let known = [Effect::NoSchedule, Effect::PreferNoSchedule, Effect::NoExecute];
        if let Some(effect) = known.into_iter().find(|known| known.as_str() == effect) {
            settings.taints.push(Taint::new(key, value, effect));
        }
    }
    let group = NewGroup {
        name: arc(&wish.scaling_group),
        nodegroup: arc(&wish.group),
        zones: wish.zones.iter().map(|zone| arc(zone)).collect(),
        sizes: wish.sizes,
        template: arc(&wish.template),
        image: arc(&wish.image),
        settings: settings.to_string().into(),
        tags: wish.tags.iter().map(|(key, value)| (arc(key), arc(value))).collect(),
    };
    world.act(Act::CreateGroup { group: Box::new(group) })
}

/// A count of a group's nodes, valid until a node or an instance of it changes.
#[derive(Debug)]
pub(super) struct Counted {
    /// The cluster's resource version and a hash of the group's instances at the count.
    at: (u64, u64),
    ready: u32,
    /// Instances without a node, with their launch times.
    missing: Vec<(Time, InstanceNo)>,
    /// Instances whose node did not become Ready in time and is not yet, with their launch times.
    unready: Vec<(Time, InstanceNo)>,
}

impl Counted {
    fn count(world: &World, group: &str, scaling: &Group, at: (u64, u64)) -> Self {
        let ready = nodes(world, group).into_iter().filter_map(|id| world.store.nodes.get(id));
        let node = |number| {
            let id = world.store.index.by_instance.get(&world.cloud.instance(number).id).copied()?;
            world.store.nodes.get(id)
        };
        let unready = |(at, number): &(Time, InstanceNo)| {
            let never = |node: &Node| node.ready != NodeReady::True && node.ready_since - *at <= JOINS;
            node(*number).is_some_and(never)
        };
        Self {
            at,
            ready: ready.filter(|node| node.ready == NodeReady::True).count() as u32,
            missing: scaling.launched().filter(|(_, number)| node(*number).is_none()).collect(),
            unready: scaling.launched().filter(unready).collect(),
        }
    }
}

/// The state of a group's nodes; counted again only after a change. `None` when the group does not exist.
pub(super) fn look(world: &World, group: &str, counted: &mut Option<Counted>) -> Option<GroupNodes> {
    let scaling = world.cloud.group(world.cloud.group_of(group)?);
    let mix = |hash: u64, number: u32| (hash.rotate_left(5) ^ u64::from(number)).wrapping_mul(PRIME);
    let instances = scaling.launched().fold(0, |hash, (_, number)| mix(hash, number.0));
    let at = (world.store.changes.version, instances);
    let known = counted.take().filter(|known| known.at == at);
    let known = counted.insert(known.unwrap_or_else(|| Counted::count(world, group, scaling, at)));
    let overdue = |all: &[(Time, InstanceNo)]| -> Vec<String> {
        let late = all.iter().filter(|(at, _)| world.now - *at > JOINS);
        late.map(|(_, number)| world.cloud.instance(*number).id.to_string()).collect()
    };
    let spec = &scaling.spec;
    let template = world.cloud.template(&spec.template);
    let is_foreign = template.is_some_and(|template| template.is_by_hand(spec.version));
    Some(GroupNodes {
        standing: scaling.capacity(),
        ready: known.ready,
        desired: scaling.spec.sizes.desired,
        failures: scaling.open_failures(world.now),
        late: overdue(&known.missing),
        unready: overdue(&known.unready),
        template_gone: template.is_none().then(|| spec.template.to_string()),
        foreign_version: is_foreign.then(|| (spec.template.to_string(), spec.version)),
    })
}

/// Cordons the group's nodes and tries to evict their pods once; returns how many pods should leave and are still
/// there.
pub(super) fn drain(world: &mut World, group: &str) -> Result<u32, Refusal> {
    let mut left = 0;
    for id in nodes(world, group) {
        let Some(name) = world.store.nodes.get(id).map(|node| node.meta.name.clone()) else { continue };
        let by = Some(MANAGER.into());
        let patch = api::NodePatch { unschedulable: Some(true), by, ..api::NodePatch::default() };
        world.act(Act::Cluster(api::Act::PatchNode { name, uid: None, patch }))?;
        let pods: Vec<(Arc<str>, Arc<str>)> = world
            .store
            .index
            .pods_on(id)
            .filter_map(|pod| world.store.pods.get(pod))
            .filter(|pod| !pod.finished() && !stays(pod))
            .map(|pod| (pod.meta.namespace.clone(), pod.meta.name.clone()))
            .collect();
        left += pods.len() as u32;
        for (namespace, name) in pods {
            let options = api::PodDeletion::default();
            // A budget may say no; it is asked again.
            let _refused = world.act(Act::Cluster(api::Act::Evict { namespace, name, options }));
        }
    }
    Ok(left)
}

/// Whether a drain leaves the pod (`kubectl drain`: DaemonSet and mirror pods).
fn stays(pod: &replank_world::object::Pod) -> bool {
    pod.meta.owner.as_ref().is_some_and(|owner| matches!(&*owner.kind, "DaemonSet" | "Node"))
}

fn nodes(world: &World, group: &str) -> Vec<NodeId> {
    let store = &world.store;
    let ours = |labels| store.labels.get(labels).get(NODEGROUP).is_some_and(|name| **name == *group);
    store.nodes.iter().filter(|(_, node)| ours(node.meta.labels)).map(|(id, _)| id).collect()
}

fn arc(text: &str) -> Arc<str> {
    Arc::from(text)
}

#[cfg(test)]
mod tests {
    use super::look;
    use crate::session::{Definition, Session};
    use replank_formats::worldfile;
    use replank_world::act::Act;
    use replank_world::time::Span;

    const WORLD: &str = "\
clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 1, desired: 4, max: 9}
";

    /// Whatever happens to nodes and instances, what is kept from the look before is never told when it is old.
    #[test]
    fn what_was_counted_before_holds_as_long_as_it_is_told() {
        let spec = worldfile::read("world", WORLD.as_bytes()).unwrap();
        let definition =
            Definition { spec, world_file: None, manifests: Vec::new(), replaces_workloads: false };
        let session = Session::new(definition).unwrap();
        let mut world = session.world.lock();
        let node = world.store.nodes.iter().next().map(|(_, node)| node.meta.name.clone()).unwrap();
        let mut counted = None;
        let mut seen = std::collections::BTreeSet::new();
        for step in 0..400 {
            let act = match step {
                20 => Some(Act::Silent { node: node.clone(), for_micros: Span::secs(300).0 }),
                140 => Some(Act::NodeDies { node: node.clone() }),
                200 => {
                    let to = [None, Some(7), None];
                    Some(Act::SetSizes { group: "default".into(), from: None, to })
                }
                _ => None,
            };
            if let Some(act) = act {
                world.act(act).unwrap();
            }
            let until = world.now + Span::secs(7);
            world.advance_to(until);
            let found = look(&world, "default", &mut counted).unwrap();
            assert_eq!(Some(&found), look(&world, "default", &mut None).as_ref(), "step {step}");
            seen.insert((found.standing, found.ready));
        }
        assert!(seen.len() > 5, "{seen:?}");
    }
}
