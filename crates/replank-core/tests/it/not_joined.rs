//! Instances that never become nodes: what keeps them is waited for by name, and stands in the failure.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use replank_core::names::InstanceId;
use replank_core::node_group::decide::decide;
use replank_core::node_group::problem::Why;
use replank_core::node_group::project::{Paces, Projection};
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::wait::On;
use replank_core::observed::{JoinTrouble, MemberState};

use crate::runs::{SHOP, step};
use crate::world::{at, paces, spec, world};

#[test]
fn what_keeps_an_instance_is_waited_for_and_told_at_the_end() {
    let never = Paces { join: SignedDuration::from_hours(9), ..paces() };
    let mut world = Projection::new(world(SHOP), at(0), never, BTreeSet::new());
    let mut rollout = Rollout::new(spec(), at(0));
    let launched = |world: &Projection| -> Option<InstanceId> {
        world.seen.members.of(|class| class.state == MemberState::Launching).next().cloned()
    };
    while launched(&world).is_none() {
        step(&mut rollout, &mut world);
    }
    let ids: Vec<InstanceId> =
        world.seen.members.of(|class| class.state == MemberState::Launching).cloned().collect();
    for id in ids {
        world.seen.not_joined.insert(id, vec![JoinTrouble::NoProfile, JoinTrouble::Unregistered]);
    }
    let waits = decide(&rollout, &world.seen, world.now).waits;
    let told = waits.iter().filter(|wait| matches!(wait.on, On::NotJoining { .. }));
    assert!(told.count() >= 2, "{waits:?}");
    assert!(waits.iter().all(|wait| wait.until.is_some() || !matches!(wait.on, On::NotJoining { .. })));
    while rollout.failure().is_none() {
        step(&mut rollout, &mut world);
    }
    let Some(Why::JoinTimedOut { troubles, .. }) = rollout.failure().map(|failure| &failure.why) else {
        panic!("{:?}", rollout.failure());
    };
    assert_eq!(*troubles, [JoinTrouble::NoProfile, JoinTrouble::Unregistered]);
}
