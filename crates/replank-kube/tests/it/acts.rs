//! Each act, and what each answer of the server means.

use replank_core::action::{ClusterAction, MarkNode, Marking, PodId};
use replank_core::names::{NodeName, ObjectName, Uid};
use replank_core::observed::{Answer, Node, Observation, Refused};
use replank_engine::ports::Cluster;
use replank_kube::KubeClusterPort;
use serde_json::{Value, json};

use crate::bench::{Bench, shared};

fn evict(bench: &Bench, side: &KubeClusterPort, name: &ObjectName, uid: Uid) -> Answer {
    let action = ClusterAction::Evict { pod: PodId { name: name.clone(), uid }, grace_seconds: None };
    bench.runtime.block_on(side.perform(&action))
}

#[test]
fn the_answers_to_an_eviction_are_told_apart() {
    let bench = shared();
    let group = "answers";
    bench.nodes(group, 1);
    bench.deployment(group, 2, &json!({"minAvailable": 2}));
    let side = bench.side(group);
    let (name, uid, _) = bench.pods(group).remove(0);
    let full = evict(bench, &side, &name, uid);
    let Answer::NotYet(Refused::Budget { message }) = full else { panic!("{full:?}") };
    assert_eq!(message, "The disruption budget answers needs 2 healthy pods and has 2 currently");

    assert_eq!(evict(bench, &side, &ObjectName::new("default", "nobody"), uid), Answer::Done);

    bench.budget("answers-too", group, &json!({"minAvailable": 0}));
    let many = evict(bench, &side, &name, uid);
    assert!(matches!(many, Answer::NotYet(Refused::ManyBudgets { .. })), "{many:?}");
    for budget in ["answers", "answers-too"] {
        let path = format!("/apis/policy/v1/namespaces/default/poddisruptionbudgets/{budget}");
        bench.lab.api().delete(&path).unwrap();
    }
    // The server asks budgets before it compares identities, so this shows only without them.
    let other = evict(bench, &side, &name, Uid(uid.0 ^ 1));
    assert!(matches!(other, Answer::NotYet(Refused::Changed { .. })), "{other:?}");
    assert_eq!(evict(bench, &side, &name, uid), Answer::Done);
    bench.wait("the pod to leave", || bench.pods(group).iter().all(|(other, _, _)| *other != name));
    assert_eq!(evict(bench, &side, &name, uid), Answer::Done, "the second time it is gone");
}

#[test]
fn a_delete_without_the_right_to_delete_says_which_role_is_missing() {
    let bench = shared();
    let group = "rights";
    bench.nodes(group, 1);
    bench.deployment(group, 1, &json!(null));
    let (name, uid, _) = bench.pods(group).remove(0);
    let action = ClusterAction::Delete { pod: PodId { name, uid } };
    let answer = bench.runtime.block_on(bench.side(group).perform(&action));
    let Answer::NotYet(Refused::Other { message }) = answer else { panic!("{answer:?}") };
    assert!(
        message.contains("cannot delete resource \"pods\"") && message.contains("replank rbac"),
        "{message}"
    );
}

#[test]
fn a_webhook_that_cannot_be_asked_is_named() {
    // A server of its own: the webhook would refuse the evictions of the other tests too.
    let bench = Bench::start();
    let group = "webhook";
    bench.nodes(group, 1);
    bench.deployment(group, 1, &json!(null));
    let webhook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [{
            "name": "guard.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 1, "failurePolicy": "Fail",
            "clientConfig": {"url": "https://127.0.0.1:9/guard"},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods/eviction"]}],
        }],
    });
    bench.create("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", &webhook);
    let side = bench.side(group);
    let (name, uid, _) = bench.pods(group).remove(0);
    // The server takes a moment to know its webhooks; until then it would let the pod go.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let answer = evict(&bench, &side, &name, uid);
    let Answer::NotYet(Refused::Webhook { webhook, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!(webhook, "guard.example.com");
}

#[test]
fn marks_come_and_go_beside_those_of_others() {
    let bench = shared();
    let group = "marks";
    let nodes = bench.nodes(group, 1);
    let mut side = bench.side(group);
    let mut seen = bench.see(&mut side, "the node", |seen| seen.members.node(&nodes[0]).is_some());
    let all = |set: bool, seen: &Observation| mark(seen, &nodes[0], Some(set));
    let path = format!("/api/v1/nodes/{}", nodes[0]);
    let before = bench.get(&path);

    until_done(bench, &side, &all(true, &seen));
    bench.see_on(&mut side, &mut seen, "the marks", |seen| {
        let node = seen.members.node(&nodes[0]);
        let all = |it: &Node| {
            it.guarded
                && it.cordoned
                && it.excluded
                && it.kept
                && it.ours.cordon
                && it.ours.exclude
                && it.ours.keep
        };
        node.is_some_and(all)
    });
    let taints = bench.get(&path)["spec"]["taints"].as_array().unwrap().clone();
    let has = |key: &str| taints.iter().any(|taint| taint["key"] == key);
    assert!(has("test") && has("eks.amazonaws.com/nodegroup"), "{taints:?}");
    let managers = bench
        .lab
        .kubectl()
        .args(["get", "node", nodes[0].as_str(), "-o", "yaml", "--show-managed-fields"])
        .output();
    assert!(String::from_utf8(managers.unwrap().stdout).unwrap().contains("manager: replank"));

    // Twice is once.
    until_done(bench, &side, &all(true, &seen));
    until_done(bench, &side, &all(false, &seen));
    bench.see_on(&mut side, &mut seen, "no marks", |seen| {
        seen.members
            .node(&nodes[0])
            .is_some_and(|it| !it.guarded && !it.cordoned && !it.excluded && !it.kept && !it.ours.any())
    });
    // The node lifecycle controller takes its own taint of a cordoned node away a moment later.
    let parts = ["/metadata/labels", "/metadata/annotations", "/spec"];
    bench.wait("the node to be as it was", || {
        let after = bench.get(&path);
        parts.iter().all(|part| before.pointer(part) == after.pointer(part))
    });

    let namesake = MarkNode { uid: Uid(1), ..mark_of(&seen, &nodes[0], Some(true)) };
    let answer = bench.runtime.block_on(side.perform(&ClusterAction::Mark(namesake)));
    assert!(matches!(answer, Answer::NotYet(Refused::Changed { .. })), "{answer:?}");
}

/// Asks again, as the engine does, while what is known of the node is older than the node.
fn until_done(bench: &Bench, side: &KubeClusterPort, action: &ClusterAction) {
    bench.wait("the marks to be taken", || {
        let answer = bench.runtime.block_on(side.perform(action));
        assert!(matches!(answer, Answer::Done | Answer::NotYet(Refused::Changed { .. })), "{answer:?}");
        answer == Answer::Done
    });
}

fn mark(seen: &Observation, node: &NodeName, set: Option<bool>) -> ClusterAction {
    ClusterAction::Mark(mark_of(seen, node, set))
}

fn mark_of(seen: &Observation, node: &NodeName, set: Option<bool>) -> MarkNode {
    let known = seen.members.node(node).unwrap();
    MarkNode {
        node: node.clone(),
        uid: known.uid,
        instance: known.instance.clone(),
        marks: Marking { guard: set, cordon: set, exclude: set, keep: set },
    }
}

#[test]
fn a_taint_that_somebody_set_in_between_is_not_lost() {
    let bench = shared();
    let group = "between";
    let nodes = bench.nodes(group, 1);
    let mut side = bench.side(group);
    let seen = bench.see(&mut side, "the node", |seen| seen.members.node(&nodes[0]).is_some());
    // The mirror has not seen it yet, or only just: either way the patch has to keep it.
    let path = format!("/api/v1/nodes/{}", nodes[0]);
    let mut taints = bench.get(&path)["spec"]["taints"].as_array().unwrap().clone();
    taints.push(json!({"key": "late", "effect": "NoSchedule"}));
    bench.lab.api().merge(&path, &json!({"spec": {"taints": taints}})).unwrap();
    let mut wish = mark_of(&seen, &nodes[0], None);
    wish.marks.guard = Some(true);
    until_done(bench, &side, &ClusterAction::Mark(wish));
    let taints: Vec<Value> = bench.get(&path)["spec"]["taints"].as_array().unwrap().clone();
    let keys: Vec<&str> = taints.iter().filter_map(|taint| taint["key"].as_str()).collect();
    assert!(keys.contains(&"late") && keys.contains(&"eks.amazonaws.com/nodegroup"), "{keys:?}");
}
