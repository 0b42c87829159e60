//! The autoscaler in small worlds, watched from outside: sizes, marks, pods, events.

mod grows;
mod lives;
mod misses;
mod rules;
mod shrinks;

use replank_formats::worldfile;
use replank_rehearsal::session::{Definition, Session};
use replank_world::cloud::GroupNo;
use replank_world::object::Node;
use replank_world::store::NodeId;
use replank_world::time::Span;
use replank_world::world::World;

use replank_components::autoscaler::testing::{is_alive, is_closed};

/// A world with three nodes of m5.large and a running autoscaler; `flags` are its own, `group` sizes and more of the
/// group, `workloads` what runs.
fn world(flags: &str, group: &str, workloads: &str) -> World {
    let text = format!(
        "clusters:\n- addons: [cluster-autoscaler]\n  autoscaler: {{enabled: true{flags}}}\n  nodeGroups:\n  - name: \
         default\n    {group}\n  workloads:{workloads}\n"
    );
    session(&text).world.lock().clone()
}

fn session(text: &str) -> Session {
    let spec = worldfile::read("w.yaml", text.as_bytes()).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    let (world_file, manifests, replaces_workloads) = (None, Vec::new(), false);
    Session::new(Definition { spec, world_file, manifests, replaces_workloads }).expect("a world")
}

/// Lets time pass; desired afterwards.
fn pass(world: &mut World, seconds: i64) -> u32 {
    world.advance_to(world.now + Span::secs(seconds));
    desired(world)
}

fn desired(world: &World) -> u32 {
    world.cloud.group(GroupNo(0)).spec.sizes.desired
}

/// Lets time pass until something holds; how many seconds.
fn until(world: &mut World, most: i64, holds: impl Fn(&World) -> bool) -> i64 {
    let begun = world.now;
    while !holds(world) {
        assert!((world.now - begun).as_secs() < most, "not within {most} s");
        world.advance_to(world.now + Span::secs(1));
    }
    (world.now - begun).as_secs()
}

fn is_candidate(node: &Node) -> bool {
    node.taints.iter().any(|taint| &*taint.key == "DeletionCandidateOfClusterAutoscaler")
}

fn count(world: &World, holds: impl Fn(&Node) -> bool) -> usize {
    world.store.nodes.iter().filter(|(_, node)| holds(node)).count()
}

fn closed(world: &World) -> Option<NodeId> {
    world.store.nodes.iter().find(|(_, node)| is_closed(node)).map(|(id, _)| id)
}

/// What was said for a reason, oldest first.
fn said(world: &World, reason: &str) -> Vec<String> {
    let events =
        world.events.iter().filter(|event| event.reason == reason && event.source == "cluster-autoscaler");
    events.map(|event| event.message.to_string()).collect()
}

/// The status, while there is one.
fn status(world: &World) -> Option<String> {
    let id = world.store.others.find_in("", "ConfigMap", "kube-system", "cluster-autoscaler-status")?;
    Some(world.store.others.get(id)?.raw["data"]["status"].as_str()?.to_owned())
}
