//! Pods found in the middle of something: what is taken to be so of them, and the other reading.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::seed::Notes;
use crate::session::{Change, Session};
use replank_formats::snapshot::{self, LaidOver, Snapshot};
use replank_world::object::Uid;

const NOW: &str = "2026-01-02T00:00:00Z";
const YOUNG: &str = "2026-01-01T23:59:50Z";
const OLD: &str = "2026-01-01T00:00:00Z";

fn node() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "node-1", "uid": Uid(1).to_string(), "creationTimestamp": OLD,
            "labels": {"eks.amazonaws.com/nodegroup": "blue", "kubernetes.io/hostname": "node-1",
                "topology.kubernetes.io/zone": "us-west-2a", "node.kubernetes.io/instance-type": "m5.large"}},
        "spec": {"providerID": "aws:///us-west-2a/i-00000000000000001"},
        "status": {"allocatable": {"cpu": "1930m", "memory": "7Gi", "pods": "29"},
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": OLD}],
            "nodeInfo": {"kubeletVersion": "v1.34.4", "osImage": "Amazon Linux 2023", "architecture": "amd64"}},
    })
}

fn meta(name: &str, uid: u128, owner: Option<(&str, &str, u128)>) -> Value {
    let mut meta = json!({"name": name, "namespace": "shop", "uid": Uid(uid).to_string(), "creationTimestamp": OLD,
        "generation": 1, "labels": {"app": "a"}});
    if let Some((kind, name, uid)) = owner {
        let version = if kind == "ReplicaSet" { "apps/v1" } else { "batch/v1" };
        meta["ownerReferences"] = json!([{"apiVersion": version, "kind": kind, "name": name,
            "uid": Uid(uid).to_string(), "controller": true}]);
    }
    meta
}

fn template() -> Value {
    json!({"metadata": {"labels": {"app": "a"}}, "spec": {"restartPolicy": "Never",
        "containers": [{"name": "c", "image": "i"}]}})
}

/// A running pod whose container started then.
fn pod(owner: (&str, &str, u128), started: &str, ready: bool, changed: &str, restarts: u32) -> Value {
    let status = if ready { "True" } else { "False" };
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": meta("a-1", 9, Some(owner)),
        "spec": {"nodeName": "node-1", "restartPolicy": if owner.0 == "Job" { "Never" } else { "Always" },
            "containers": [{"name": "c", "image": "i"}]},
        "status": {"phase": "Running", "startTime": started,
            "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": started},
                {"type": "Ready", "status": status, "lastTransitionTime": changed}],
            "containerStatuses": [{"name": "c", "ready": ready, "restartCount": restarts,
                "state": {"running": {"startedAt": started}}}]},
    })
}

/// A budget that can never be worked out for pods of Jobs, so that only the end of the work lets the node go.
fn budget() -> Value {
    json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": meta("a", 20, None),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "a"}}}})
}

fn session(mut objects: Vec<Value>, over: &str) -> (Session, Notes) {
    objects.push(node());
    let snapshot = Snapshot {
        taken_at: NOW.parse::<Timestamp>().unwrap(),
        server: "v1.34.4".into(),
        replank: "0.1.0".into(),
        cluster: None,
        anonymized: false,
        objects,
    };
    let over = LaidOver { file: "over.yaml".into(), text: over.as_bytes().to_vec() };
    let wanted = snapshot::world_file(&snapshot, Some(&over)).unwrap();
    Session::of_snapshot(&snapshot, wanted).unwrap()
}

fn succeeds(session: &Session, changes: &[Change]) -> bool {
    let run = session.rehearse(1, changes, SignedDuration::from_secs(60)).unwrap();
    run.groups.iter().all(crate::session::GroupRehearsal::succeeds)
}

fn job(name: &str, uid: u128, more: &Value) -> Value {
    let mut job = json!({"apiVersion": "batch/v1", "kind": "Job",
        "metadata": meta(name, uid, Some(("CronJob", "nightly", 30))),
        "spec": {"completions": 1, "parallelism": 1, "template": template()},
        "status": {"active": 1, "startTime": YOUNG}});
    for (key, value) in more.as_object().unwrap() {
        job[key] = value.clone();
    }
    job
}

fn cron() -> Value {
    let spec =
        json!({"schedule": "0 0 * * *", "suspend": true, "jobTemplate": {"spec": {"template": template()}}});
    json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta("nightly", 30, None), "spec": spec})
}

/// What is known of a Job that has run for ten seconds, and whether the update succeeds: its pod cannot be evicted.
#[test]
fn a_young_job_is_not_taken_to_be_nearly_done() {
    let running = || pod(("Job", "now", 31), YOUNG, true, YOUNG, 0);
    let earlier = |seconds: &str| {
        let status = json!({"succeeded": 1, "startTime": "2026-01-01T00:00:00Z", "completionTime": seconds,
            "conditions": [{"type": "Complete", "status": "True"}]});
        job("before", 32, &json!({"status": status}))
    };
    let deadline = json!({"spec": {"completions": 1, "parallelism": 1, "activeDeadlineSeconds": 120,
        "template": template()}});
    let nothing = &json!({});
    let rows: [(&str, Vec<Value>, &str, bool); 6] = [
        ("nothing is known", vec![job("now", 31, nothing)], "", false),
        (
            "another run took a minute",
            vec![job("now", 31, nothing), earlier("2026-01-01T00:01:00Z")],
            "",
            true,
        ),
        (
            "another run took two hours",
            vec![job("now", 31, nothing), earlier("2026-01-01T02:00:00Z")],
            "",
            false,
        ),
        ("it has a deadline", vec![job("now", 31, &deadline)], "", true),
        ("its length is said", vec![job("now", 31, nothing)], "timings: {jobRuns: 30s}", true),
        (
            "its length is said by itself",
            vec![job("now", 31, nothing)],
            "timings: {jobRuns: 30s}\nclusters: [{paces: [{workload: shop/nightly, runs: 2h}]}]",
            false,
        ),
    ];
    for (name, mut objects, over, wanted) in rows {
        objects.extend([cron(), running(), budget()]);
        let (session, notes) = session(objects, over);
        assert_eq!(succeeds(&session, &[]), wanted, "{name}");
        let is_unknown =
            notes.assumed.iter().any(|note| note.starts_with("pods of Jobs of which no run was seen"));
        assert_eq!(
            is_unknown,
            session.doubts().iter().any(|(_, change)| *change == Change::JobsEndSoon),
            "{name}"
        );
        if name == "nothing is known" {
            assert!(is_unknown && succeeds(&session, &[Change::JobsEndSoon]), "the verdict hangs on it");
        }
    }
}

/// How long a pod has been unready, whether it ever was Ready, how often it restarted; what it is taken to become.
#[test]
fn a_sick_pod_is_not_taken_to_be_young() {
    let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta("a", 40, None),
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "a"}},
            "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}});
    let of = ("ReplicaSet", "a", 40);
    for (name, pod, becomes) in [
        ("it has just started", pod(of, YOUNG, false, YOUNG, 0), true),
        ("it was Ready until a moment ago", pod(of, OLD, false, YOUNG, 0), false),
        ("it restarted", pod(of, YOUNG, false, YOUNG, 2), false),
        ("it is old", pod(of, OLD, false, OLD, 0), false),
    ] {
        let (session, notes) = session(vec![set.clone(), pod], "");
        let ready = |session: &Session| {
            let mut world = session.world.lock();
            let later = world.now + replank_world::time::Span::secs(600);
            world.advance_to(later);
            let id = world.store.pods.find("shop", "a-1").unwrap();
            world.store.pods.get(id).unwrap().ready.is
        };
        let told = if becomes { "are taken to become so" } else { "are taken to stay so" };
        assert!(notes.assumed.iter().any(|note| note.contains(told)), "{name}: {:?}", notes.assumed);
        assert_eq!(session.doubts().len(), usize::from(becomes), "{name}");
        assert_eq!(ready(&session), becomes, "{name}");
    }
}
