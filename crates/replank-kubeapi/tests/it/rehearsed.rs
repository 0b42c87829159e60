//! A snapshot of a world foresees what happens in that world: the same blockers, the same end, times within 5 %.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use replank_formats::snapshot::{self, KINDS, LaidOver, Snapshot};
use replank_formats::worldfile;
use replank_kubeapi::objects;
use replank_rehearsal::session::{Definition, GroupRehearsal, Session};
use replank_world::wall_clock_map::WallClockMap;

/// The seeds that each side is run with.
const SEEDS: u64 = 5;

fn session(text: &str) -> Session {
    let spec = worldfile::read("world", text.as_bytes()).unwrap_or_else(|why| panic!("{why}\n{text}"));
    let definition = Definition { spec, world_file: None, manifests: Vec::new(), replaces_workloads: false };
    Session::new(definition).unwrap()
}

/// What an API server shows of the world of a session.
fn taken(session: &Session) -> Snapshot {
    let world = session.world.lock();
    let clock_map = WallClockMap::new(world.now, world.now.into());
    let all = KINDS.iter().flat_map(|kind| objects(&world, &clock_map, kind.api_version, kind.resource));
    let gathered = snapshot::gather(all);
    Snapshot {
        taken_at: world.now.into(),
        server: format!("v{}.0", session.cluster().version),
        replank: "0.0.0".into(),
        cluster: Some(session.cluster().name.clone()),
        anonymized: false,
        objects: gathered.objects,
    }
}

/// The same, through a file.
fn through_a_file(taken: &Snapshot) -> Snapshot {
    let mut file = Vec::new();
    snapshot::write(taken, &mut file).unwrap();
    let read = snapshot::read(&file).unwrap();
    assert_eq!(&read, taken);
    read
}

fn seeded(snapshot: &Snapshot, over: &str) -> Session {
    let over = LaidOver { file: "over.yaml".into(), text: over.as_bytes().to_vec() };
    let wanted = snapshot::world_file(snapshot, Some(&over)).unwrap_or_else(|why| panic!("{why}"));
    Session::of_snapshot(snapshot, wanted).unwrap_or_else(|why| panic!("{why}")).0
}

/// What is compared of one side.
#[derive(Debug)]
struct Side {
    outcomes: BTreeSet<String>,
    blockers: BTreeSet<String>,
    seconds: Vec<i64>,
}

impl Side {
    fn of(session: &Session) -> Self {
        let mut side = Self { outcomes: BTreeSet::new(), blockers: BTreeSet::new(), seconds: Vec::new() };
        for seed in 1..=SEEDS {
            let run = session.rehearse(seed, &[], jiff::SignedDuration::from_mins(1)).unwrap();
            for group in run.groups {
                side.take(&group);
            }
        }
        side.seconds.sort_unstable();
        side
    }

    fn take(&mut self, group: &GroupRehearsal) {
        let plan = &group.plan;
        self.outcomes.insert(format!("{:?}", plan.end.as_ref().map(|end| end.outcome)));
        self.seconds.push(plan.total.as_secs());
        for finding in plan.findings.iter().filter(|finding| finding.about.blocks()) {
            let kind = format!("{:?}", std::mem::discriminant(&finding.about));
            // Pods of a controller have names of chance; the workload stays.
            let name = finding.pod.name.to_string();
            let workload = name.split('-').next().unwrap_or_default().to_owned();
            self.blockers.insert(format!("{}/{workload} {kind}", finding.pod.namespace));
        }
    }

    fn median(&self) -> i64 {
        self.seconds[self.seconds.len() / 2]
    }
}

/// Compares a world with a snapshot of it, taken when it has lived for a while.
fn compare(text: &str, over: &str, lives: SignedDuration) {
    let session = session(text);
    {
        let mut world = session.world.lock();
        let until = world.now + lives.into();
        world.advance_to(until);
    }
    let snapshot = through_a_file(&taken(&session));
    let (there, here) = (Side::of(&session), Side::of(&seeded(&snapshot, over)));
    assert_eq!(there.outcomes, here.outcomes, "{text}\n{there:?}\n{here:?}");
    assert_eq!(there.blockers, here.blockers, "{text}\n{there:?}\n{here:?}");
    let apart = (there.median() - here.median()).abs();
    let within = apart * 20 <= there.median() || apart <= 3;
    let range = here.seconds[0]..=here.seconds[here.seconds.len() - 1];
    assert!(within || range.contains(&there.median()), "{text}\n{there:?}\n{here:?}");
}

const WORKSHOP: &str = include_str!("../../../replank-formats/worlds/eks-workshop.yaml");
const TIGHT: &str = include_str!("../../../replank-formats/worlds/tight-budgets.yaml");
const STUCK: &str = include_str!("../../../replank-formats/worlds/stuck.yaml");
const GROUPS: &str = include_str!("../../../replank-formats/worlds/two-groups.yaml");

#[test]
fn a_calm_world_is_foreseen() {
    compare(WORKSHOP, "", SignedDuration::from_mins(20));
}

#[test]
fn an_autoscaler_of_the_cluster_is_named_although_it_does_not_act_in_the_rehearsal() {
    let workshop = session(WORKSHOP);
    let run = seeded(&taken(&workshop), "").rehearse(1, &[], SignedDuration::from_mins(1)).unwrap();
    let beside = &run.groups[0].plan.beside;
    let told = format!("{beside:?}");
    let named = ["Autoscaler(Autoscaler { kind: ClusterAutoscaler", "Pods { ready: 1, wanted: 1 }"];
    assert!(beside.len() == 1 && named.iter().all(|part| told.contains(part)), "{told}");
}

#[test]
fn a_world_with_tight_budgets_is_foreseen() {
    compare(
        TIGHT,
        "clusters: [{nodeGroups: [{updateConfig: {maxUnavailable: 2}}]}]",
        SignedDuration::from_mins(7),
    );
}

#[test]
fn a_world_that_gets_stuck_is_foreseen() {
    compare(STUCK, "update: {limits: {drain: 5m}}", SignedDuration::from_mins(30));
}

#[test]
fn several_groups_are_foreseen_together() {
    let over = "clusters: [{nodeGroups: [{name: memory, updateConfig: {strategy: MINIMAL}}]}]";
    compare(GROUPS, over, SignedDuration::from_mins(11));
}

#[test]
fn scrambled_names_change_nothing() {
    for text in [WORKSHOP, STUCK] {
        let session = session(text);
        let plain = taken(&session);
        let scrambled = through_a_file(&snapshot::scramble(plain.clone(), 41));
        assert_eq!(plain.counts(), scrambled.counts());
        let text = scrambled.objects.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        for name in ["catalog", "checkout", "nightly-report", "shop/", "ip-10-"] {
            assert!(!text.contains(name), "{name} is in the scrambled snapshot");
        }
        let (there, here) = (Side::of(&seeded(&plain, "")), Side::of(&seeded(&scrambled, "")));
        assert_eq!(there.outcomes, here.outcomes);
        let kinds = |side: &Side| {
            let kinds =
                side.blockers.iter().filter_map(|blocker| Some(blocker.split_once(' ')?.1.to_owned()));
            kinds.collect::<BTreeSet<_>>()
        };
        assert_eq!((there.blockers.len(), kinds(&there)), (here.blockers.len(), kinds(&here)));
        // Names decide which node chance takes first, and with it which of several ways an update goes: the shortest
        // and the longest are the same ones.
        let bounds = |side: &Side| (side.seconds.iter().min().copied(), side.seconds.iter().max().copied());
        let near = |one: Option<i64>, other: Option<i64>| {
            one.zip(other).is_some_and(|(one, other)| (one - other).abs() * 20 <= one)
        };
        let (of_there, of_here) = (bounds(&there), bounds(&here));
        assert!(near(of_there.0, of_here.0) && near(of_there.1, of_here.1), "{there:?} {here:?}");
    }
}

#[test]
fn a_snapshot_of_a_snapshot_is_the_same() {
    let first = taken(&session(WORKSHOP));
    let again = taken(&seeded(&first, ""));
    let names = |snapshot: &Snapshot| {
        let place = |object: &serde_json::Value| {
            let meta = &object["metadata"];
            let node = object["spec"]["nodeName"].as_str().unwrap_or_default();
            let owner = meta["ownerReferences"][0]["uid"].as_str().unwrap_or_default();
            format!(
                "{} {} {} {} {node} {owner}",
                object["kind"], meta["namespace"], meta["name"], meta["uid"]
            )
        };
        let decides = |object: &&serde_json::Value| {
            // These have no identity of their own in an embedded world.
            let of_the_system =
                object["metadata"]["name"].as_str().unwrap_or_default().starts_with("system-");
            match object["kind"].as_str() {
                Some("Namespace" | "EndpointSlice" | "CSINode" | "PersistentVolume") => false,
                // Every world has these two, and makes them itself.
                Some("PriorityClass") => !of_the_system,
                _ => true,
            }
        };
        snapshot.objects.iter().filter(decides).map(place).collect::<BTreeSet<_>>()
    };
    let (first, again) = (names(&first), names(&again));
    let lost: Vec<_> = first.symmetric_difference(&again).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}
