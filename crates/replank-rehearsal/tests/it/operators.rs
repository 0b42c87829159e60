//! A cluster whose pods belong to a custom resource, rehearsed: what its budget says, whether its nodes are emptied, and
//! what is told of the owner.

use jiff::SignedDuration;
use serde_json::{Value, json};

use replank_formats::snapshot::{self, LaidOver, Snapshot};
use replank_rehearsal::seed::Notes;
use replank_rehearsal::session::Session;
use replank_world::object::{BudgetCondition, Uid};

use crate::taken;

const STRIMZI: &str = "core.strimzi.io/v1beta2";

fn node(number: u128) -> Value {
    let name = format!("node-{number}");
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "uid": Uid(number).to_string(), "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"eks.amazonaws.com/nodegroup": "blue", "kubernetes.io/hostname": name,
                "topology.kubernetes.io/zone": "us-west-2a", "node.kubernetes.io/instance-type": "m5.large"}},
        "spec": {"providerID": format!("aws:///us-west-2a/i-{number:017x}")},
        "status": {"allocatable": {"cpu": "1930m", "memory": "7Gi", "pods": "29"},
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            "nodeInfo": {"kubeletVersion": "v1.34.4", "osImage": "Amazon Linux 2023", "architecture": "amd64"}},
    })
}

fn pod(number: u128) -> Value {
    let since = "2026-01-01T01:00:00Z";
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": since});
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("kafka-{number}"), "namespace": "shop", "uid": Uid(10 + number).to_string(),
            "creationTimestamp": since, "labels": {"app": "kafka"},
            "ownerReferences": [{"apiVersion": STRIMZI, "kind": "StrimziPodSet", "name": "kafka",
                "uid": Uid(9).to_string(), "controller": true}]},
        "spec": {"nodeName": format!("node-{number}"), "containers": [{"name": "c", "image": "i"}]},
        "status": {"phase": "Running", "startTime": since,
            "conditions": [condition("PodScheduled"), condition("Ready")],
            "containerStatuses": [{"name": "c", "ready": true, "restartCount": 0,
                "state": {"running": {"startedAt": since}}}]},
    })
}

/// Three pods of a custom resource on three nodes, under a budget with what its status says.
fn cluster(keep: &Value, status: &Value) -> Snapshot {
    let mut spec = json!({"selector": {"matchLabels": {"app": "kafka"}}});
    spec.as_object_mut().unwrap().extend(keep.as_object().unwrap().clone());
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "kafka", "namespace": "shop", "uid": Uid(20).to_string(), "generation": 1},
        "spec": spec, "status": status,
    });
    let mut objects: Vec<Value> = (1..=3).map(node).collect();
    objects.extend((1..=3).map(pod));
    objects.push(budget);
    taken(objects)
}

fn session(snapshot: &Snapshot, over: &str) -> (Session, Notes) {
    let over = LaidOver { file: "over.yaml".into(), text: over.as_bytes().to_vec() };
    let wanted = snapshot::world_file(snapshot, Some(&over)).unwrap();
    Session::of_snapshot(snapshot, wanted).unwrap()
}

fn succeeds(session: &Session) -> bool {
    let run = session.rehearse(1, &[], SignedDuration::from_secs(60)).unwrap();
    run.groups.iter().all(replank_rehearsal::session::GroupRehearsal::succeeds)
}

fn synced(allowed: i64) -> Value {
    let reason = if allowed > 0 { "SufficientPods" } else { "InsufficientPods" };
    json!({"observedGeneration": 1, "disruptionsAllowed": allowed, "currentHealthy": 3, "desiredHealthy": 2,
        "expectedPods": 3, "conditions": [{"type": "DisruptionAllowed", "status": "True", "reason": reason}]})
}

const OFF: &str = "clusters: [{operators: {recreate: false}}]";

#[test]
fn an_owner_that_does_not_act_makes_its_pods_again() {
    let snapshot = cluster(&json!({"minAvailable": 2}), &synced(1));
    let (on, notes) = session(&snapshot, "");
    let told = "3 pods of StrimziPodSet shop/kafka (core.strimzi.io/v1beta2): nothing here acts for their owner, which \
                is taken to make each again 5s after it is gone";
    assert!(notes.assumed.iter().any(|note| note.starts_with(told)), "{:?}", notes.assumed);
    assert!(succeeds(&on));
    let (off, notes) = session(&snapshot, OFF);
    assert!(
        notes.assumed.iter().any(|note| note.contains("and nobody makes them again")),
        "{:?}",
        notes.assumed
    );
    assert!(!succeeds(&off), "two of three healthy pods are needed, and none comes back");
}

/// What a budget counts by, what its cluster said of it, and what the controller makes of it here.
#[test]
fn what_a_live_budget_said_is_evidence() {
    let scale = json!({"maxUnavailable": 1});
    let failed = json!({"conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed",
        "message": "strimzipodsets.core.strimzi.io does not implement the scale subresource"}]});
    for (status, wanted) in [
        (synced(1), BudgetCondition::SufficientPods),
        // People cut conditions out of what they send.
        (json!({"observedGeneration": 1, "expectedPods": 3}), BudgetCondition::SufficientPods),
        (
            failed,
            BudgetCondition::SyncFailed(
                "strimzipodsets.core.strimzi.io does not implement the scale subresource".into(),
            ),
        ),
        (
            json!({}),
            BudgetCondition::SyncFailed(
                "strimzipodsets.core.strimzi.io does not implement the scale subresource".into(),
            ),
        ),
    ] {
        let (session, _) = session(&cluster(&scale, &status), "");
        let mut world = session.world.lock();
        let later = world.now + replank_world::time::Span::secs(5);
        world.advance_to(later);
        let id = world.store.budgets.find("shop", "kafka").unwrap();
        let budget = world.store.budgets.get(id).unwrap();
        assert_eq!(budget.status.condition, Some(wanted), "{status}");
    }
}

/// A DaemonSet of another group ties no pod to its node: its pods are evicted like those of any owner.
#[test]
fn a_namesake_of_a_kind_is_none_of_it() {
    let mut snapshot = cluster(&json!({"minAvailable": 1}), &json!({}));
    for object in &mut snapshot.objects {
        if object["kind"] == "Pod" {
            let owner = &mut object["metadata"]["ownerReferences"][0];
            owner["apiVersion"] = "apps.kruise.io/v1alpha1".into();
            owner["kind"] = "DaemonSet".into();
        }
    }
    let (session, _) = session(&snapshot, "");
    let world = session.world.lock();
    let kinds: Vec<String> = world
        .store
        .pods
        .iter()
        .filter(|(_, pod)| &*pod.meta.namespace == "shop")
        .map(|(_, pod)| pod.meta.owner.as_ref().unwrap().kind.to_string())
        .collect();
    assert_eq!(kinds, ["DaemonSet.apps.kruise.io"; 3]);
}
