//! Nodes that a person's drain empties: others go first, and then they are waited for.

use jiff::SignedDuration;
use replank_core::names::{InstanceId, NodeName};
use replank_core::node_group::decide::decide;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::wait::On;

use crate::table::upgrading;
use crate::world::{at, spec, world};

/// A rollout in the Upgrade phase with nothing in work.
fn idle() -> Rollout {
    let mut rollout = upgrading(spec());
    rollout.apply(&Event { at: at(1), fact: Fact::Gone { instance: InstanceId::new("i-n1") } }).unwrap();
    rollout
}

fn picked(rollout: &Rollout, lines: &str) -> Vec<InstanceId> {
    let seen = world(&format!("group 2 max 3 zones a pointed\n node n2 a new\n{lines}"));
    let facts = decide(rollout, &seen, at(5)).record.into_iter().map(|event| event.fact);
    let instance = |fact| if let Fact::Picked { instance, .. } = fact { Some(instance) } else { None };
    facts.filter_map(instance).collect()
}

#[test]
fn another_node_goes_first() {
    let rollout = idle();
    let lines = "node n3 a old guarded by-hand\n node n4 a old guarded";
    assert_eq!(picked(&rollout, lines), [InstanceId::new("i-n4")]);
    // It is the drain that keeps it, and nothing else.
    assert_eq!(picked(&rollout, "node n3 a old guarded"), [InstanceId::new("i-n3")]);
}

#[test]
fn the_last_one_is_waited_for_and_looked_at_again() {
    let rollout = idle();
    let seen = world("group 2 max 3 zones a pointed\n node n2 a new kept\n node n3 a old guarded by-hand");
    let decision = decide(&rollout, &seen, at(5));
    let is_picked = |event: &Event| matches!(event.fact, Fact::Picked { .. });
    assert!(decision.act.is_empty() && !decision.record.iter().any(is_picked), "{decision:?}");
    let wait = decision.waits.iter().find(|wait| wait.node == Some(NodeName::new("n3"))).unwrap();
    assert_eq!(wait.on, On::DrainedByHand { by: "process 1 on a".into() });
    assert_eq!(wait.since, Some(at(-60)));
    // Its process may be killed, which no change of the node tells.
    assert!(decision.wake_at.unwrap() <= at(5) + SignedDuration::from_secs(60), "{:?}", decision.wake_at);
}
