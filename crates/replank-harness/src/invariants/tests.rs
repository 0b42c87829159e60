//! What the checker says of moves: of the pod that is meant, of a namesake, and of force.

use std::sync::Arc;

use jiff::SignedDuration;
use replank_core::action::{ClusterAction, MarkNode, Marking, PodId};
use replank_core::names::{InstanceId, NodeName, ObjectName, Uid};
use replank_core::pod_rules::Loss;
use replank_core::sizes::Sizes;

use super::{Case, Invariant, InvariantChecker};
use replank_components::apiserver::testing::{self, Is, map};
use replank_world::api::{Act, NodePatch, PodDeletion};
use replank_world::object;
use replank_world::store::NodeId;
use replank_world::time::Span;
use replank_world::world::World;

const GROUP: &str = "eks.amazonaws.com/nodegroup";

fn checker(force: bool) -> InvariantChecker {
    let home = Sizes { min: 1, desired: 1, max: 1 };
    let drain = SignedDuration::from_mins(15);
    let (group, image) = ("blue".to_owned(), "ami-new".to_owned());
    let (bare, empty_dir) = (Loss::Accept, Loss::Accept);
    InvariantChecker::new(Case {
        group,
        image,
        home,
        ceiling: 2,
        force,
        drain,
        bare,
        empty_dir,
        meddled: false,
    })
}

/// A world with `node-a` in this group.
fn world(group: &str) -> (World, NodeId) {
    let (mut world, node) = testing::world();
    let labels = world.label_set(&map(&[(GROUP, group)]));
    world.edit_node(node, |node| node.meta.labels = labels);
    (world, node)
}

/// Puts a pod on the node. Answers how an act that means it names it.
fn pod(world: &mut World, node: NodeId) -> PodId {
    let id = testing::pod(world, node, "store-0", "store", Is::Ready, None);
    let uid = world.store.pods.get(id).unwrap().meta.uid;
    PodId { name: ObjectName::new("shop", "store-0"), uid: Uid(uid.0) }
}

fn cordon(world: &mut World, on: bool) {
    let patch = NodePatch { unschedulable: Some(on), ..NodePatch::default() };
    world.request(Act::PatchNode { name: Arc::from("node-a"), uid: None, patch }).unwrap();
}

/// Judges an act and carries it out as an adapter does: with the identity, or without.
fn act(checker: &mut InvariantChecker, world: &mut World, action: &ClusterAction, keeps_identity: bool) {
    let before = checker.before(world, &action.clone().into());
    let (ClusterAction::Evict { pod, .. } | ClusterAction::Delete { pod }) = action else { return };
    let uid = keeps_identity.then_some(object::Uid(pod.uid.0));
    let options = PodDeletion { uid, ..PodDeletion::default() };
    let (namespace, name) = (pod.name.namespace.clone(), pod.name.name.clone());
    let request = match action {
        ClusterAction::Delete { .. } => Act::DeletePod { namespace, name, options },
        _ => Act::Evict { namespace, name, options },
    };
    // Whether the server takes it is what is tried.
    drop(world.request(request));
    checker.after(world, before);
}

fn evict(pod: &PodId) -> ClusterAction {
    ClusterAction::Evict { pod: pod.clone(), grace_seconds: None }
}

fn drain(node: &str, cordon: Option<bool>) -> ClusterAction {
    ClusterAction::Mark(MarkNode {
        node: NodeName::new(node),
        uid: Uid(0),
        instance: InstanceId::new("i-0"),
        marks: Marking { cordon, exclude: Some(true), ..Marking::default() },
    })
}

fn laws(checker: &InvariantChecker) -> Vec<Invariant> {
    checker.violations.iter().map(|violation| violation.law).collect()
}

#[test]
fn the_pod_that_is_meant_is_judged_where_it_is() {
    for (group, closed, wanted) in [
        ("blue", true, vec![]),
        ("blue", false, vec![Invariant::Cordon]),
        ("green", true, vec![Invariant::Outside]),
        ("green", false, vec![Invariant::Outside, Invariant::Cordon]),
    ] {
        let (mut world, node) = world(group);
        cordon(&mut world, closed);
        let pod = pod(&mut world, node);
        let mut checker = checker(false);
        act(&mut checker, &mut world, &evict(&pod), true);
        assert_eq!(laws(&checker), wanted, "{group} {closed}");
    }
}

#[test]
fn that_somebody_else_opened_a_node_is_seen_a_while_later() {
    for (by, seconds, wanted) in [
        (None, 59, vec![]),
        (Some("kubectl"), 59, vec![]),
        (Some("kubectl"), 61, vec![Invariant::Cordon]),
        (Some(replank_rehearsal::adapter::MANAGER), 1, vec![Invariant::Cordon]),
    ] {
        let (mut world, node) = world("blue");
        cordon(&mut world, true);
        let by: Option<Arc<str>> = by.map(Into::into);
        let patch = NodePatch { unschedulable: Some(false), by: by.clone(), ..NodePatch::default() };
        world.request(Act::PatchNode { name: Arc::from("node-a"), uid: None, patch }).unwrap();
        world.now = world.now + Span::secs(seconds);
        let pod = pod(&mut world, node);
        let mut checker = checker(false);
        act(&mut checker, &mut world, &evict(&pod), true);
        assert_eq!(laws(&checker), wanted, "{by:?} {seconds}");
    }
}

#[test]
fn a_namesake_is_moved_or_it_is_not() {
    for (keeps_identity, wanted) in [(true, vec![]), (false, vec![Invariant::Outside, Invariant::Cordon])] {
        let (mut world, node) = world("green");
        let namesake = pod(&mut world, node);
        let gone = PodId { uid: Uid(namesake.uid.0 + 1), ..namesake };
        let mut checker = checker(false);
        act(&mut checker, &mut world, &evict(&gone), keeps_identity);
        assert_eq!(laws(&checker), wanted, "with the identity: {keeps_identity}");
    }
}

#[test]
fn force_has_to_wait_and_to_ask() {
    // Our cordon or a person's; closed so many minutes before the delete; asked; wanted.
    let rows = [
        (Some(true), 15, true, vec![]),
        (None, 15, true, vec![]),
        (Some(true), 14, true, vec![Invariant::Delete]),
        (None, 14, true, vec![Invariant::Delete]),
        (Some(true), 15, false, vec![Invariant::Delete]),
    ];
    for (ours, minutes, asked, wanted) in rows {
        let (mut world, node) = world("blue");
        let pod = pod(&mut world, node);
        let mut checker = checker(true);
        cordon(&mut world, true);
        act(&mut checker, &mut world, &drain("node-a", ours), true);
        if asked {
            checker.before(&world, &evict(&pod).into());
        }
        let until = world.now + Span::secs(60 * minutes);
        world.advance_to(until);
        act(&mut checker, &mut world, &ClusterAction::Delete { pod }, true);
        assert_eq!(laws(&checker), wanted, "{ours:?} {minutes} {asked}");
    }
}

#[test]
fn the_polite_time_begins_when_the_node_is_closed() {
    let (mut world, node) = world("blue");
    let pod = pod(&mut world, node);
    let mut checker = checker(true);
    act(&mut checker, &mut world, &drain("node-a", Some(true)), true);
    let closed_at = world.now + Span::secs(300);
    world.advance_to(closed_at);
    cordon(&mut world, true);
    checker.look(&world);
    checker.before(&world, &evict(&pod).into());
    let until = world.now + Span::secs(60 * 14);
    world.advance_to(until);
    act(&mut checker, &mut world, &ClusterAction::Delete { pod }, true);
    assert_eq!(laws(&checker), [Invariant::Delete]);
}
