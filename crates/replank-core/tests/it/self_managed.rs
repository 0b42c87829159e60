//! Groups that their users look after: what an update leaves behind is right without anybody else.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use replank_core::action::{Action, CloudAction, Leftovers, Replace};
use replank_core::names::InstanceId;
use replank_core::node_group::decide::decide;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::phase::Phase;
use replank_core::node_group::problem::{FailureCode, Outcome, Why};
use replank_core::node_group::project::{Paces, Projection};
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::{GroupOwner, Spec, Strategy};
use replank_core::observed::{Instance, Lifecycle, MemberClass, MemberState, Node};
use replank_core::sizes::Sizes;
use replank_core::version::Minor;

use crate::runs::{SHOP, finish, step};
use crate::world::{at, paces, spec, world};

fn users() -> Spec {
    Spec { owner: GroupOwner::User, ..spec() }
}

fn shop(paces: Paces) -> Projection {
    Projection::new(world(SHOP), at(0), paces, BTreeSet::new())
}

fn sizes(world: &Projection) -> Sizes {
    world.seen.group.as_ref().unwrap().sizes
}

/// Somebody else asks for two nodes more, in the middle of it.
fn grow(world: &mut Projection) {
    let sizes = &mut world.seen.group.as_mut().unwrap().sizes;
    sizes.desired += 2;
    sizes.max += 2;
    let sizes = *sizes;
    // The projection launches when sizes are set; an empty change makes it look again.
    world.perform(&Action::Cloud(CloudAction::SetSizes { from: sizes, to: sizes }));
}

#[test]
fn growth_by_others_stays_and_the_nodes_of_the_update_go() {
    for when in [Phase::ScaleUp, Phase::Upgrade, Phase::ScaleDown] {
        let (mut world, mut rollout) = (shop(paces()), Rollout::new(users(), at(0)));
        let mut grown = false;
        while rollout.phase() != Phase::Done {
            step(&mut rollout, &mut world);
            if rollout.phase() == when && rollout.measured().is_some() && !grown && sizes(&world).desired > 3
            {
                grow(&mut world);
                grown = true;
            }
        }
        let end = rollout.end().unwrap();
        assert_eq!(
            (end.outcome, end.kept.clone(), end.unrestored),
            (Outcome::Succeeded, None, None),
            "{when:?}"
        );
        assert_eq!(sizes(&world).desired, 5, "three of before and two of somebody else's: {when:?}");
    }
}

#[test]
fn a_group_whose_new_nodes_never_join_launches_the_old_ones_again() {
    for (owner, version) in [(GroupOwner::User, 1), (GroupOwner::Eks, 2)] {
        let mut world = shop(Paces { join: SignedDuration::from_hours(9), ..paces() });
        let rollout = finish(Rollout::new(Spec { owner, ..spec() }, at(0)), &mut world);
        assert_eq!(rollout.end().unwrap().outcome, Outcome::Failed);
        assert_eq!(rollout.failure().unwrap().code, FailureCode::NodeCreationFailure);
        assert_eq!(world.seen.group.as_ref().unwrap().version, version, "{owner:?}");
        assert_eq!(sizes(&world), Sizes { min: 1, desired: 3, max: 3 });
    }
}

/// An autoscaler takes what does not register for lost, within the join limit, and lowers desired with each.
#[test]
fn whoever_takes_away_what_does_not_join_does_not_keep_an_update_going_for_ever() {
    let mut world = shop(Paces { join: SignedDuration::from_hours(9), ..paces() });
    let mut rollout = Rollout::new(users(), at(0));
    while rollout.phase() != Phase::Done {
        assert!(world.now < at(3600), "it goes on for ever");
        let decision = decide(&rollout, &world.seen, world.now);
        for event in &decision.record {
            rollout.apply(event).unwrap();
        }
        decision.act.iter().for_each(|action| world.perform(action));
        world.advance_to(world.now + SignedDuration::from_secs(10));
        let now = world.now;
        let is_lost = |id: &&InstanceId| {
            let instance = world.seen.members.get(id).and_then(|member| member.instance.clone());
            instance.is_some_and(|it| now.duration_since(it.launched_at) > SignedDuration::from_mins(3))
        };
        let launching =
            world.seen.members.of(|class| class.version == 2 && class.state == MemberState::Launching);
        let lost: Vec<InstanceId> = launching.filter(is_lost).cloned().collect();
        for instance in lost {
            let (replace, leftovers) = (Replace::No, Leftovers::None);
            let act = CloudAction::Terminate { instance, node: None, replace, leftovers, with: Vec::new() };
            world.perform(&Action::Cloud(act));
        }
    }
    assert_eq!(rollout.failure().unwrap().code, FailureCode::NodeCreationFailure);
    assert_eq!(sizes(&world).desired, 3);
}

#[test]
fn nothing_moves_to_a_node_whose_launch_a_hook_still_holds() {
    let mut seen = world("group 2 max 2 zones a pointed\n node n1 a old\n node n2 a new");
    let id = InstanceId::new("i-n2");
    assert_eq!(seen.members.class(&id).unwrap().state, MemberState::Ready);
    let instance = seen.members.get(&id).unwrap().instance.clone().unwrap();
    seen.members.put_instance(Instance { lifecycle: Lifecycle::Pending, ..instance });
    assert_eq!(seen.members.class(&id).unwrap().state, MemberState::NotReady);
}

/// The minor of every node that joins from now on.
fn joining_kubelets(world: &mut Projection, kubelet: Minor) {
    let of = |class: &MemberClass| class.version == 2;
    let nodes: Vec<Node> =
        world.seen.members.of(of).filter_map(|id| world.seen.members.node_of(id)).cloned().collect();
    for node in nodes.into_iter().filter(|node| node.kubelet.is_none()) {
        world.seen.members.put_node(Node { kubelet: Some(kubelet), ..node });
    }
}

/// Runs one whose new nodes have kubelets of this minor under a control plane of 1.34.
fn with_kubelets(kubelet: Minor, strategy: Strategy) -> (Rollout, Projection, bool) {
    let spec = Spec { control_plane: Some(Minor(34)), strategy, ..users() };
    let (mut world, mut rollout) = (shop(paces()), Rollout::new(spec, at(0)));
    let mut touched = false;
    while rollout.phase() != Phase::Done {
        joining_kubelets(&mut world, kubelet);
        step(&mut rollout, &mut world);
        touched |= world.seen.members.of(|class| class.version == 1 && class.marks.cordoned).next().is_some();
    }
    (rollout, world, touched)
}

#[test]
fn a_first_node_that_the_control_plane_does_not_serve_ends_it_before_an_old_one_is_touched() {
    for kubelet in [Minor(35), Minor(30)] {
        let (rollout, world, touched) = with_kubelets(kubelet, Strategy::Default);
        let Some(Why::KubeletUnserved { kubelet: told, control_plane, .. }) =
            rollout.failure().map(|failure| &failure.why)
        else {
            panic!("{kubelet}: {:?}", rollout.failure());
        };
        assert_eq!((*told, *control_plane), (kubelet, Minor(34)));
        assert!(!touched, "{kubelet}: an old node was closed");
        assert_eq!(sizes(&world), Sizes { min: 1, desired: 3, max: 3 }, "{kubelet}");
        assert_eq!(
            world.seen.group.as_ref().unwrap().version,
            1,
            "{kubelet}: it launches the old ones again"
        );
        assert_eq!(world.seen.members.of(|class| class.version == 2).count(), 0, "{kubelet}");
    }
    for kubelet in [Minor(34), Minor(31)] {
        let (rollout, ..) = with_kubelets(kubelet, Strategy::Default);
        assert_eq!(rollout.end().unwrap().outcome, Outcome::Succeeded, "{kubelet}");
    }
}

#[test]
fn where_old_nodes_go_first_no_second_one_follows_a_node_that_is_not_served() {
    let (rollout, world, _) = with_kubelets(Minor(35), Strategy::Minimal);
    assert_eq!(rollout.end().unwrap().outcome, Outcome::Failed);
    assert_eq!(world.seen.members.of(|class| class.version == 1).count(), 2);
}

#[test]
fn a_node_that_others_terminate_is_drained_on_while_something_holds_it() {
    let (mut world, mut rollout) = (shop(paces()), Rollout::new(users(), at(0)));
    while rollout.work().is_empty() {
        step(&mut rollout, &mut world);
    }
    let (id, picked_at) =
        rollout.work().iter().map(|(id, work)| (id.clone(), work.picked_at)).next().unwrap();
    let instance = world.seen.members.get(&id).unwrap().instance.clone().unwrap();
    let limit = spec().limits.drain;
    for (held, now, gives_up) in
        [(true, world.now, false), (true, picked_at + limit, true), (false, world.now, true)]
    {
        let going = Instance { lifecycle: Lifecycle::Terminating, held, ..instance.clone() };
        world.seen.members.put_instance(going);
        let decision = decide(&rollout, &world.seen, now);
        let asked =
            |event: &Event| matches!(&event.fact, Fact::TerminateAsked { instance, .. } if *instance == id);
        assert_eq!(decision.record.iter().any(asked), gives_up, "held {held} at {now}");
    }
}
