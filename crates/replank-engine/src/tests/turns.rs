//! Turns of an update that goes well, and of ports that do not.

use std::cell::{Cell, RefCell};
use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use replank_core::action::{Action, CloudAction};
use replank_core::names::{InstanceId, NodeName};
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::phase::Phase;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::GiveBack;
use replank_core::node_group::spec::Batch;

use super::world::{Notebook, Scratch, World, at, pod, spec, started, update_id};
use crate::block::block_on;
use crate::clock::{Clock, Elapsed, Rested};
use crate::commands::{self, Command, CommandKind};
use crate::journal::{Inline, Journal};
use crate::probe::{Boundary, Pass, Probe, Stopped};
use crate::run::{Ended, run};
use crate::turn::{Next, Settings, TurnContext, turn};

/// Runs the default update in `world` to its end.
fn finish(world: &World) -> (Ended, Notebook, Outcome, Vec<Event>) {
    let (mut journal, recorded) = started();
    let mut updates = [world.update(recorded)];
    let (mut face, clock) = (Notebook::default(), world.clone());
    let ended = run(&mut updates, &mut journal, &clock, &Pass, Settings::default(), &mut face);
    let ended = block_on(ended).unwrap();
    let (replayed, events) = journal.load(&update_id()).unwrap();
    assert_eq!(replayed.rollout, updates[0].recorded.rollout, "replay gives the same update");
    let outcome = replayed.rollout.end().unwrap().outcome;
    (ended, face, outcome, events)
}

#[test]
fn an_update_runs_to_its_end_and_is_recorded_as_shown() {
    let (ended, face, outcome, events) = finish(&World::of_three());
    assert_eq!((ended, outcome), (Ended::Over, Outcome::Succeeded));
    assert_eq!(face.facts, events, "every recorded fact is shown once, in order");
    assert!(face.peak <= 6, "{} members", face.peak);
    let phases: Vec<Phase> = events
        .iter()
        .filter_map(|event| match event.fact {
            Fact::Entered { phase } => Some(phase),
            _ => None,
        })
        .collect();
    assert_eq!(phases, [Phase::ScaleUp, Phase::Guard, Phase::Upgrade, Phase::ScaleDown]);
}

#[test]
fn equal_worlds_give_equal_records() {
    assert_eq!(finish(&World::of_three()).3, finish(&World::of_three()).3);
}

#[test]
fn lost_answers_lose_nothing() {
    let world = World::of_three();
    world.faults.borrow_mut().lose_answers = true;
    assert_eq!(finish(&world).2, Outcome::Succeeded);
    let replaced = world
        .faults
        .borrow()
        .done
        .iter()
        .filter(|act| matches!(act, Action::Cloud(CloudAction::Terminate { .. })))
        .count();
    assert_eq!(replaced, 6, "three old nodes and three surplus ones, none of them twice");
}

#[test]
fn a_side_that_cannot_be_read_is_waited_for() {
    let world = World::of_three();
    world.faults.borrow_mut().unreadable_until = Some(at(120));
    let (_, face, outcome, events) = finish(&world);
    assert_eq!(outcome, Outcome::Succeeded);
    assert!(
        face.waits.contains("the Kubernetes API cannot be read (connection refused)"),
        "{:?}",
        face.waits
    );
    assert!(events.iter().all(|event| event.at >= at(120)), "nothing is decided blind");
}

#[test]
fn a_call_without_an_answer_in_time_says_nothing() {
    let world = World::of_three();
    world.faults.borrow_mut().hang = true;
    let (mut journal, recorded) = started();
    let mut update = world.update(recorded);
    let journal = Inline::new(&mut journal);
    let context =
        &TurnContext { journal: &journal, clock: &world, probe: &Pass, settings: Settings::default() };
    let mut answers = Vec::new();
    block_on(turn(&mut update, context, &mut |turned| {
        answers.extend(turned.performed.iter().map(|(_, answer)| crate::messages::answer(answer)));
    }))
    .unwrap();
    assert_eq!(answers, ["unknown: no answer within 35 s"]);
    assert_eq!(update.seen.answers.len(), 1, "the next decision knows of it");
}

#[test]
fn no_instance_goes_while_a_pod_that_must_leave_is_on_its_node() {
    let world = World::of_three();
    world.faults.borrow_mut().late_pod = Some(pod("late", 99, &NodeName::new("n-b")));
    let (mut journal, recorded) = started();
    let mut updates = [world.update(recorded)];
    let (mut face, clock) = (Notebook::default(), world.clone());
    let settings = Settings { acts_max: 1, ..Settings::default() };
    // The late pod is in fresh lists alone, so the engine asks again and again; after an hour it has to hold still.
    face.inputs.insert(2_000, crate::run::Input::Leave);
    block_on(run(&mut updates, &mut journal, &clock, &Pass, settings, &mut face)).unwrap();
    let gone = |name: &str| {
        let id = InstanceId::new(name);
        let faults = world.faults.borrow();
        faults.done.iter().any(
            |act| matches!(act, Action::Cloud(CloudAction::Terminate { instance, .. }) if *instance == id),
        )
    };
    assert!(!gone("i-b"), "terminated under a pod");
    assert!(face.turns >= 2_000);
}

/// Lets another process pause the update the moment the first decision is made.
struct Intruder {
    other: RefCell<Option<Journal>>,
}

impl Probe for Intruder {
    fn reach(&self, boundary: Boundary<'_>) -> Result<(), Stopped> {
        if boundary == Boundary::Decided
            && let Some(mut other) = self.other.borrow_mut().take()
        {
            let wish = CommandKind::Pause { in_work: GiveBack::No };
            commands::give(&mut other, &Command { update: update_id(), wish }, at(0)).unwrap();
        }
        Ok(())
    }
}

#[test]
fn a_lost_race_drops_everything_decided() {
    let scratch = Scratch::new("race");
    let file = scratch.path().join("journal.sqlite");
    let mut journal = Journal::open(&file).unwrap();
    let recorded = journal.start(spec(), at(0)).unwrap();
    let probe = Intruder { other: RefCell::new(Some(Journal::open(&file).unwrap())) };
    let world = World::of_three();
    world.projection.borrow_mut().perform(&Action::Cloud(CloudAction::PointGroup { from: 1, to: 1 }));
    let mut update = world.update(recorded);
    // Setup decides facts only once a version with the target's content is in force.
    let content = spec().target.content;
    world.projection.borrow_mut().perform(&Action::Cloud(CloudAction::CreateVersion {
        template: "lt-1".into(),
        content,
        token: update_id(),
    }));
    world.projection.borrow_mut().perform(&Action::Cloud(CloudAction::PointGroup { from: 1, to: 2 }));
    let journal = Inline::new(&mut journal);
    let context =
        &TurnContext { journal: &journal, clock: &world, probe: &probe, settings: Settings::default() };
    let mut shown = 0;
    let next = block_on(turn(&mut update, context, &mut |_| shown += 1)).unwrap();
    assert_eq!((next, shown), (Next::Again, 0));
    assert_eq!(world.faults.borrow().done, []);
    let next = block_on(turn(&mut update, context, &mut |turned| {
        assert_eq!(turned.facts[0].fact, Fact::Paused { give_back: false }, "the intruder's fact is heard");
    }));
    assert!(matches!(next, Ok(Next::Rest(_))), "{next:?}");
}

/// Looks into the journal, through another connection, whenever an act is about to be performed.
struct Witness {
    journal: Journal,
    looked: Cell<u32>,
}

impl Probe for Witness {
    fn reach(&self, boundary: Boundary<'_>) -> Result<(), Stopped> {
        let Boundary::Performing(action) = boundary else { return Ok(()) };
        let (_, events) = self.journal.load(&update_id()).unwrap();
        let recorded = |wanted: &Fact| events.iter().any(|event| event.fact == *wanted);
        match action {
            Action::Cloud(CloudAction::Terminate { instance, .. }) => {
                assert!(
                    recorded(&Fact::TerminateAsked { instance: instance.clone(), with: Vec::new() }),
                    "{instance}"
                );
            }
            Action::Cloud(CloudAction::SetSizes { to, .. }) if to.desired > 3 => {
                assert!(recorded(&Fact::SizesAsked { to: *to }), "{to:?}");
            }
            _ => return Ok(()),
        }
        self.looked.set(self.looked.get() + 1);
        Ok(())
    }
}

#[test]
fn facts_are_recorded_before_acts_are_performed() {
    let scratch = Scratch::new("witness");
    let file = scratch.path().join("journal.sqlite");
    let mut journal = Journal::open(&file).unwrap();
    let world = World::of_three();
    let mut updates = [world.update(journal.start(spec(), at(0)).unwrap())];
    let probe = Witness { journal: Journal::open(&file).unwrap(), looked: Cell::new(0) };
    let (mut face, clock) = (Notebook::default(), world.clone());
    let ended = run(&mut updates, &mut journal, &clock, &probe, Settings::default(), &mut face);
    assert_eq!(block_on(ended).unwrap(), Ended::Over);
    assert!(probe.looked.get() >= 7, "{} acts", probe.looked.get());
}

#[test]
fn two_updates_take_turns_and_each_is_recorded() {
    let (one, other) = (World::of_three(), World::of_three());
    let mut journal = Journal::in_memory().unwrap();
    let first = one.update(journal.start(spec(), at(0)).unwrap());
    let mut second = spec();
    (second.update, second.group) = ("u-2".into(), "other".into());
    second.batch = Batch::Count(3);
    let second = other.update(journal.start(second, at(0)).unwrap());
    let clock = Both(one.clone(), other.clone());
    let mut face = Notebook::default();
    let mut updates = [first, second];
    let ended = run(&mut updates, &mut journal, &clock, &Pass, Settings::default(), &mut face);
    assert_eq!(block_on(ended).unwrap(), Ended::Over);
    let outcomes: Vec<_> = journal.list().unwrap().into_iter().map(|listed| listed.outcome).collect();
    assert_eq!(outcomes, [Some(Outcome::Succeeded); 2]);
}

/// One clock over two worlds.
struct Both(World, World);

impl Clock for Both {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn within<F: Future>(&self, limit: SignedDuration, call: F) -> Result<F::Output, Elapsed> {
        self.0.within(limit, call).await
    }

    async fn rest(&self, _: SignedDuration, until: Option<Timestamp>) -> Rested {
        let soon = self.now() + SignedDuration::from_millis(500);
        let until = until.map_or(soon, |until| until.min(soon)).max(self.now());
        for world in [&self.0, &self.1] {
            world.projection.borrow_mut().advance_to(until);
        }
        Rested::Awake
    }
}
