//! A plan and the run of the same world say the same, for every world file and for many small worlds.
//!
//! | Not compared | Why |
//! |---|---|
//! | faults of calls, acts of people | a plan foresees no bad luck and nobody's mind; the run here goes without them |
//! | problems and waits on the way | what ends by itself stops nothing; what lasts to a deadline is compared |
//! | where a projection launches at a tie | zones with equally many nodes are drawn by the cloud; at the ceiling that decides |
//! | names and paces of a projection | a world too large to rehearse has its numbers and its first picks compared only |

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that meets the unexpected shall stop there")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::{NodeName, ObjectName};
use replank_core::node_group::event::{Fact, Measured};
use replank_core::node_group::phase::{Phase, Purpose};
use replank_core::node_group::plan::{Finding, Plan};
use replank_core::node_group::problem::{Failure, Outcome, Why};
use replank_core::node_group::wait::Wait;
use replank_engine::block::block_on;
use replank_engine::journal::Journal;
use replank_engine::probe::Pass;
use replank_engine::run::{Face, Input, run};
use replank_engine::turn::{Settings, Turned, Update};
use replank_formats::manifest::Source;
use replank_formats::worldfile;
use replank_rehearsal::adapter::{SimulatedCloud, SimulatedCluster};
use replank_rehearsal::drive::WorldClock;
use replank_rehearsal::session::{Definition, Session};
use replank_world::time::Span;

/// Small worlds with seeds of their own, besides the world files.
const SEEDS: u64 = 200;

/// What is compared of one group.
#[derive(Clone, Debug, Default, PartialEq)]
struct Tale {
    measured: Option<Measured>,
    phases: Vec<Phase>,
    order: Vec<NodeName>,
    outcome: Option<Outcome>,
    failure: Option<Failure>,
    seconds: Option<i64>,
}

/// What a run tells: the tale, and the pods that held a node up to a deadline.
#[derive(Debug, Default)]
struct Ran {
    begun: Option<Timestamp>,
    tale: Tale,
    held: BTreeSet<(ObjectName, NodeName)>,
}

impl Ran {
    fn take(&mut self, turned: &Turned<'_>) {
        self.begun.get_or_insert(turned.rollout.started_at());
        self.tale.measured = turned.rollout.measured().cloned();
        for event in turned.facts {
            match &event.fact {
                Fact::Picked { node: Some(node), purpose: Purpose::Replace | Purpose::Retire, .. } => {
                    self.tale.order.push(node.clone());
                }
                Fact::Entered { phase } => self.tale.phases.push(*phase),
                Fact::Failed(failure) => {
                    self.tale.failure = Some(failure.clone());
                    if let Why::DrainTimedOut { waits, .. } = &failure.why {
                        self.hold(waits);
                    }
                }
                Fact::ForceBegan { instance } | Fact::Undrained { instance } => {
                    let member = turned.seen.members.get(instance);
                    let node = member.and_then(|member| Some(member.node.as_ref()?.name.clone()));
                    let waits = turned.decision.waits.iter().filter(|wait| wait.node == node);
                    self.hold(&waits.cloned().collect::<Vec<_>>());
                }
                Fact::Finished { outcome, .. } => {
                    self.tale.outcome = Some(*outcome);
                    let length = self.begun.map(|begun| event.at.duration_since(begun).as_secs());
                    self.tale.seconds = length;
                }
                _ => {}
            }
        }
    }

    fn hold(&mut self, waits: &[Wait]) {
        let found = waits.iter().filter_map(Finding::of_wait);
        self.held.extend(found.map(|finding| (finding.pod, finding.node)));
    }
}

/// Takes down a run, up to a day of it.
struct Listener {
    ran: Vec<(String, Ran)>,
    session: Session,
    until: Timestamp,
}

impl Face for Listener {
    fn show(&mut self, turned: &Turned<'_>) {
        let group = turned.rollout.spec().group.to_string();
        if let Some((_, ran)) = self.ran.iter_mut().find(|(name, _)| *name == group) {
            ran.take(turned);
        }
    }

    fn asked(&mut self) -> Vec<Input> {
        if self.session.now() > self.until { vec![Input::Leave] } else { Vec::new() }
    }
}

fn definition(text: &str, manifests: &str) -> Definition {
    let mut spec = worldfile::read("world", text.as_bytes()).unwrap_or_else(|why| panic!("{why}\n{text}"));
    spec.acts.clear();
    spec.faults.clear();
    let source = Source { name: "more.yaml".into(), text: manifests.as_bytes().to_vec(), namespace: None };
    let manifests = if manifests.is_empty() { Vec::new() } else { vec![source] };
    Definition { spec, world_file: None, manifests, replaces_workloads: false }
}

fn ran(session: Session) -> Vec<Ran> {
    let mut journal = Journal::in_memory().unwrap();
    let world = session.world.clone();
    let (mut updates, mut ran) = (Vec::new(), Vec::new());
    for spec in session.specs(|at| session.update_id(at)) {
        let group = spec.group.to_string();
        let recorded = journal.start(spec, session.now()).unwrap();
        let cluster = SimulatedCluster::new(world.clone(), &group);
        updates.push(Update::new(recorded, cluster, SimulatedCloud::new(world.clone(), &group)));
        ran.push((group, Ran::default()));
    }
    let clock = WorldClock::new(world, Span::millis(50));
    let until = session.now() + SignedDuration::from_hours(24);
    let mut listener = Listener { ran, session, until };
    let end = run(&mut updates, &mut journal, &clock, &Pass, Settings::default(), &mut listener);
    block_on(end).unwrap();
    listener.ran.into_iter().map(|(_, ran)| ran).collect()
}

fn told(shown: &Plan) -> Tale {
    let end = shown.end.as_ref();
    let mut phases: Vec<Phase> = shown.phases.iter().skip(1).map(|(phase, _)| *phase).collect();
    phases.retain(|phase| *phase != Phase::Done);
    Tale {
        measured: shown.measured.clone(),
        phases,
        order: shown.order.clone(),
        outcome: end.map(|end| end.outcome),
        failure: shown.failure.clone(),
        seconds: end.map(|_| shown.total.as_secs()),
    }
}

/// What a plan and the run of a world say differently.
fn drift(name: &str, text: &str, manifests: &str) -> Vec<String> {
    let session = Session::new(definition(text, manifests)).unwrap_or_else(|why| panic!("{why}\n{text}"));
    let before = format!("{:?}", session.world.lock().store.changes.version);
    let plans = session.rehearsed().unwrap();
    let projected = session.projected().unwrap();
    let after = format!("{:?}", session.world.lock().store.changes.version);
    let mut drifts = Vec::new();
    if before != after {
        drifts.push(format!("{name}: the plan changed the world"));
    }
    for (((_, plan), (_, cheap)), ran) in plans.iter().zip(&projected).zip(ran(session)) {
        let tale = told(plan);
        if tale != ran.tale {
            drifts.push(format!("{name}: the plan says\n  {tale:?}\nand the run\n  {:?}", ran.tale));
        }
        for (pod, node) in &ran.held {
            let mut blocking = plan.findings.iter().filter(|finding| finding.about.blocks());
            if !blocking.any(|finding| finding.pod == *pod) {
                drifts.push(format!("{name}: nothing foresees {pod} on {node}: {:?}", plan.findings));
            }
        }
        let by_draw = matches!(&ran.tale.failure, Some(Failure { why: Why::ZoneWithoutNode { .. }, .. }));
        if by_draw {
            continue;
        }
        // What comes up where is a draw of the world, and `REPLACE` picks by that.
        let by_state = text.contains("strategy: REPLACE");
        let begins = by_state || cheap.order.first() == ran.tale.order.first();
        if cheap.measured != ran.tale.measured || !begins {
            drifts.push(format!("{name}: the projection begins otherwise: {cheap:?}\n  {:?}", ran.tale));
        }
    }
    drifts
}

/// Draws of one seed, one after the other.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(1);
        replank_core::draw::mix(self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)) % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// What makes pods hard to move, each as lines of a workload.
const KINDS: &[&str] = &[
    "replicas: 4\n    budget: {maxUnavailable: 1}",
    "replicas: 2\n    budget: {minAvailable: 2}",
    "replicas: 3\n    budget: {maxUnavailable: 0}",
    "replicas: 3\n    budget: {minAvailable: 50%}\n    ready: never",
    "kind: Job\n    replicas: 2\n    runs: 40m",
    "kind: Job\n    replicas: 2\n    runs: 20m\n    budget: {maxUnavailable: 1}",
    "kind: Pod",
    "kind: Pod\n    budget: {maxUnavailable: 1}",
    "kind: StatefulSet\n    replicas: 3\n    volume: {size: 10Gi}\n    budget: {maxUnavailable: 1}",
    "kind: StatefulSet\n    replicas: 2\n    budget: {minAvailable: 1}",
    "kind: StatefulSet\n    replicas: 3\n    podManagement: Parallel",
    "replicas: 3\n    antiAffinity: {over: host}\n    budget: {maxUnavailable: 1}",
    "replicas: 1\n    antiAffinity: {over: zone}",
    "replicas: 4\n    spread: {over: host, unsatisfiable: DoNotSchedule}\n    budget: {maxUnavailable: 1}",
    "replicas: 4\n    spread: {over: zone, unsatisfiable: DoNotSchedule}\n    budget: {maxUnavailable: 1}",
    "replicas: 2\n    tolerations:\n    - {operator: Exists}",
    "replicas: 2\n    grace: 20m\n    terminate: 18m",
    "replicas: 1\n    finalizer: example.com/held",
    "replicas: 3\n    cpu: 900m\n    priority: 100",
    "replicas: 6\n    cpu: 700m\n    budget: {maxUnavailable: 30%}",
    "replicas: 2\n    emptyDir: true",
    "kind: DaemonSet",
];

const UPDATES: &[&str] = &[
    "{}",
    "{guard: cordon}",
    "{force: true}",
    "{order: oldest}",
    "{order: zone-by-zone, increment: ceiling}",
    "{pods: {jobs: wait}}",
    "{pods: {bare: refuse, emptyDir: refuse}}",
];

/// A small world, and manifests that put a second budget over its first workload, or nothing.
fn small(seed: u64) -> (String, String) {
    let mut dice = Dice(seed << 20);
    let zones = 1 + dice.below(3);
    let nodes = 1 + dice.below(4);
    let names = ["us-west-2a", "us-west-2b", "us-west-2c"][..zones as usize].join(", ");
    let mut out = format!("seed: {seed}\nclusters:\n- addons: [kube-proxy]\n  nodeGroups:\n");
    let groups = if dice.below(6) == 0 { 2 } else { 1 };
    for name in &["blue", "green"][..groups] {
        let limit = dice.pick(&[
            "maxUnavailable: 1",
            "maxUnavailable: 2",
            "maxUnavailablePercentage: 50",
            "maxUnavailable: 1, strategy: MINIMAL",
            "maxUnavailable: 2, strategy: REPLACE",
        ]);
        writeln!(out, "  - name: {name}\n    zones: [{names}]").unwrap();
        writeln!(out, "    size: {{min: 1, desired: {nodes}, max: {}}}", nodes + dice.below(3)).unwrap();
        writeln!(out, "    updateConfig: {{{limit}}}").unwrap();
        if dice.below(3) == 0 {
            writeln!(out, "    zoneSizes: {{us-west-2a: {nodes}}}").unwrap();
        }
    }
    out += "  workloads:\n";
    for number in 0..=dice.below(4) {
        writeln!(out, "  - name: w{number}\n    namespace: shop\n    {}", dice.pick(KINDS)).unwrap();
    }
    writeln!(out, "update: {}", dice.pick(UPDATES)).unwrap();
    let second = "apiVersion: policy/v1\nkind: PodDisruptionBudget\n\
        metadata: {name: second, namespace: shop}\n\
        spec: {maxUnavailable: 1, selector: {matchLabels: {app.kubernetes.io/name: w0}}}\n";
    (out, if dice.below(8) == 0 { second.to_owned() } else { String::new() })
}

#[test]
fn the_plan_of_every_world_file_is_what_happens() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../replank-formats/worlds");
    let mut drifts = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            count += 1;
            drifts.extend(drift(&path.display().to_string(), &fs::read_to_string(&path).unwrap(), ""));
        }
    }
    assert!(count > 0, "no world file");
    assert!(drifts.is_empty(), "{} drifts:\n{}", drifts.len(), drifts.join("\n"));
}

#[test]
fn the_plan_of_many_small_worlds_is_what_happens() {
    let mut drifts = Vec::new();
    for seed in 0..SEEDS {
        let (text, manifests) = small(seed);
        drifts.extend(drift(&format!("seed {seed}"), &text, &manifests));
    }
    let shown: Vec<&str> = drifts.iter().take(4).map(String::as_str).collect();
    assert!(drifts.is_empty(), "{} drifts:\n{}", drifts.len(), shown.join("\n"));
}
