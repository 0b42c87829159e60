//! Who stays and who goes when an update is cancelled, fails, or comes back.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use replank_core::names::{NodeName, Zone};
use replank_core::node_group::decide::decide;
use replank_core::node_group::event::Fact;
use replank_core::node_group::phase::Phase;
use replank_core::node_group::problem::{FailureCode, KeptBecause, Outcome};
use replank_core::node_group::project::Projection;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Spec;
use replank_core::node_group::wait::On;
use replank_core::observed::{MemberState, Placement};
use replank_core::sizes::Sizes;

use crate::runs::{SHOP, finish, step, tell};
use crate::world::{at, paces, pod, spec, world};

/// An update of that world as far as `phase`, with so many nodes replaced.
fn until(text: &str, phase: Phase, replaced: u32) -> (Rollout, Projection) {
    let mut world = Projection::new(world(text), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(spec(), at(0));
    while rollout.phase() < phase || rollout.replaced() < replaced {
        step(&mut rollout, &mut world);
    }
    (rollout, world)
}

/// Names of the old nodes that stand, and how many new ones do.
fn standing(world: &Projection) -> (Vec<String>, u32) {
    let members = &world.seen.members;
    let old = members.of(|class| class.version == 1 && class.state != MemberState::Leaving);
    let old =
        old.filter_map(|id| Some(members.get(id)?.node.as_ref()?.name.to_string())).collect::<BTreeSet<_>>();
    let new = members.count(|class| class.version == 2 && class.state != MemberState::Leaving);
    (old.into_iter().collect(), new)
}

fn cancelled(give_back: bool, keep_new: bool) -> Fact {
    Fact::Cancelled { give_back, restore_target: !keep_new, keep_new }
}

#[test]
fn cancel_takes_the_extra_nodes_and_no_old_one() {
    for phase in [Phase::ScaleUp, Phase::Guard, Phase::Upgrade] {
        let (mut rollout, mut world) = until(SHOP, phase, 0);
        tell(&mut rollout, &world, cancelled(true, false));
        let rollout = finish(rollout, &mut world);
        assert_eq!(rollout.end().unwrap().outcome, Outcome::Cancelled);
        assert_eq!(standing(&world), (vec!["n1".into(), "n2".into(), "n3".into()], 0), "{phase:?}");
        let group = world.seen.group.as_ref().unwrap();
        assert_eq!((group.version, group.sizes), (1, Sizes { min: 1, desired: 3, max: 3 }), "{phase:?}");
    }
}

#[test]
fn cancel_of_a_paused_update_ends_it() {
    let (mut rollout, mut world) = until(SHOP, Phase::Upgrade, 1);
    tell(&mut rollout, &world, Fact::Paused { give_back: false });
    tell(&mut rollout, &world, cancelled(true, false));
    assert_eq!(finish(rollout, &mut world).end().unwrap().outcome, Outcome::Cancelled);
}

#[test]
fn cancel_leaves_what_is_replaced_replaced_and_a_node_in_every_zone() {
    let (mut rollout, mut world) = until(SHOP, Phase::Upgrade, 1);
    tell(&mut rollout, &world, cancelled(true, false));
    let rollout = finish(rollout, &mut world);
    let (old, new) = standing(&world);
    assert_eq!((old.len(), new), (2, 1), "{old:?}");
    assert_eq!((rollout.replaced(), rollout.removed()), (1, 3));
    for zone in ["a", "b", "c"] {
        let here = world.seen.members.count(|class| class.zone == Zone::new(zone));
        assert_eq!(here, 1, "zone {zone}");
    }
}

#[test]
fn cancel_may_keep_the_new_nodes_instead() {
    let (mut rollout, mut world) = until(SHOP, Phase::Upgrade, 0);
    tell(&mut rollout, &world, cancelled(true, true));
    let rollout = finish(rollout, &mut world);
    assert_eq!(standing(&world), (vec![], 3));
    assert_eq!(rollout.end().unwrap().kept, None);
    assert_eq!(world.seen.group.as_ref().unwrap().version, 2, "launches stay with the new version");
}

/// An update of that world that fails in Upgrade with this code.
fn failed(text: &str, code: FailureCode) -> (Rollout, Projection) {
    let (mut rollout, mut world) = until(text, Phase::Upgrade, 0);
    let why = replank_core::node_group::problem::Why::Refused { act: "test".into(), message: "no".into() };
    let failure = replank_core::node_group::problem::Failure { code, why, resources: Vec::new() };
    tell(&mut rollout, &world, Fact::Failed(failure));
    tell(&mut rollout, &world, Fact::Entered { phase: Phase::Restore });
    let rollout = finish(rollout, &mut world);
    (rollout, world)
}

#[test]
fn a_failure_that_speaks_against_the_image_leaves_every_old_node() {
    let (rollout, world) = failed(SHOP, FailureCode::NodeCreationFailure);
    assert_eq!(standing(&world).0, ["n1", "n2", "n3"]);
    assert_eq!(rollout.end().unwrap().kept, None);
}

#[test]
fn another_failure_takes_what_moves_the_fewest_pods_and_leaves_a_new_node_for_an_old_one() {
    // All old nodes are empty but n1; new ones hold what was moved there.
    let text = SHOP.replace("pod web-2 on n2 budget web", "").replace("pod web-3 on n3 budget web", "");
    let (_, world) = failed(&text, FailureCode::PodEvictionFailure);
    let (old, new) = standing(&world);
    assert_eq!((old.len() as u32 + new, old.contains(&"n1".to_owned())), (3, true), "{old:?} {new}");
    for zone in ["a", "b", "c"] {
        assert!(world.seen.members.count(|class| class.zone == Zone::new(zone)) > 0, "zone {zone}");
    }
}

#[test]
fn the_last_node_of_a_zone_that_had_one_stays_whatever_the_sizes_say() {
    // Zone c cannot be launched into: what the group launches comes up in a and b.
    let text = SHOP.replace("zones a,b,c", "zones a,b");
    for code in [FailureCode::NodeCreationFailure, FailureCode::PodEvictionFailure] {
        let (mut rollout, mut world) = {
            let mut world = Projection::new(self::world(&text), at(0), paces(), BTreeSet::new());
            let mut rollout = Rollout::new(spec(), at(0));
            while rollout.phase() < Phase::ScaleUp || world.seen.members.iter().count() < 6 {
                step(&mut rollout, &mut world);
            }
            (rollout, world)
        };
        let why = replank_core::node_group::problem::Why::ZoneWithoutNode { zones: vec![Zone::new("c")] };
        let failure = replank_core::node_group::problem::Failure { code, why, resources: Vec::new() };
        tell(&mut rollout, &world, Fact::Failed(failure));
        tell(&mut rollout, &world, Fact::Entered { phase: Phase::Restore });
        let rollout = finish(rollout, &mut world);
        assert!(standing(&world).0.contains(&"n3".to_owned()), "{code:?}: {:?}", standing(&world));
        assert_eq!(rollout.end().unwrap().kept, None, "{code:?}");
    }
}

/// Like [`finish`], with an answer of one's own where pods would go.
fn finish_placing(
    mut rollout: Rollout,
    world: &mut Projection,
    place: impl Fn(&NodeName) -> Placement,
) -> (Rollout, Vec<On>) {
    let mut waits = Vec::new();
    for _ in 0..20_000 {
        if rollout.phase() == Phase::Done {
            return (rollout, waits);
        }
        let decision = decide(&rollout, &world.seen, world.now);
        decision.record.iter().for_each(|event| rollout.apply(event).unwrap());
        decision.act.iter().for_each(|action| world.perform(action));
        for node in &decision.place {
            world.seen.placements.put(node.clone(), place(node), world.now);
        }
        waits.extend(decision.waits.into_iter().map(|wait| wait.on));
        let next = [world.next_at(), decision.wake_at].into_iter().flatten().min();
        world.advance_to(next.unwrap_or(world.now + SignedDuration::from_secs(5)).max(world.now));
    }
    panic!("never ends: {:?}", rollout.phase());
}

#[test]
fn a_group_rather_stays_larger_than_leaves_a_pod_without_a_place() {
    let lacking = |_: &NodeName| Placement::Lacking {
        pod: pod("web-1", "n1", &[]).name,
        more_pods: 1,
        message: Arc::from("0/5 nodes are available: 5 Insufficient cpu."),
    };
    let (rollout, mut world) = until(SHOP, Phase::Upgrade, 2);
    let (rollout, waits) = finish_placing(rollout, &mut world, lacking);
    assert!(waits.iter().any(|on| matches!(on, On::Place { nodes: 6, .. })), "{waits:?}");
    let end = rollout.end().unwrap();
    assert!(matches!(&end.kept, Some(KeptBecause::NoPlace { more_pods: 1, .. })), "{:?}", end.kept);
    assert_eq!((end.outcome, end.unrestored.map(|original| original.desired)), (Outcome::Succeeded, Some(3)));
    assert_eq!(standing(&world), (vec![], 6));
}

#[test]
fn only_nodes_whose_pods_find_a_place_go() {
    let (mut rollout, mut world) = until(SHOP, Phase::Upgrade, 0);
    tell(&mut rollout, &world, cancelled(true, false));
    let fixed: Vec<String> = world
        .seen
        .members
        .of(|class| class.version == 2 && class.zone == Zone::new("b"))
        .filter_map(|id| Some(world.seen.members.get(id)?.node.as_ref()?.name.to_string()))
        .collect();
    let stranded = |node: &NodeName| {
        if fixed.contains(&node.to_string()) {
            Placement::Stranded { zone: Zone::new("b"), claim: pod("data", "n1", &[]).name, more_claims: 0 }
        } else {
            Placement::Found
        }
    };
    let (rollout, _) = finish_placing(rollout, &mut world, stranded);
    let end = rollout.end().unwrap();
    assert!(matches!(&end.kept, Some(KeptBecause::VolumesStranded { .. })), "{:?}", end.kept);
    assert_eq!(standing(&world), (vec!["n1".into(), "n2".into(), "n3".into()], 1));
}

#[test]
fn nobody_is_asked_twice_in_a_row_about_the_same_node() {
    let (rollout, mut world) = until(SHOP, Phase::Upgrade, 2);
    let asked = std::cell::RefCell::new(Vec::new());
    let unknown = |node: &NodeName| {
        asked.borrow_mut().push(node.clone());
        Placement::CannotTell("the cluster cannot be read".into())
    };
    let (rollout, _) = finish_placing(rollout, &mut world, unknown);
    assert!(matches!(rollout.end().unwrap().kept, Some(KeptBecause::PlacesUnknown { .. })));
    let asked = asked.into_inner();
    assert!(asked.windows(2).all(|pair| pair[0] != pair[1]), "{asked:?}");
    assert!(asked.len() <= 6 * 16, "once a minute each, for a quarter of an hour: {}", asked.len());
}

#[test]
fn a_group_with_fewer_nodes_than_zones_still_comes_home() {
    let text = "group 1 max 1 zones a,b,c\n node n1 a old\n pod web-1 on n1";
    let mut world = Projection::new(self::world(text), at(0), paces(), BTreeSet::new());
    let rollout = finish(Rollout::new(Spec { ..spec() }, at(0)), &mut world);
    assert_eq!(rollout.end().unwrap().kept, None);
    assert_eq!(standing(&world), (vec![], 1));
    assert_eq!(world.seen.members.count(|class| class.zone == Zone::new("a")), 1, "the zone that had one");
}

#[test]
fn a_maximum_that_came_home_in_part_comes_home_whole() {
    let (mut rollout, mut world) = until(SHOP, Phase::Upgrade, 1);
    let group = world.seen.group.as_mut().unwrap();
    assert_eq!(group.sizes.max, 6);
    group.sizes.max = 5;
    tell(&mut rollout, &world, cancelled(true, false));
    finish(rollout, &mut world);
    assert_eq!(world.seen.group.as_ref().unwrap().sizes, Sizes { min: 1, desired: 3, max: 3 });
}
