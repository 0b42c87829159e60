//! Measures whole updates in the embedded world. `cargo xtask bench` shows what it prints; `--tenfold` adds ten
//! times the cluster, `--only NAME` takes one measurement.
//!
//! Each measurement runs in a process of its own, so that memory is its own too.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it measures real time and talks to a terminal"
)]

use std::process::{Command, ExitCode};
use std::time::Instant;
use std::{env, fs};

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

/// Before the number of nodes whose plan is rehearsed.
const REHEARSED: &str = "plan-";

/// A node group of 500, 5,000 or 50,000 nodes with 30 pods and 2 budgets for each node.
const GROUP: &str = "\
clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 1, desired: 10, max: 10}
    capacity: {cpu: \"8\", memory: 32Gi, pods: 110}
    updateConfig: {maxUnavailable: 100}
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

fn group(nodes: u32) -> Result<WorldSpec, String> {
    let mut spec = worldfile::read("bench", GROUP.as_bytes()).map_err(|refused| refused.to_string())?;
    let cluster = &mut spec.clusters[0];
    let group = &mut cluster.node_groups[0];
    group.size.desired = nodes;
    group.size.max = Some(nodes);
    let one = cluster.workloads.remove(0);
    for number in 0..nodes * 2 {
        let mut workload = one.clone();
        workload.name = format!("web-{number}");
        workload.namespace = format!("shop-{}", number / 20);
        cluster.workloads.push(workload);
    }
    Ok(spec)
}

fn session(spec: WorldSpec) -> Result<Session, String> {
    let definition = Definition { spec, world_file: None, manifests: Vec::new(), replaces_workloads: false };
    Session::new(definition).map_err(|error| error.to_string())
}

/// Counts turns and lets the script of the world act.
struct Counter<'a> {
    session: &'a mut Session,
    turns: u64,
}

impl Face for Counter<'_> {
    fn show(&mut self, turned: &Turned<'_>) {
        self.turns += 1;
        self.session.follow(turned.rollout, turned.facts);
    }

    fn asked(&mut self) -> Vec<Input> {
        self.session.commands().into_iter().map(Input::Command).collect()
    }
}

/// Runs the updates of a world; answers turns and seconds.
fn update(session: &mut Session) -> Result<(u64, f64), String> {
    let mut journal = Journal::in_memory().map_err(|error| error.to_string())?;
    let world = session.world.clone();
    let mut updates = Vec::new();
    for spec in session.specs(|at| session.update_id(at)) {
        let group = spec.group.to_string();
        let recorded = journal.start(spec, session.now()).map_err(|error| error.to_string())?;
        let cluster = SimulatedCluster::new(world.clone(), &group);
        updates.push(Update::new(recorded, cluster, SimulatedCloud::new(world.clone(), &group)));
    }
    let clock = WorldClock::new(world, Span::millis(50));
    let begun = Instant::now();
    let mut counter = Counter { session, turns: 0 };
    let end = run(&mut updates, &mut journal, &clock, &Pass, Settings::default(), &mut counter);
    match block_on(end) {
        Ok(Ended::Over) => Ok((counter.turns, begun.elapsed().as_secs_f64())),
        Ok(other) => Err(format!("the update ended otherwise: {other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Projects the update of a world as `replank plan --quick` does; answers seconds.
fn plan(session: &Session) -> Result<f64, String> {
    let begun = Instant::now();
    std::hint::black_box(session.projected().map_err(|error| error.to_string())?);
    Ok(begun.elapsed().as_secs_f64())
}

/// Rehearses the update of a world as `replank plan` does; answers seconds.
fn rehearsed(session: &Session) -> Result<f64, String> {
    let begun = Instant::now();
    std::hint::black_box(session.rehearsed().map_err(|error| error.to_string())?);
    Ok(begun.elapsed().as_secs_f64())
}

/// The most memory the process ever held, in MiB; `None` where the system does not tell.
fn memory_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// One measurement, as `name value unit` on a line of its own.
fn one(name: &str) -> Result<(), String> {
    match name {
        "demo" => {
            let begun = Instant::now();
            let spec = worldfile::default_world().map_err(|refused| refused.to_string())?;
            update(&mut session(spec)?)?;
            println!("seconds {}", begun.elapsed().as_secs_f64());
        }
        plan if plan.starts_with(REHEARSED) => {
            let nodes = plan.trim_start_matches(REHEARSED);
            let nodes = nodes.parse().map_err(|_| format!("{nodes}: no number of nodes"))?;
            println!("rehearsed {}", rehearsed(&session(group(nodes)?)?)?);
        }
        nodes => {
            let nodes = nodes.parse().map_err(|_| format!("{nodes}: no measurement"))?;
            let begun = Instant::now();
            let mut session = session(group(nodes)?)?;
            println!("made {}", begun.elapsed().as_secs_f64());
            println!("plan {}", plan(&session)?);
            let (turns, seconds) = update(&mut session)?;
            println!("seconds {seconds}\nturns {turns}");
        }
    }
    if let Some(mib) = memory_mib() {
        println!("memory {mib}");
    }
    Ok(())
}

/// The numbers of one measurement, taken in a process of its own.
struct Numbers(Vec<(String, f64)>);

impl Numbers {
    fn take(name: &str) -> Result<Self, String> {
        let program = env::current_exe().map_err(|error| error.to_string())?;
        let out = Command::new(program).args(["--only", name]).output().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&out.stdout);
        if !out.status.success() {
            return Err(format!("{name}: {}", String::from_utf8_lossy(&out.stderr)));
        }
        let number = |line: &str| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        Ok(Self(text.lines().filter_map(number).collect()))
    }

    fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

/// Prints a measurement in the protocol of `cargo xtask bench`.
fn print(name: &str, value: Option<f64>, unit: &str, goal: Option<f64>, vs: Option<(&str, f64)>) {
    let Some(value) = value else { return };
    let mut line = serde_json::json!({"name": name, "value": value, "unit": unit});
    if let Some(goal) = goal {
        line["goal"] = goal.into();
    }
    if let Some((vs, other)) = vs {
        line["vs"] = vs.into();
        line["ratio"] = (value / other).into();
    }
    println!("{line}");
}

fn all(tenfold: bool) -> Result<(), String> {
    let demo = Numbers::take("demo")?;
    print("default demo", demo.get("seconds"), "s", Some(1.0), None);
    let small = Numbers::take("500")?;
    let small_seconds = small.get("seconds").unwrap_or(f64::NAN);
    print("update, 500 nodes", Some(small_seconds), "s", None, None);
    let large = Numbers::take("5000")?;
    let large_seconds = large.get("seconds").unwrap_or(f64::NAN);
    let vs = Some(("update, 500 nodes", small_seconds));
    print("update, 5000 nodes", Some(large_seconds), "s", Some(8.0), vs);
    print("memory, 5000 nodes", large.get("memory"), "MiB", Some(400.0), None);
    print("plan, projected, 5000 nodes", large.get("plan"), "s", Some(1.5), None);
    print("making the world, 5000 nodes", large.get("made"), "s", Some(1.5), None);
    let rehearsed = Numbers::take("plan-5000")?;
    print("plan, rehearsed, 5000 nodes", rehearsed.get("rehearsed"), "s", Some(10.0), None);
    let per_second = large.get("turns").map(|turns| turns / large_seconds);
    print("turns, 5000 nodes", per_second, "turns/s", None, None);
    if tenfold {
        let huge = Numbers::take("50000")?;
        let vs = Some(("update, 5000 nodes", large_seconds));
        let goal = Some(12.0 * large_seconds);
        print("update, 50000 nodes", huge.get("seconds"), "s", goal, vs);
        print("memory, 50000 nodes", huge.get("memory"), "MiB", None, None);
    }
    Ok(())
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words[..] {
        [] => all(false),
        ["--tenfold"] => all(true),
        ["--only", name] => one(name),
        _ => Err("expected --tenfold or --only NAME".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
