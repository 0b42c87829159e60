//! Measures what an update costs with each strategy, side by side in virtual time: how long it takes, how often a pod
//! moves and how many nodes stand beyond the original size. `cargo xtask bench --only strategies` shows it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to a terminal")]

use std::process::ExitCode;

use replank_core::node_group::problem::Outcome;
use replank_core::node_group::spec::{Spec, Strategy};
use replank_core::observed::MemberState;
use replank_engine::block::block_on;
use replank_engine::journal::Journal;
use replank_engine::probe::Pass;
use replank_engine::run::{Ended, Face, Input, run};
use replank_engine::turn::{Settings, Turned, Update};
use replank_formats::worldfile::{self, WorldSpec};
use replank_rehearsal::adapter::{SimulatedCloud, SimulatedCluster};
use replank_rehearsal::drive::WorldClock;
use replank_rehearsal::session::{Definition, Session};
use replank_world::time::Span;

/// A group with 30 pods and 2 budgets for each node, a third of it at once.
const GROUP: &str = "\
clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 1, desired: 10, max: 10}
    capacity: {cpu: \"8\", memory: 32Gi, pods: 110}
    updateConfig: {maxUnavailablePercentage: 33}
  workloads:
  - name: web
    namespace: shop
    replicas: 15
    cpu: 100m
    memory: 128Mi
    budget: {maxUnavailable: 2}
update:
  after: 30m
";

/// The strategies, the one that others are held against last.
const STRATEGIES: [(&str, Strategy); 3] =
    [("MINIMAL", Strategy::Minimal), ("REPLACE", Strategy::Replace), ("DEFAULT", Strategy::Default)];

/// A world and what is wanted of `REPLACE` there: how many times faster than `DEFAULT` it is at least.
struct Case {
    name: &'static str,
    nodes: Option<u32>,
    times: Option<f64>,
}

const CASES: [Case; 3] = [
    Case { name: "default demo", nodes: None, times: None },
    Case { name: "99 nodes", nodes: Some(99), times: Some(4.0) },
    Case { name: "1000 nodes", nodes: Some(1000), times: Some(3.0) },
];

fn world(nodes: Option<u32>) -> Result<WorldSpec, String> {
    let Some(nodes) = nodes else {
        return worldfile::default_world().map_err(|refused| refused.to_string());
    };
    let mut spec = worldfile::read("bench", GROUP.as_bytes()).map_err(|refused| refused.to_string())?;
    let cluster = &mut spec.clusters[0];
    cluster.node_groups[0].size.desired = nodes;
    cluster.node_groups[0].size.max = Some(nodes);
    let one = cluster.workloads.remove(0);
    for number in 0..nodes * 2 {
        let mut workload = one.clone();
        workload.name = format!("web-{number}");
        workload.namespace = format!("shop-{}", number / 20);
        cluster.workloads.push(workload);
    }
    Ok(spec)
}

/// What an update cost.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    minutes: f64,
    /// Pods that moved, for each that an update has to move.
    moves: f64,
    moved: u64,
    /// Most nodes beyond the original size, terminating ones not counted.
    extra: u32,
}

/// Watches an update.
struct PeakRecorder<'a> {
    session: &'a mut Session,
    peak: u32,
    home: u32,
    seconds: f64,
    outcome: Option<Outcome>,
}

impl Face for PeakRecorder<'_> {
    fn show(&mut self, turned: &Turned<'_>) {
        let members = &turned.seen.members;
        self.peak = self.peak.max(members.count(|class| class.state != MemberState::Leaving));
        self.home = turned.rollout.measured().map_or(0, |measured| measured.original.desired);
        self.seconds = turned.at.duration_since(turned.rollout.started_at()).as_secs_f64();
        self.outcome = turned.rollout.end().map(|end| end.outcome);
        self.session.follow(turned.rollout, turned.facts);
    }

    fn asked(&mut self) -> Vec<Input> {
        self.session.commands().into_iter().map(Input::Command).collect()
    }
}

/// The pods that a drain of the group's nodes moves, when the update begins.
fn movable(session: &Session) -> usize {
    let world = session.world.lock();
    world.store.pods.iter().filter(|(_, pod)| pod.node.is_some() && moves(pod)).count()
}

fn moves(pod: &replank_world::object::Pod) -> bool {
    pod.meta.owner.as_ref().is_none_or(|owner| &*owner.kind != "DaemonSet")
}

fn measure(spec: WorldSpec, strategy: Strategy) -> Result<Cost, String> {
    let definition = Definition { spec, world_file: None, manifests: Vec::new(), replaces_workloads: false };
    let mut session = Session::new(definition).map_err(|error| error.to_string())?;
    let mut journal = Journal::in_memory().map_err(|error| error.to_string())?;
    let world = session.world.clone();
    let mut updates = Vec::new();
    for spec in session.specs(|at| session.update_id(at)) {
        let group = spec.group.to_string();
        let spec = Spec { strategy, ..spec };
        let recorded = journal.start(spec, session.now()).map_err(|error| error.to_string())?;
        let cluster = SimulatedCluster::new(world.clone(), &group);
        updates.push(Update::new(recorded, cluster, SimulatedCloud::new(world.clone(), &group)));
    }
    let movable = movable(&session);
    let clock = WorldClock::new(world.clone(), Span::millis(50));
    let mut watch = PeakRecorder { session: &mut session, peak: 0, home: 0, seconds: 0.0, outcome: None };
    let end = run(&mut updates, &mut journal, &clock, &Pass, Settings::default(), &mut watch);
    match block_on(end) {
        Ok(Ended::Over) if watch.outcome == Some(Outcome::Succeeded) => {}
        Ok(other) => return Err(format!("the update ended otherwise: {other:?}, {:?}", watch.outcome)),
        Err(error) => return Err(error.to_string()),
    }
    let (minutes, extra) = (watch.seconds / 60.0, watch.peak.saturating_sub(watch.home));
    let moved: u64 = world.lock().tally.moved().values().map(|moves| moves.total).sum();
    Ok(Cost { minutes, moves: moved as f64 / movable as f64, moved, extra })
}

/// Prints a measurement in the protocol of `cargo xtask bench`.
fn print(name: &str, value: f64, unit: &str, more: &[(&str, serde_json::Value)]) {
    let mut line = serde_json::json!({"name": name, "value": value, "unit": unit});
    for (key, value) in more {
        line[*key] = value.clone();
    }
    println!("{line}");
}

fn tell(case: &Case) -> Result<(), String> {
    let mut replaced = Cost::default();
    for (word, strategy) in STRATEGIES {
        let cost = measure(world(case.nodes)?, strategy).map_err(|why| format!("{}: {why}", case.name))?;
        let named = |what: &str| format!("{what}, {}, {word}", case.name);
        let is_replace = strategy == Strategy::Replace;
        if is_replace {
            replaced = cost;
        }
        let mut more = Vec::new();
        if strategy == Strategy::Default {
            let ratio = cost.minutes / replaced.minutes;
            more.push(("vs", format!("virtual time, {}, REPLACE", case.name).into()));
            more.push(("ratio", ratio.into()));
            more.extend(case.times.map(|times| ("times", times.into())));
        }
        print(&named("virtual time"), cost.minutes, "min", &more);
        let goal = is_replace.then_some(("goal", 1.02.into()));
        print(&named("moves per movable pod"), cost.moves, "moves", goal.as_slice());
        print(&named("moves"), cost.moved as f64, "pods", &[]);
        print(&named("extra nodes"), f64::from(cost.extra), "nodes", &[]);
        if strategy == Strategy::Default && replaced.extra > cost.extra {
            return Err(format!("{}: REPLACE has {} extra nodes", case.name, replaced.extra));
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let result: Result<Vec<()>, String> = CASES.iter().map(tell).collect();
    match result {
        Ok(_) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
