//! Updates under one loop: each a task of its own.

use std::cell::{Cell, RefCell};
use std::future::pending;

use jiff::Timestamp;
use replank_core::action::{CloudAction, ClusterAction};
use replank_core::cluster_upgrade::decision::Act;
use replank_core::cluster_upgrade::observed as upgrade;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::names::{NodeGroupName, NodeName, UpdateId};
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::spec::Spec;
use replank_core::observed::{Answer, Observation, Placement, Pod};

use super::world::{World, at, spec};
use crate::block::block_on;
use crate::cluster_upgrade::port::UpgradePort;
use crate::cluster_upgrade::turn::UpgradeTurned;
use crate::commands::{Command, CommandError};
use crate::journal::{Journal, JournalPort, JournalThread, StartError};
use crate::ports::{Cloud, Cluster, ReadError};
use crate::probe::Pass;
use crate::supervise::{Pending, Reconcile, supervise};
use crate::turn::{Settings, TurnError, Turned};

/// One side of a world that answers, or of one whose server takes the connection and never says a word.
struct Port {
    world: World,
    answers: bool,
}

impl Cluster for Port {
    async fn refresh(&mut self, seen: &Observation) -> Result<(), ReadError> {
        if self.answers { Cluster::refresh(&mut self.world, seen).await } else { pending().await }
    }

    fn tell(&mut self, into: &mut Observation) {
        Cluster::tell(&mut self.world, into);
    }

    async fn perform(&self, action: &ClusterAction) -> Answer {
        Cluster::perform(&self.world, action).await
    }

    async fn pods_on(&self, node: &NodeName) -> Result<Vec<Pod>, ReadError> {
        self.world.pods_on(node).await
    }

    async fn place(&self, node: &NodeName) -> Placement {
        self.world.place(node).await
    }
}

impl Cloud for Port {
    async fn refresh(&mut self, seen: &Observation) -> Result<(), ReadError> {
        Cloud::refresh(&mut self.world, seen).await
    }

    fn tell(&mut self, into: &mut Observation) {
        Cloud::tell(&mut self.world, into);
    }

    async fn perform(&self, action: &CloudAction) -> Answer {
        Cloud::perform(&self.world, action).await
    }
}

/// Two updates, one on a cluster that never answers; leaves when the other one is over.
struct Two {
    world: World,
    asked: RefCell<Vec<Spec>>,
    outcome: Cell<Option<Outcome>>,
    reconciled: Cell<u32>,
    /// Whether what is beside the updates hangs as well.
    hangs: bool,
}

/// Clusters that nobody upgrades.
struct NoUpgrades;

impl UpgradePort for NoUpgrades {
    fn update_id(&self, _: &Upgrade, step: u32, attempt: u32) -> UpdateId {
        UpdateId::new(format!("u-{step}-{attempt}"))
    }

    async fn observe(&self, _: &Upgrade) -> Result<upgrade::Observation, ReadError> {
        pending().await
    }

    async fn start(&self, _: &Upgrade, _: &Act) -> Answer {
        pending().await
    }
}

impl Reconcile for Two {
    type Cluster = Port;
    type Cloud = Port;
    type Upgrades = NoUpgrades;

    fn upgrades(&self) -> &NoUpgrades {
        &NoUpgrades
    }

    fn show_upgrade(&self, turned: &UpgradeTurned<'_>) {
        panic!("nobody asked for {turned:?}");
    }

    fn sides(&self, spec: &Spec) -> (Port, Port) {
        let answers = spec.group.as_str() == "default";
        let world = if answers { self.world.clone() } else { World::of_three() };
        (Port { world: world.clone(), answers }, Port { world, answers })
    }

    fn pending(&self) -> Vec<Pending> {
        if self.outcome.get().is_some() {
            return vec![Pending::Leave];
        }
        self.asked.take().into_iter().map(|spec| Pending::Update(Box::new(spec))).collect()
    }

    async fn reconcile(&self, _now: Timestamp) -> Option<Timestamp> {
        self.reconciled.set(self.reconciled.get() + 1);
        if self.hangs { pending().await } else { None }
    }

    fn show(&self, turned: &Turned<'_>) {
        self.outcome.set(turned.rollout.end().map(|end| end.outcome));
    }

    fn refused(&self, update: &UpdateId, error: &StartError) {
        panic!("{update}: {error}");
    }

    fn answered(&self, _command: &Command, _answer: Result<(), CommandError>) {}

    fn broke(&self, update: &UpdateId, error: &TurnError) {
        panic!("{update}: {error}");
    }
}

#[test]
fn a_cluster_that_never_answers_delays_nobody_else() {
    for hangs in [false, true] {
        let mut silent = spec();
        (silent.update, silent.group) = ("u-0".into(), "silent".into());
        let asked = RefCell::new(vec![silent, spec()]);
        let two = Two {
            world: World::of_three(),
            asked,
            outcome: Cell::new(None),
            reconciled: Cell::new(0),
            hangs,
        };
        let journal = JournalThread::start(Journal::in_memory().unwrap()).unwrap();
        let clock = two.world.clone();
        block_on(supervise(&two, &journal, &clock, &Pass, Settings::default())).unwrap();
        let listed = block_on(journal.run(|journal| journal.list())).unwrap().unwrap();
        let outcomes: Vec<_> = listed.iter().map(|one| (one.update.as_str(), one.outcome)).collect();
        assert_eq!(outcomes, [("u-0", None), ("u-1", Some(Outcome::Succeeded))]);
        assert!(listed.iter().all(|one| one.started_at >= at(0)));
        assert_eq!(
            two.reconciled.get() == 1,
            hangs,
            "looked after beside the turns: {}",
            two.reconciled.get()
        );
    }
}

/// One of two processes that share a journal: it runs what is its own, and gives it away after some turns.
struct Half {
    world: World,
    asked: RefCell<Vec<Spec>>,
    turns: Cell<u32>,
    /// Turns after which the updates are another's, if ever.
    ours_for: Option<u32>,
    laid_down: RefCell<Vec<UpdateId>>,
    is_over: Cell<bool>,
}

impl Half {
    fn new(world: World, asked: Vec<Spec>, ours_for: Option<u32>) -> Self {
        let (turns, laid_down, is_over) = Default::default();
        Self { world, asked: RefCell::new(asked), turns, ours_for, laid_down, is_over }
    }
}

impl Reconcile for Half {
    type Cluster = Port;
    type Cloud = Port;
    type Upgrades = NoUpgrades;

    fn upgrades(&self) -> &NoUpgrades {
        &NoUpgrades
    }

    fn show_upgrade(&self, turned: &UpgradeTurned<'_>) {
        panic!("nobody asked for {turned:?}");
    }

    fn sides(&self, _: &Spec) -> (Port, Port) {
        let port = || Port { world: self.world.clone(), answers: true };
        (port(), port())
    }

    fn pending(&self) -> Vec<Pending> {
        if self.is_over.get() || !self.laid_down.borrow().is_empty() {
            return vec![Pending::Leave];
        }
        self.asked.take().into_iter().map(|spec| Pending::Update(Box::new(spec))).collect()
    }

    async fn reconcile(&self, _now: Timestamp) -> Option<Timestamp> {
        None
    }

    fn show(&self, turned: &Turned<'_>) {
        self.turns.set(self.turns.get() + 1);
        self.is_over.set(turned.rollout.end().is_some());
    }

    fn refused(&self, update: &UpdateId, error: &StartError) {
        panic!("{update}: {error}");
    }

    fn answered(&self, _command: &Command, _answer: Result<(), CommandError>) {}

    fn broke(&self, update: &UpdateId, error: &TurnError) {
        panic!("{update}: {error}");
    }

    fn is_ours(&self, _group: &NodeGroupName) -> bool {
        self.ours_for.is_none_or(|turns| self.turns.get() < turns)
    }

    fn laid_down(&self, update: &UpdateId) {
        self.laid_down.borrow_mut().push(update.clone());
    }
}

#[test]
fn an_update_that_becomes_anothers_is_laid_down_between_turns_and_taken_up_there() {
    let world = World::of_three();
    let journal = JournalThread::start(Journal::in_memory().unwrap()).unwrap();
    let run = |half: &Half| {
        block_on(supervise(half, &journal, &world.clone(), &Pass, Settings::default())).unwrap();
    };
    let first = Half::new(world.clone(), vec![spec()], Some(4));
    run(&first);
    assert_eq!((first.turns.get(), first.laid_down.borrow().len()), (4, 1));
    let nobody = Half::new(world.clone(), Vec::new(), Some(0));
    nobody.is_over.set(true);
    run(&nobody);
    assert_eq!(nobody.turns.get(), 0, "what is another's is not taken up");
    let second = Half::new(world.clone(), Vec::new(), None);
    run(&second);
    let listed = block_on(journal.run(|journal| journal.list())).unwrap().unwrap();
    assert_eq!(listed[0].outcome, Some(Outcome::Succeeded));
}
