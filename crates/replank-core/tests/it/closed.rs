//! New nodes that somebody else closed: they do not serve, are named, never opened, and are the first to go.

use std::collections::BTreeSet;

use replank_core::action::{Action, ClusterAction};
use replank_core::node_group::decide::decide;
use replank_core::node_group::event::Fact;
use replank_core::node_group::phase::Phase;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::project::Projection;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::wait::On;
use replank_core::observed::{Closing, MemberState, Node, Observation};

use crate::runs::{SHOP, finish, step};
use crate::table::upgrading;
use crate::world::{at, paces, spec, world};

/// What a decision of an update with one old and one new node in work says of the new node: how many are missing, and
/// what closes it.
fn seen_as(flags: &str) -> (u32, Vec<String>) {
    let seen =
        world(&format!("group 2 max 2 zones a pointed\n node n1 a old guarded\n node n2 a new {flags}"));
    let decision = decide(&upgrading(spec()), &seen, at(1));
    let missing = decision.record.iter().find_map(|event| match event.fact {
        Fact::Missing { nodes } => Some(nodes),
        _ => None,
    });
    let opens = |act: &Action| matches!(act, Action::Cluster(ClusterAction::Mark(mark)) if mark.marks.cordon == Some(false));
    let touched = decision.act.iter().any(opens);
    assert!(!touched, "{flags}: it is not ours to open");
    let closures = decision.waits.iter().find_map(|wait| match &wait.on {
        On::Closed { closures } if wait.node == Some("n2".into()) => Some(closures.clone()),
        _ => None,
    });
    let words = closures.into_iter().flatten().map(|closure| {
        let what = match closure.what {
            Closing::Cordon => "cordon".to_owned(),
            Closing::Taint(taint) => taint.to_string(),
        };
        closure.by.map_or(what.clone(), |by| format!("{what} by {by}"))
    });
    (missing.unwrap_or(0), words.collect())
}

#[test]
fn what_somebody_else_closed_does_not_serve_and_is_named() {
    let none: Vec<String> = Vec::new();
    assert_eq!(seen_as(""), (0, none.clone()));
    assert_eq!(seen_as("cordoned by kubectl-cordon"), (1, vec!["cordon by kubectl-cordon".to_owned()]));
    let autoscaler = "ToBeDeletedByClusterAutoscaler:NoSchedule by cluster-autoscaler";
    assert_eq!(seen_as("tainted ToBeDeletedByClusterAutoscaler"), (1, vec![autoscaler.to_owned()]));
    let both = vec![autoscaler.to_owned(), "cordon by cluster-autoscaler".to_owned()];
    let flags = "cordoned by cluster-autoscaler tainted ToBeDeletedByClusterAutoscaler";
    assert_eq!(seen_as(flags), (1, both));
    assert_eq!(seen_as("tainted team"), (1, vec!["team:NoSchedule".to_owned()]));
    // It follows a cordon a moment late and says nothing by itself.
    assert_eq!(seen_as("tainted node.kubernetes.io/unschedulable"), (0, none.clone()));
    // It is not up yet, which is no closing.
    assert_eq!(seen_as("tainted node.cloudprovider.kubernetes.io/uninitialized"), (1, none));
}

#[test]
fn taints_of_the_group_itself_close_nothing() {
    let missing = |seen: &Observation| {
        let record = decide(&upgrading(spec()), seen, at(1)).record;
        record.iter().any(|event| matches!(event.fact, Fact::Missing { nodes: 1 }))
    };
    let mut seen = world("group 2 max 2 zones a pointed\n node n1 a old guarded\n node n2 a new tainted gpu");
    assert!(missing(&seen));
    seen.group.as_mut().unwrap().taints.push(crate::world::taint("gpu").taint);
    assert!(!missing(&seen));
}

#[test]
fn taints_that_most_old_nodes_carry_are_on_record_as_the_groups_own() {
    let seen = world(
        "group 3 max 3 zones a
        node n1 a old tainted gpu\n node n2 a old tainted gpu\n node n3 a old tainted odd",
    );
    let record = decide(&Rollout::new(spec(), at(0)), &seen, at(0)).record;
    let carried = record.iter().find_map(|event| match &event.fact {
        Fact::Measured(measured) => Some(measured.taints.iter().map(ToString::to_string).collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(carried, Some(vec!["gpu:NoSchedule".to_owned()]));
}

/// An update in the Upgrade phase with its surge nodes up.
fn surged() -> (Rollout, Projection) {
    let mut world = Projection::new(world(SHOP), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(spec(), at(0));
    while rollout.phase() != Phase::Upgrade {
        step(&mut rollout, &mut world);
    }
    (rollout, world)
}

/// Cordons the first new node of zone a, as a person does.
fn close(world: &mut Projection, cordoned: bool) -> Node {
    let new = |class: &replank_core::observed::MemberClass| {
        class.version == 2 && class.state == MemberState::Ready && class.zone == "a".into()
    };
    let id = world.seen.members.of(new).next().unwrap().clone();
    let node = world.seen.members.get(&id).unwrap().node.clone().unwrap();
    world.seen.members.put_node(Node { cordoned, ..node.clone() });
    node
}

#[test]
fn no_further_node_is_picked_while_one_is_closed_and_the_update_goes_on_once_it_is_open() {
    let (mut rollout, mut world) = surged();
    close(&mut world, true);
    for _ in 0..200 {
        step(&mut rollout, &mut world);
    }
    assert!(
        rollout.replaced() <= 1 && rollout.phase() == Phase::Upgrade,
        "only what was in work is finished"
    );
    assert!(rollout.work().is_empty());
    let waits = decide(&rollout, &world.seen, world.now).waits;
    assert!(waits.iter().any(|wait| matches!(wait.on, On::Closed { .. })), "{waits:?}");
    close(&mut world, false);
    let rollout = finish(rollout, &mut world);
    assert_eq!((rollout.end().unwrap().outcome, rollout.replaced()), (Outcome::Succeeded, 3));
}

#[test]
fn a_node_that_is_closed_at_the_end_goes_with_the_surplus() {
    let (mut rollout, mut world) = surged();
    while rollout.replaced() < 3 {
        step(&mut rollout, &mut world);
    }
    let closed = close(&mut world, true);
    let rollout = finish(rollout, &mut world);
    assert_eq!(rollout.end().unwrap().outcome, Outcome::Succeeded);
    assert!(world.seen.members.get(&closed.instance).is_none(), "a healthy one went in its place");
}
