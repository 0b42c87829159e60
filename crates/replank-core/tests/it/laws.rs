//! Laws that hold in every run, over many small random worlds: what the policy asks for is always safe, and in
//! the end the update is over or names what it waits for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use replank_core::action::{Action, ActionKey, CloudAction, ClusterAction, Marking, Replace};
use replank_core::draw::draw;
use replank_core::names::{NodeName, ObjectName, Zone};
use replank_core::node_group::decide::decide;
use replank_core::node_group::decision::Decision;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::phase::{Phase, Purpose};
use replank_core::node_group::problem::{Failure, FailureCode, Why};
use replank_core::node_group::project::Projection;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::{Batch, Guard, Increment, Order, Spec, Strategy};
use replank_core::node_group::wait::On;
use replank_core::observed::{MemberState, Observation, Placement, Pod};
use replank_core::pod_rules::{Loss, PodRules};

use crate::world::{at, paces, spec, world};

/// A small stream of choices.
struct Dice(u64, u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.1 += 1;
        draw(self.0, self.1) % sides
    }
}

fn random_world(dice: &mut Dice) -> Observation {
    let zones = 1 + dice.roll(3);
    let nodes = dice.roll(7);
    let names = ["a", "b", "c"];
    let mut text =
        format!("group {nodes} max {} zones {}\n", nodes + dice.roll(3), names[..zones as usize].join(","));
    for n in 0..nodes {
        let flags = [
            "old",
            "old",
            "old held",
            "new",
            "old unready",
            "old unjoined",
            "old guarded",
            "new cordoned",
            "new tainted team",
            "new kept",
            "new our-keep",
            "old cordoned",
            "old our-cordon excluded",
            "new our-cordon excluded",
        ];
        text += &format!("node n{n} {} {}\n", names[(n % zones) as usize], flags[dice.roll(12) as usize]);
        for p in 0..dice.roll(5) {
            let flags = [
                "",
                "budget x",
                "budget y",
                "budget x,y",
                "bare",
                "emptydir",
                "bare emptydir",
                "daemon",
                "stateful budget y",
                "unready budget x",
            ];
            text += &format!("pod p{n}{p}-1 on n{n} {}\n", flags[dice.roll(10) as usize]);
        }
    }
    let (x, y) = (dice.roll(3), dice.roll(2));
    text += &format!("budget x allowed {x} healthy {} desired 1 expected 9\n", 1 + x);
    text += &format!("budget y allowed {y} healthy {} desired 2 expected {}\n", 2 + y, 2 + y);
    world(&text)
}

fn random_spec(dice: &mut Dice) -> Spec {
    let order = [Order::Random, Order::ZoneByZone, Order::Oldest, Order::Emptiest][dice.roll(4) as usize];
    Spec {
        batch: if dice.roll(2) == 0 { Batch::Count(1 + dice.roll(3) as u32) } else { Batch::Percent(50) },
        strategy: if dice.roll(3) == 0 { Strategy::Minimal } else { Strategy::Default },
        increment: if dice.roll(2) == 0 { Increment::Smallest } else { Increment::Ceiling },
        guard: if dice.roll(2) == 0 { Guard::Taint } else { Guard::Cordon },
        force: dice.roll(3) == 0,
        pods: random_rules(dice),
        seed: dice.roll(1 << 40),
        order,
        ..spec()
    }
}

/// What befalls an update when it has recorded so many facts: a cancel of either kind, or a failure.
fn random_wish(dice: &mut Dice) -> Option<(u64, Fact)> {
    let give_back = dice.roll(2) == 0;
    let fact = match dice.roll(6) {
        0 => Fact::Cancelled { give_back, restore_target: true, keep_new: false },
        1 => Fact::Cancelled { give_back, restore_target: false, keep_new: true },
        2 | 3 => {
            let code =
                [FailureCode::NodeCreationFailure, FailureCode::PodEvictionFailure][dice.roll(2) as usize];
            let why = Why::Refused { act: "test".into(), message: "no".into() };
            Fact::Failed(Failure { code, why, resources: Vec::new() })
        }
        _ => return None,
    };
    Some((1 + dice.roll(30), fact))
}

/// Where the pods of a node would go, by chance: most of the time there is room.
fn placement(seed: u64, node: &NodeName) -> Placement {
    let number = node.as_str().bytes().fold(seed, |hash, byte| draw(hash, u64::from(byte)));
    match number % 5 {
        0 => Placement::Lacking {
            pod: ObjectName::new("shop", "web-1"),
            more_pods: 0,
            message: "0/3 nodes are available: 3 Insufficient cpu.".into(),
        },
        1 if number % 2 == 0 => {
            Placement::Stranded { zone: "a".into(), claim: ObjectName::new("shop", "data-0"), more_claims: 0 }
        }
        1 => Placement::CannotTell("no answer".into()),
        _ => Placement::Found,
    }
}

/// What a group that becomes smaller may never lose: a node whose pods find no place, the last that serves in a zone
/// that had one, an old node after a cancel or when the image may be at fault.
fn leaves_what_is_needed(seed: u64, rollout: &Rollout, world: &Projection, facts: &[Event]) {
    let members = &world.seen.members;
    for event in facts {
        let Fact::Picked { instance, node, purpose: Purpose::Excess | Purpose::Retire, .. } = &event.fact
        else {
            continue;
        };
        let class = members.class(instance).unwrap();
        if let Some(node) = node {
            let answer = world.seen.placements.get(node).map(|placed| &placed.placement);
            assert_eq!(answer, Some(&Placement::Found), "seed {seed}: {node} is needed");
        }
        let measured = rollout.measured().unwrap();
        let serving =
            |zone: &Zone| members.count(|other| other.state == MemberState::Ready && other.zone == *zone);
        if class.state == MemberState::Ready
            && measured.zones.contains_key(&class.zone)
            && measured.zones.len() as u32 <= measured.original.desired
        {
            assert!(serving(&class.zone) > 1, "seed {seed}: {instance} is the last in {}", class.zone);
        }
        let against_image =
            rollout.failure().is_some_and(|failure| failure.code == FailureCode::NodeCreationFailure);
        let cancelled = rollout.wishes().cancelled.is_some() && !rollout.wishes().keep_new;
        if against_image || (cancelled && rollout.phase() == Phase::Restore && rollout.failure().is_none()) {
            assert_eq!(class.version, 2, "seed {seed}: old node {instance} goes");
        }
    }
}

fn random_rules(dice: &mut Dice) -> PodRules {
    let mut loss = || if dice.roll(4) == 0 { Loss::Refuse } else { Loss::Accept };
    PodRules { bare: loss(), empty_dir: loss(), ..PodRules::default() }
}

/// Whether something would be lost with the pod that the rules refuse to lose.
fn loses_what_is_kept(rules: &PodRules, pod: &Pod) -> bool {
    let is_kept = pod.owner.is_none() && rules.bare == Loss::Refuse;
    !pod.finished() && (is_kept || pod.empty_dir && rules.empty_dir == Loss::Refuse)
}

/// Nothing leaves, in any way, that the rules keep.
fn loses_nothing_kept(rollout: &Rollout, world: &Projection, act: &Action) {
    let (seen, rules) = (&world.seen, &rollout.spec().pods);
    let leaving = match act {
        Action::Cluster(ClusterAction::Evict { pod, .. } | ClusterAction::Delete { pod }) => {
            std::slice::from_ref(pod)
        }
        Action::Cloud(CloudAction::Terminate { with, .. }) => with,
        Action::Cluster(ClusterAction::Mark(_) | ClusterAction::Cordon { .. })
        | Action::Cloud(
            CloudAction::CreateVersion { .. } | CloudAction::PointGroup { .. } | CloudAction::SetSizes { .. },
        ) => &[],
    };
    for pod in leaving.iter().filter_map(|pod| seen.pods.get(pod.uid)) {
        assert!(!loses_what_is_kept(rules, pod), "{} leaves in spite of {rules:?}", pod.name);
    }
}

/// What a decision may never ask for.
fn is_safe(
    rollout: &Rollout,
    world: &Projection,
    decision: &Decision,
    act: &Action,
    spent: &mut BTreeMap<String, u32>,
) {
    let seen = &world.seen;
    loses_nothing_kept(rollout, world, act);
    match act {
        Action::Cluster(ClusterAction::Evict { pod, .. }) => {
            let pod = seen.pods.get(pod.uid).unwrap();
            let node = pod.node.as_ref().unwrap();
            let in_work = rollout.work().values().any(|work| work.node.as_ref() == Some(node));
            assert!(in_work, "eviction on {node}, which is not in work");
            assert!(is_closed(world, decision, node), "eviction on {node}, which takes new pods");
            let recent = seen.answers.get(&act.key()).map_or(at(-9999), |attempt| attempt.at);
            if let ([budget], true) = (&*pod.budgets, pod.healthy()) {
                let budget = seen.pods.budget(budget).unwrap();
                let used = spent.entry(budget.name.to_string()).or_default();
                *used += 1;
                let asked_anyway = world.now.duration_since(recent) >= SignedDuration::from_secs(60);
                assert!(*used <= budget.allowed || asked_anyway, "{} more than {} allows", used, budget.name);
            }
        }
        Action::Cluster(ClusterAction::Delete { pod }) => {
            assert!(rollout.force(), "a delete without force");
            let is_asked = seen.answers.get(&ActionKey::Evict(pod.uid)).is_some();
            let pod = seen.pods.get(pod.uid).unwrap();
            let node = pod.node.as_ref().unwrap();
            let is_back = rollout.work().values().any(|work| {
                work.forced
                    && work.node.as_ref() == Some(node)
                    && pod.created_at > work.picked_at + rollout.spec().limits.drain
            });
            assert!(is_asked || is_back, "{} was never asked to leave", pod.name);
            assert!(is_closed(world, decision, node), "a delete on {node}, which takes new pods");
        }
        Action::Cloud(CloudAction::Terminate { instance, replace, .. }) => {
            let work = &rollout.work()[instance];
            assert_eq!(*replace == Replace::No, matches!(work.purpose, Purpose::Excess | Purpose::Retire));
            let node = work.node.as_ref();
            let moved = node.into_iter().flat_map(|node| seen.pods.on_node(node)).filter(|pod| {
                pod.deleting.is_none()
                    && pod
                        .owner
                        .as_ref()
                        .is_none_or(|o| !matches!(o.kind, replank_core::observed::OwnerKind::DaemonSet))
            });
            assert_eq!(moved.count(), 0, "terminates {instance} with pods on it");
        }
        Action::Cloud(CloudAction::SetSizes { to, .. }) => {
            let measured = rollout.measured().unwrap();
            assert!(
                to.desired <= measured.original.desired + measured.ceiling,
                "more extra nodes than allowed"
            );
        }
        Action::Cluster(ClusterAction::Mark(mark)) => {
            let class = seen.members.class(&mark.instance).unwrap();
            let picked = rollout.work().contains_key(&mark.instance);
            let Marking { guard, cordon, exclude, keep } = mark.marks;
            let sets = [guard, cordon, exclude].contains(&Some(true));
            assert!(!sets || class.version == 1 || picked, "a new node is marked");
            let node = seen.members.node(&mark.node).unwrap();
            assert!(cordon != Some(false) || node.ours.cordon, "a node that somebody else closed is opened");
            assert!(
                keep != Some(true) || (class.version == 2 && !node.kept),
                "kept though it is old or kept"
            );
            assert!(keep != Some(false) || node.ours.keep, "what a person keeps is let go");
        }
        Action::Cluster(ClusterAction::Cordon { node, .. }) => panic!("the cordon of {node} would be left"),
        Action::Cloud(CloudAction::CreateVersion { .. } | CloudAction::PointGroup { .. }) => {}
    }
}

/// Whether a node takes no new pods, and nothing in the same decision changes that.
fn is_closed(world: &Projection, decision: &Decision, node: &NodeName) -> bool {
    let opens = |act: &Action| matches!(act, Action::Cluster(ClusterAction::Mark(mark)) if mark.node == *node && mark.marks.cordon == Some(false));
    world.seen.members.node(node).is_some_and(|node| node.cordoned) && !decision.act.iter().any(opens)
}

#[test]
fn whatever_the_world_the_acts_are_safe_and_the_end_is_clean() {
    for seed in 0..3000 {
        is_lawful(seed, None);
    }
}

#[test]
fn the_same_worlds_are_as_safe_with_replace_and_it_ends_where_default_ends() {
    for seed in 0..3000 {
        let replaced = is_lawful(seed, Some(Strategy::Replace));
        assert!(
            replaced || !is_lawful(seed, Some(Strategy::Default)),
            "seed {seed}: only `DEFAULT` comes to an end"
        );
    }
}

/// Runs the update of a random world and holds every decision to the laws. Whether it ends, or only a person holds
/// it up.
fn is_lawful(seed: u64, strategy: Option<Strategy>) -> bool {
    let mut dice = Dice(seed, 0);
    let mut world = Projection::new(random_world(&mut dice), at(0), paces(), BTreeSet::new());
    let spec = random_spec(&mut dice);
    let strategy = strategy.unwrap_or(spec.strategy);
    let mut rollout = Rollout::new(Spec { strategy, ..spec }, at(0));
    let mut journal = Vec::new();
    let mut asked = random_wish(&mut dice);
    let mut idle = 0;
    while rollout.phase() != Phase::Done && idle < 500 {
        let decision = decide(&rollout, &world.seen, world.now);
        for event in &decision.record {
            rollout.apply(event).unwrap();
            journal.push(event.clone());
        }
        leaves_what_is_needed(seed, &rollout, &world, &decision.record);
        let mut spent = BTreeMap::new();
        for act in &decision.act {
            is_safe(&rollout, &world, &decision, act, &mut spent);
        }
        for act in &decision.act {
            world.perform(act);
        }
        for node in &decision.place {
            world.seen.placements.put(node.clone(), placement(seed, node), world.now);
        }
        if let Some((turn, fact)) = &asked
            && journal.len() as u64 >= *turn
            && !matches!(rollout.phase(), Phase::Done | Phase::Restore)
        {
            let is_failure = matches!(fact, Fact::Failed(_));
            let enters = is_failure.then_some(Fact::Entered { phase: Phase::Restore });
            for fact in [fact.clone()].into_iter().chain(enters) {
                let event = Event { at: world.now, fact };
                rollout.apply(&event).unwrap();
                journal.push(event);
            }
            asked = None;
        }
        let batch = rollout.measured().map_or(u32::MAX, |measured| measured.batch.max(1)) as usize;
        assert!(rollout.work().len() <= batch, "seed {seed}: more in work than the batch");
        assert!(journal.len() < 10_000, "seed {seed}: goes round in circles");
        idle = if decision.record.is_empty() { idle + 1 } else { 0 };
        let nothing = decision.act.is_empty() && decision.record.is_empty();
        assert!(
            !nothing || !decision.waits.is_empty() || decision.wake_at.is_some(),
            "seed {seed}: idle, silent"
        );
        let next = [world.next_at(), decision.wake_at].into_iter().flatten().min();
        world.advance_to(next.unwrap_or(world.now + SignedDuration::from_secs(30)).max(world.now));
    }
    ends_well(seed, &rollout, &world);
    let mut again = Rollout::new(rollout.spec().clone(), at(0));
    for event in &journal {
        again.apply(event).unwrap();
    }
    assert_eq!(again, rollout, "seed {seed}: the fold is not the same");
    let waits = decide(&rollout, &world.seen, world.now).waits;
    rollout.phase() == Phase::Done || waits.iter().all(|wait| matches!(wait.on, On::Hold { .. }))
}

fn ends_well(seed: u64, rollout: &Rollout, world: &Projection) {
    let waits = decide(rollout, &world.seen, world.now).waits;
    if rollout.phase() != Phase::Done {
        assert!(!waits.is_empty(), "seed {seed}: neither over nor waiting");
        return;
    }
    let left = world.seen.members.count(|class| {
        class.state != MemberState::Leaving
            && (class.marks.guarded && class.version == 2 || class.marks.ours || class.marks.our_keep)
    });
    assert_eq!(left, 0, "seed {seed}: marks left behind");
    let end = rollout.end().unwrap();
    let sizes = world.seen.group.as_ref().unwrap().sizes;
    let original = rollout.measured().unwrap().original;
    assert!(
        end.kept.is_some() || sizes.desired == original.desired,
        "seed {seed}: sizes not original: {sizes:?} for {original:?}, {rollout:#?}"
    );
}

#[test]
fn every_act_twice_changes_nothing_more() {
    for seed in 0..300 {
        let mut dice = Dice(seed, 9);
        let mut world = Projection::new(random_world(&mut dice), at(0), paces(), BTreeSet::new());
        let mut rollout = Rollout::new(random_spec(&mut dice), at(0));
        for _ in 0..200 {
            let decision = decide(&rollout, &world.seen, world.now);
            decision.record.iter().for_each(|event| rollout.apply(event).unwrap());
            for act in &decision.act {
                world.perform(act);
                let once = format!("{:?}", (&world.seen.group, &world.seen.members, &world.seen.pods));
                world.perform(act);
                let twice = format!("{:?}", (&world.seen.group, &world.seen.members, &world.seen.pods));
                assert_eq!(once, twice, "seed {seed}: {act:?}");
            }
            decision.place.iter().for_each(|node| world.place(node));
            let next = [world.next_at(), decision.wake_at].into_iter().flatten().min();
            world.advance_to(next.unwrap_or(world.now + SignedDuration::from_secs(30)).max(world.now));
        }
    }
}
