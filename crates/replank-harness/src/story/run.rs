//! Runs the updates of a world to their end, with the invariant checker around every port, through kills and
//! restarts.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::UpdateId;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Spec;
use replank_core::sizes::Sizes;
use replank_engine::block::block_on;
use replank_engine::commands::{CommandError, CommandKind};
use replank_engine::journal::{Journal, Recorded};
use replank_engine::ports::{Cloud, Cluster};
use replank_engine::probe::{Boundary, Probe, Stopped};
use replank_engine::run::{Ended, Face, Input, run};
use replank_engine::turn::{Settings, TurnError, Turned, Update};

use super::coverage::Coverage;
use super::text::Story;
use super::timeline::Timeline;
use crate::invariants::{Case, End, InvariantChecker, Judged, SharedChecker, Violation};
use replank_formats::worldfile::{WorldSpec, spec};
use replank_rehearsal::adapter::{SimulatedCloud, SimulatedCluster};
use replank_rehearsal::drive::WorldClock;
use replank_rehearsal::session::{Definition, Session};
use replank_world::shared::Shared;
use replank_world::time::Span;

/// Time from the end of the last update to the check of all ends, so that delayed calls have arrived.
const LATE: Span = Span::secs(120);

/// Wraps the checked ports, to plant a fault between engine and checker.
pub trait Dress {
    /// The Kubernetes port that the engine gets.
    type Cluster: Cluster;
    /// The cloud port that the engine gets.
    type Cloud: Cloud;

    /// Wraps the Kubernetes port.
    fn cluster(&self, port: Judged<SimulatedCluster>, world: &Shared) -> Self::Cluster;

    /// Wraps the cloud port.
    fn cloud(&self, port: Judged<SimulatedCloud>, world: &Shared) -> Self::Cloud;
}

/// Wraps nothing.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Dress for Plain {
    type Cluster = Judged<SimulatedCluster>;
    type Cloud = Judged<SimulatedCloud>;

    fn cluster(&self, port: Judged<SimulatedCluster>, _: &Shared) -> Self::Cluster {
        port
    }

    fn cloud(&self, port: Judged<SimulatedCloud>, _: &Shared) -> Self::Cloud {
        port
    }
}

/// Settings of a run.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// Kills the process at the boundary with this number, counted from the start of the run.
    pub kill_at: Option<u32>,
    /// Virtual time after which an unfinished update is left; it must name what it waits for.
    pub limit: SignedDuration,
    /// Whether the timeline is recorded.
    pub timeline: bool,
}

impl Default for Telling {
    fn default() -> Self {
        Self { kill_at: None, limit: SignedDuration::from_hours(6), timeline: true }
    }
}

/// The result of a run.
#[derive(Debug)]
pub struct Told {
    /// The timeline, line by line.
    pub timeline: String,
    /// Violated invariants.
    pub violations: Vec<Violation>,
    /// What the run covered.
    pub coverage: Coverage,
    /// The final states of the updates, in order.
    pub rollouts: Vec<Rollout>,
    /// How many boundaries were reached.
    pub boundaries: u32,
}

/// Runs a world with its update, then further updates one after the other. The error says why the run cannot go
/// on.
pub fn tell(
    world: &WorldSpec,
    then: &[spec::Update],
    telling: Telling,
    dress: &impl Dress,
) -> Result<Told, String> {
    let (world, then, watches) = (world.clone(), then.to_vec(), Vec::new());
    tell_story(&Story { world, then, watches }, telling, dress)
}

/// Runs a story, with the watches it asks for.
pub fn tell_story(story: &Story, telling: Telling, dress: &impl Dress) -> Result<Told, String> {
    let Story { world, then, watches } = story;
    let definition = |update: &spec::Update| Definition {
        spec: WorldSpec { update: update.clone(), ..world.clone() },
        world_file: None,
        manifests: Vec::new(),
        replaces_workloads: false,
    };
    let fail = |error: &dyn std::fmt::Display| error.to_string();
    let mut session = Session::new(definition(&world.update)).map_err(|error| fail(&error))?;
    if !watches.is_empty() {
        session.world.lock().watch(watches.clone());
    }
    let mut journal = Journal::in_memory().map_err(|error| fail(&error))?;
    let mut stage = RunState::new(&session, world, telling);
    let mut number = 0;
    for (round, update) in std::iter::once(&world.update).chain(then).enumerate() {
        let other = match round {
            0 => None,
            _ => Some(Session::new(definition(update)).map_err(|error| fail(&error))?),
        };
        let specs = other.as_ref().unwrap_or(&session).specs(|at| session.update_id(number + at));
        number += specs.len();
        stage.begin(&mut journal, specs, &session)?;
        play(&mut stage, &mut journal, &mut session, telling, dress)?;
    }
    stage.told(&session, &journal)
}

/// Runs until every update is over or nothing can change, restarting after each kill.
fn play(
    stage: &mut RunState,
    journal: &mut Journal,
    session: &mut Session,
    telling: Telling,
    dress: &impl Dress,
) -> Result<(), String> {
    let world = session.world.clone();
    let limit = session.now() + telling.limit;
    loop {
        let unfinished = journal.unfinished().map_err(|error| error.to_string())?;
        let mut updates: Vec<_> = unfinished.into_iter().map(|it| stage.update(it, &world, dress)).collect();
        let clock = WorldClock::new(world.clone(), Span::millis(50));
        let probe = Reaper::new(&world, stage.boundaries, telling.kill_at);
        let mut listener = Listener { stage, session, limit };
        let end = run(&mut updates, journal, &clock, &probe, Settings::default(), &mut listener);
        let end = block_on(end);
        stage.boundaries = probe.reached.get();
        stage.coverage.merge(&probe.coverage.into_inner());
        match end {
            Ok(Ended::Over | Ended::Stuck | Ended::Left) => return Ok(()),
            Err(TurnError::Stopped(stopped)) => {
                stage.coverage.hit("kill", stopped.at);
                let words = format!("the process is killed at boundary `{}` and starts again", stopped.at);
                stage.timeline.note(session.now(), "process", &words);
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// The state of a run beside the journal.
struct RunState {
    courts: BTreeMap<UpdateId, SharedChecker>,
    /// Whether the last turn of each update named neither a wait nor a problem.
    silent: BTreeMap<UpdateId, bool>,
    order: Vec<UpdateId>,
    homes: BTreeMap<String, (Sizes, u32)>,
    meddled: bool,
    timeline: Timeline,
    keeps_timeline: bool,
    coverage: Coverage,
    boundaries: u32,
}

impl RunState {
    fn new(session: &Session, spec: &WorldSpec, telling: Telling) -> Self {
        let world = session.world.lock();
        let groups = world.cloud.groups();
        let home = |group: &replank_world::cloud::Group| (group.spec.sizes, group.spec.zones.len() as u32);
        let homes: BTreeMap<String, _> =
            groups.map(|(_, group)| (group.spec.nodegroup.to_string(), home(group))).collect();
        Self {
            courts: BTreeMap::new(),
            silent: BTreeMap::new(),
            order: Vec::new(),
            meddled: is_meddled(spec),
            timeline: Timeline::new(homes.len() > 1),
            homes,
            keeps_timeline: telling.timeline,
            coverage: Coverage::default(),
            boundaries: 0,
        }
    }

    fn begin(&mut self, journal: &mut Journal, specs: Vec<Spec>, session: &Session) -> Result<(), String> {
        for spec in specs {
            let (home, zones) = self.homes.get(spec.group.as_str()).copied().ok_or("no such group")?;
            let case = Case { meddled: self.meddled, ..Case::new(&spec, home, zones) };
            self.courts.insert(spec.update.clone(), InvariantChecker::shared(case));
            self.order.push(spec.update.clone());
            journal.start(spec, session.now()).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn update<D: Dress>(
        &self,
        recorded: Recorded,
        world: &Shared,
        dress: &D,
    ) -> Update<D::Cluster, D::Cloud> {
        let spec = recorded.rollout.spec();
        let group = spec.group.to_string();
        let checker = self.courts[&spec.update].clone();
        let cluster = SimulatedCluster::new(world.clone(), &group);
        let cluster = Judged::new(cluster, world.clone(), checker.clone());
        let cloud = Judged::new(SimulatedCloud::new(world.clone(), &group), world.clone(), checker);
        Update::new(recorded, dress.cluster(cluster, world), dress.cloud(cloud, world))
    }

    /// Checks the ends and makes the result. The ends are taken from the journal: a kill may follow a fact that
    /// no turn showed.
    fn told(mut self, session: &Session, journal: &Journal) -> Result<Told, String> {
        let mut world = session.world.lock();
        if let Some(witness) = &world.witness {
            self.timeline.witnessed(&witness.seen);
        }
        let timeline = format!("{}\n{}", self.timeline.text(), Timeline::cost(&world));
        let late = world.now + LATE;
        world.advance_to(late);
        let mut violations = Vec::new();
        let mut rollouts = Vec::new();
        for update in &self.order {
            let (recorded, _) = journal.load(update).map_err(|error| error.to_string())?;
            let rollout = recorded.rollout;
            let is_silent = self.silent.get(update).copied().unwrap_or(false);
            let mut checker = self.courts[update].borrow_mut();
            let number = world.cloud.group_of(&checker.case.group);
            let sizes = number.map(|number| world.cloud.group(number).spec.sizes);
            let is_last = self.order.iter().rev().take(self.homes.len()).any(|id| id == update);
            if let Some(sizes) = sizes.filter(|_| is_last) {
                checker.end(&world, &End { rollout: &rollout, is_silent, sizes });
            }
            violations.append(&mut checker.violations);
            self.coverage.end(&rollout);
            rollouts.push(rollout);
        }
        for (rule, met) in world.faults.met() {
            self.coverage.fault(rule, met);
        }
        Ok(Told { timeline, violations, coverage: self.coverage, rollouts, boundaries: self.boundaries })
    }
}

/// Whether the script or an autoscaler changes the sizes during the update.
fn is_meddled(spec: &WorldSpec) -> bool {
    let by_person = |act: &spec::Act| {
        matches!(
            act.deed,
            spec::Deed::SetSizes { .. }
                | spec::Deed::TerminateInstance { lower_desired: true, .. }
                | spec::Deed::AutoscalerOn {}
        )
    };
    spec.acts.iter().any(by_person) || spec.clusters.iter().any(|cluster| cluster.autoscaler.enabled)
}

/// Follows the turns: timeline, coverage, checker, script.
struct Listener<'a> {
    stage: &'a mut RunState,
    session: &'a mut Session,
    limit: Timestamp,
}

impl Face for Listener<'_> {
    fn show(&mut self, turned: &Turned<'_>) {
        if self.stage.keeps_timeline {
            self.stage.timeline.take(turned);
        }
        self.stage.coverage.turn(turned);
        let update = &turned.rollout.spec().update;
        if let Some(checker) = self.stage.courts.get(update) {
            checker.borrow_mut().look(&self.session.world.lock());
        }
        let is_silent = turned.decision.waits.is_empty() && turned.decision.problems.is_empty();
        match self.stage.silent.get_mut(update) {
            Some(before) => *before = is_silent,
            None => drop(self.stage.silent.insert(update.clone(), is_silent)),
        }
        self.session.follow(turned.rollout, turned.facts);
    }

    fn asked(&mut self) -> Vec<Input> {
        if self.session.now() > self.limit {
            return vec![Input::Leave];
        }
        let commands = self.session.commands();
        for command in &commands {
            if command.wish == CommandKind::Force
                && let Some(checker) = self.stage.courts.get(&command.update)
            {
                checker.borrow_mut().case.force = true;
            }
        }
        commands.into_iter().map(Input::Command).collect()
    }

    fn refused(&mut self, error: &CommandError) {
        self.stage.coverage.hit("command", "refused");
        self.stage.timeline.note(self.session.now(), "person", &error.to_string());
    }
}

/// Kills the process where a fault rule or the settings of the run say so.
struct Reaper {
    world: Shared,
    reached: Cell<u32>,
    kill_at: Option<u32>,
    coverage: RefCell<Coverage>,
}

impl Reaper {
    fn new(world: &Shared, reached: u32, kill_at: Option<u32>) -> Self {
        Self { world: world.clone(), reached: Cell::new(reached), kill_at, coverage: RefCell::default() }
    }
}

impl Probe for Reaper {
    fn reach(&self, boundary: Boundary<'_>) -> Result<(), Stopped> {
        let number = self.reached.replace(self.reached.get() + 1);
        let at = boundary.name();
        self.coverage.borrow_mut().hit("boundary", at);
        if let Boundary::Performed(_, answer) = boundary {
            self.coverage.borrow_mut().answer(answer);
        }
        let by_rule = matches!(boundary, Boundary::Performed(..) | Boundary::Observed)
            && self.world.lock().faults.take_crash();
        if by_rule || self.kill_at == Some(number) { Err(Stopped { at }) } else { Ok(()) }
    }
}
