//! A workload whose template has scheduling gates, on a cluster where somebody lifts them: what a rehearsal assumes of that,
//! and how the other reading ends.

use jiff::SignedDuration;
use replank_formats::snapshot::{self, Snapshot};
use replank_rehearsal::session::{Change, Session};
use replank_world::object::Uid;
use serde_json::{Value, json};

use crate::taken;

const SINCE: &str = "2026-01-01T01:00:00Z";

fn node(number: u128) -> Value {
    let name = format!("node-{number}");
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "uid": Uid(number).to_string(), "creationTimestamp": SINCE,
            "labels": {"eks.amazonaws.com/nodegroup": "blue", "kubernetes.io/hostname": name,
                "topology.kubernetes.io/zone": "us-west-2a", "node.kubernetes.io/instance-type": "m5.large"}},
        "spec": {"providerID": format!("aws:///us-west-2a/i-{number:017x}")},
        "status": {"allocatable": {"cpu": "1930m", "memory": "7Gi", "pods": "29"},
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": SINCE}],
            "nodeInfo": {"kubeletVersion": "v1.34.4", "osImage": "Amazon Linux 2023", "architecture": "amd64"}},
    })
}

/// A running pod of the set `web`, whose gate was lifted.
fn pod(number: u128) -> Value {
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": SINCE});
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("web-{number}"), "namespace": "shop", "uid": Uid(10 + number).to_string(),
            "creationTimestamp": SINCE, "labels": {"app": "web"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web",
                "uid": Uid(9).to_string(), "controller": true}]},
        "spec": {"nodeName": format!("node-{number}"), "containers": [{"name": "c", "image": "i"}]},
        "status": {"phase": "Running", "startTime": SINCE,
            "conditions": [condition("PodScheduled"), condition("Ready")],
            "containerStatuses": [{"name": "c", "ready": true, "restartCount": 0,
                "state": {"running": {"startedAt": SINCE}}}]},
    })
}

fn cluster() -> Snapshot {
    let set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": "web", "namespace": "shop", "uid": Uid(9).to_string(), "creationTimestamp": SINCE},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"schedulingGates": [{"name": "a.io/quota"}], "containers": [{"name": "c", "image": "i"}]}}},
    });
    let mut objects: Vec<Value> = (1..=2).map(node).collect();
    objects.extend((1..=2).map(pod));
    objects.push(set);
    taken(objects)
}

#[test]
fn replacements_behind_gates_have_no_node_unless_somebody_lifts_them() {
    let snapshot = cluster();
    let wanted = snapshot::world_file(&snapshot, None).unwrap();
    let (session, notes) = Session::of_snapshot(&snapshot, wanted).unwrap();
    assert!(notes.assumed.iter().any(|note| note.contains("nobody lifts")), "{:?}", notes.assumed);
    let run = |changes: &[Change]| session.rehearse(1, changes, SignedDuration::from_secs(60)).unwrap();
    let held = run(&[]).unplaced.after;
    assert_eq!(held.len(), 2, "{held:?}");
    let says = |why: &str| why == "Scheduling is blocked due to non-empty scheduling gates";
    assert!(held.iter().all(|pod| says(&pod.why) && !pod.as_before), "{held:?}");
    assert_eq!(run(&[Change::GatesLifted]).unplaced.after, []);
}
