//! The nodes of a whole group: made with it, looked at, asked to go.

use std::sync::Arc;

use replank_engine::ports::account::{GroupNodes, GroupWish};

use super::NODEGROUP;
use crate::act::{Act, NewGroup};
use crate::api;
use crate::cloud::settings::Settings;
use crate::object::NodeReady;
use crate::refusal::Refusal;
use crate::store::NodeId;
use crate::time::Span;
use crate::vocab::taint::{Effect, Taint};
use crate::world::World;

/// How long an instance may take to join (EKS: 15 minutes).
const JOINS: Span = Span::secs(900);

/// Makes the group, unless it is there.
pub(super) fn create(world: &mut World, wish: &GroupWish) -> Result<(), Refusal> {
    if world.cloud.group_of(&wish.group).is_some() {
        return Ok(());
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

/// How its nodes get on.
pub(super) fn look(world: &World, group: &str) -> Option<GroupNodes> {
    let scaling = world.cloud.group(world.cloud.group_of(group)?);
    let ready = nodes(world, group).into_iter().filter_map(|id| world.store.nodes.get(id));
    let joined = |number| world.store.index.by_instance.contains_key(&world.cloud.instance(number).id);
    let late = scaling.launched().filter(|(at, number)| world.now - *at > JOINS && !joined(*number));
    let spec = &scaling.spec;
    let template = world.cloud.template(&spec.template);
    let is_foreign = template.is_some_and(|template| template.is_by_hand(spec.version));
    Some(GroupNodes {
        standing: scaling.capacity(),
        ready: ready.filter(|node| node.ready == NodeReady::True).count() as u32,
        desired: scaling.spec.sizes.desired,
        failures: scaling.open_failures(world.now),
        late: late.map(|(_, number)| world.cloud.instance(number).id.to_string()).collect(),
        template_gone: template.is_none().then(|| spec.template.to_string()),
        foreign_version: is_foreign.then(|| (spec.template.to_string(), spec.version)),
    })
}

/// Cordons its nodes and evicts what is on them, once; how many pods are left that should go.
pub(super) fn drain(world: &mut World, group: &str) -> Result<u32, Refusal> {
    let mut left = 0;
    for id in nodes(world, group) {
        let Some(name) = world.store.nodes.get(id).map(|node| node.meta.name.clone()) else { continue };
        let patch = api::NodePatch { unschedulable: Some(true), ..api::NodePatch::default() };
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

/// Whether a drain leaves the pod where it is (kubectl drain: `DaemonSet` and mirror pods).
fn stays(pod: &crate::object::Pod) -> bool {
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
