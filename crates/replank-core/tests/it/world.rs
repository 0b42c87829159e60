//! Small worlds from text, so that a case names what matters and nothing else.
//!
//! `group 3 max 3 zones a,b,c` / `node n1 a old ready` / `pod web-1 on n1 budget web` /
//! `budget web allowed 1 healthy 3 desired 2 expected 3`. Words after the fixed ones are flags.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::{ImageId, InstanceId, NodeName, ObjectName, TemplateId, Uid, UpdateId, Zone};
use replank_core::node_group::project::Paces;
use replank_core::node_group::spec::{
    Batch, GroupOwner, Guard, Increment, Limits, Order, Spec, Strategy, Target,
};
use replank_core::observed::{
    Budget, Deleting, Effect, Group, Hold, Instance, Lifecycle, Node, Observation, Ours, Owner, OwnerKind,
    Pod, PodPhase, Read, Readiness, SeenTaint, Taint, TemplateContent, Tolerates, Touch, UnhealthyPolicy,
};
use replank_core::pod_rules::PodRules;
use replank_core::sizes::Sizes;
use replank_core::version::Minor;

pub(crate) fn content(image: &str) -> TemplateContent {
    TemplateContent { image: ImageId::new(image), settings: Arc::from("m5.large") }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_760_000_000 + seconds).unwrap()
}

pub(crate) fn spec() -> Spec {
    Spec {
        update: UpdateId::new("u-1"),
        cluster: "demo".into(),
        group: "default".into(),
        target: Target {
            template: TemplateId::new("lt-1"),
            content: content("ami-new"),
            release: "1.32.9-20251101".into(),
            version: "1.32".into(),
        },
        batch: Batch::Count(1),
        strategy: Strategy::Default,
        increment: Increment::Smallest,
        guard: Guard::Taint,
        order: Order::Random,
        force: false,
        pods: PodRules::default(),
        limits: Limits::default(),
        seed: 7,
        inherited: None,
        owner: GroupOwner::Eks,
        control_plane: None,
    }
}

pub(crate) fn paces() -> Paces {
    Paces {
        launch: SignedDuration::from_secs(5),
        join: SignedDuration::from_secs(60),
        stop: SignedDuration::from_secs(2),
        start: SignedDuration::from_secs(8),
        terminate: SignedDuration::from_secs(30),
        job_back_off: SignedDuration::from_secs(10),
    }
}

pub(crate) fn uid(name: &str) -> Uid {
    Uid(name.bytes().fold(7, |hash: u128, byte| hash.wrapping_mul(131).wrapping_add(u128::from(byte))))
}

/// Reads a world. Unknown words are mistakes of the test and panic.
pub(crate) fn world(text: &str) -> Observation {
    let mut seen =
        Observation { cluster_read: Read::Fresh, cloud_read: Read::Fresh, ..Observation::default() };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["group", desired, "max", max, "zones", zones, flags @ ..] => {
                group(&mut seen, desired, max, zones, flags);
            }
            ["node", name, zone, flags @ ..] => node(&mut seen, name, zone, flags),
            ["pod", name, "on", node, flags @ ..] => seen.pods.put(pod(name, node, flags)),
            ["budget", name, flags @ ..] => seen.pods.put_budget(budget(name, flags)),
            _ => panic!("not a line of a world: {line}"),
        }
    }
    seen
}

fn number(flags: &[&str], word: &str, default: u32) -> u32 {
    u32::try_from(signed(flags, word, i64::from(default))).unwrap()
}

fn signed(flags: &[&str], word: &str, default: i64) -> i64 {
    let place = flags.iter().position(|flag| *flag == word);
    place.map_or(default, |place| flags[place + 1].parse().unwrap())
}

/// The word behind a flag.
fn word(flags: &[&str], flag: &str) -> Option<Arc<str>> {
    let place = flags.iter().position(|it| *it == flag)?;
    flags.get(place + 1).map(|word| Arc::from(*word))
}

/// The taint that answers a cordon, set at the second behind `cordoned-at`.
fn answer(flags: &[&str]) -> Option<SeenTaint> {
    let since = flags.contains(&"cordoned-at").then(|| at(signed(flags, "cordoned-at", 0)));
    let taint = taint("node.kubernetes.io/unschedulable").taint;
    since.map(|since| SeenTaint { taint, touch: Touch { by: None, at: Some(since) } })
}

/// A taint `NoSchedule` of that key, set an hour ago.
pub(crate) fn taint(key: &str) -> SeenTaint {
    let taint = Taint { key: key.into(), effect: Effect::NoSchedule };
    SeenTaint { taint, touch: Touch { by: None, at: Some(at(-3600)) } }
}

fn group(seen: &mut Observation, desired: &str, max: &str, zones: &str, flags: &[&str]) {
    let versions = BTreeMap::from([(1, content("ami-old")), (2, content("ami-new"))]);
    seen.members.set_contents(&versions);
    seen.group = Some(Group {
        sizes: Sizes {
            min: number(flags, "min", 1),
            desired: desired.parse().unwrap(),
            max: max.parse().unwrap(),
        },
        zones: zones.split(',').map(Zone::new).collect(),
        template: TemplateId::new("lt-1"),
        version: if flags.contains(&"pointed") { 2 } else { 1 },
        versions,
        taints: Vec::new(),
        launched_at: None,
        failures: Vec::new(),
    });
}

fn node(seen: &mut Observation, name: &str, zone: &str, flags: &[&str]) {
    let has = |flag: &str| flags.contains(&flag);
    let version = if has("new") { 2 } else { 1 };
    let instance = InstanceId::new(format!("i-{name}"));
    seen.members.put_instance(Instance {
        id: instance.clone(),
        zone: Zone::new(zone),
        version,
        lifecycle: if has("leaving") { Lifecycle::Terminating } else { Lifecycle::InService },
        held: has("held-open"),
        launched_at: at(-3600 + i64::from(number(flags, "launched", 0))),
    });
    if has("unjoined") {
        return;
    }
    seen.members.put_node(Node {
        name: NodeName::new(name),
        uid: uid(name),
        instance,
        ready_since: (!has("unready")).then(|| at(-3000)),
        unreachable: has("unreachable"),
        image: Some(ImageId::new(if version == 2 { "ami-new" } else { "ami-old" })),
        kubelet: word(flags, "kubelet").and_then(|minor| Minor::parse(&minor)),
        labelled: !has("unlabelled"),
        cordoned: has("cordoned") || (has("our-cordon") && !has("opened")),
        cordon_touch: Touch { by: word(flags, "by"), at: None },
        taints: word(flags, "tainted").into_iter().map(|key| taint(&key)).chain(answer(flags)).collect(),
        guarded: has("guarded"),
        excluded: has("excluded"),
        kept: has("kept") || has("our-keep"),
        ours: Ours {
            cordon: has("our-cordon"),
            exclude: has("our-cordon") && has("excluded"),
            keep: has("our-keep"),
        },
        hold: match (has("held"), has("by-hand")) {
            (true, _) => Some(Hold::Person { reason: "migration under way".into() }),
            (false, true) => Some(Hold::Drain { by: "process 1 on a".into(), since: at(-60) }),
            (false, false) => None,
        },
    });
}

pub(crate) fn pod(name: &str, node: &str, flags: &[&str]) -> Pod {
    let has = |flag: &str| flags.contains(&flag);
    let names: Vec<ObjectName> = flags
        .windows(2)
        .filter(|pair| pair[0] == "budget")
        .flat_map(|pair| pair[1].split(','))
        .map(|budget| ObjectName::new("shop", budget))
        .collect();
    let owner = match flags.iter().find(|flag| ["bare", "daemon", "stateful", "job"].contains(flag)) {
        Some(&"bare") => None,
        Some(&"daemon") => Some(OwnerKind::DaemonSet),
        Some(&"stateful") => Some(OwnerKind::StatefulSet),
        Some(&"job") => Some(OwnerKind::Job),
        _ => Some(OwnerKind::ReplicaSet),
    };
    let deleting = has("terminating").then(|| Deleting {
        since: at(-10),
        until: at(signed(flags, "terminating", 20)),
        finalizers: if has("finalizer") { Arc::from([Arc::from("example.com/keep")]) } else { Arc::from([]) },
    });
    Pod {
        name: ObjectName::new("shop", name),
        uid: uid(name),
        created_at: at(signed(flags, "created", -2000)),
        node: (node != "-").then(|| NodeName::new(node)),
        owner: owner
            .map(|kind| Owner { kind, name: Arc::from(name.rsplit_once('-').map_or(name, |(set, _)| set)) }),
        phase: if has("succeeded") { PodPhase::Succeeded } else { PodPhase::Running },
        readiness: if has("unready") {
            Readiness::NotReady { since: at(-240), why: Some(Arc::from("ImagePullBackOff")) }
        } else {
            Readiness::Ready
        },
        deleting,
        mirror: has("mirror"),
        empty_dir: has("emptydir"),
        tolerates: if has("tolerates-all") {
            Tolerates::Everything
        } else if has("tolerates-cordon") {
            Tolerates::Cordon
        } else {
            Tolerates::Nothing
        },
        keeps_node: has("keeps-node"),
        leads: has("leads"),
        budgets: Arc::from(names),
        unschedulable: None,
        grace_seconds: number(flags, "grace", 30),
    }
}

pub(crate) fn budget(name: &str, flags: &[&str]) -> Budget {
    let desired = number(flags, "desired", 1);
    Budget {
        name: ObjectName::new("shop", name),
        rule: Arc::from(format!("minAvailable: {desired}")),
        allowed: number(flags, "allowed", 0),
        healthy: number(flags, "healthy", 1),
        desired,
        expected: number(flags, "expected", 1),
        synced: !flags.contains(&"unsynced"),
        sync_failed: flags.contains(&"sync-failed").then(|| Arc::from("no scale")),
        unhealthy_policy: if flags.contains(&"always-allow") {
            UnhealthyPolicy::AlwaysAllow
        } else {
            UnhealthyPolicy::IfHealthyBudget
        },
    }
}
