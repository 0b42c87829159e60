//! Draining nodes by hand: each loss has a consent of its own, and how many nodes are meant is said first.

use serde_json::Value;

use crate::served::Up;
use crate::tool::Scratch;

/// A pod that loses itself and its files, one that loses itself, and one whose `DaemonSet` is gone.
const PODS: &str = "
apiVersion: v1
kind: Pod
metadata: {name: files}
spec:
  containers: [{name: c, image: i}]
  volumes: [{name: v, emptyDir: {}}]
---
apiVersion: v1
kind: Pod
metadata: {name: plain}
spec:
  containers: [{name: c, image: i}]
---
apiVersion: v1
kind: Pod
metadata:
  name: forsaken
  ownerReferences:
  - {apiVersion: apps/v1, kind: DaemonSet, name: gone, uid: 0f0f0f0f-0000-4000-8000-000000000001, controller: true}
spec:
  containers: [{name: c, image: i}]
";

#[test]
fn each_loss_needs_its_own_flag_and_the_nodes_are_counted_first() {
    let scratch = Scratch::new("drain-losses");
    scratch.write("pods.yaml", PODS);
    let up = Up::start(scratch.path(), "-f pods.yaml --port 0 --kubernetes-port 0");
    let lost = |pod: &str| {
        format!("pod default/{pod} has no controller that would bring it back; --force evicts it")
    };
    let both = "pod default/files has no controller that would bring it back, and would lose its emptyDir; --force and \
                --delete-emptydir-data together evict it";
    let files = "would lose its emptyDir; --delete-emptydir-data accepts that";
    let rows = [
        ("", vec![both.to_owned(), lost("plain"), lost("forsaken"), files.to_owned()]),
        ("--force", vec![format!("pod default/files {files}")]),
        ("--delete-emptydir-data", vec![lost("files"), lost("plain"), lost("forsaken")]),
    ];
    for (flags, wanted) in rows {
        let ran = up.replank(&format!("drain -l !no-such-label --approve {flags}"));
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{flags}: {}", ran.err);
        for words in &wanted {
            assert!(ran.err.contains(words.as_str()), "{flags}: {words}: {}", ran.err);
        }
    }
    let nodes = up.client("kubectl", &["get", "nodes", "-o", "jsonpath={.items[*].spec.unschedulable}"]);
    assert_eq!(nodes, "", "nothing was begun");
    let planned = up.replank("drain -l !no-such-label --force --delete-emptydir-data");
    let said = "All 3 nodes of the cluster, so that no other is left for their pods:\n";
    assert!(planned.out.starts_with(said), "{}", planned.out);
    assert!(planned.out.contains("  default/files is lost with the content of its emptyDir: no controller"));

    let node = up.client("kubectl", &["get", "pod", "files", "-o", "jsonpath={.spec.nodeName}"]);
    let drained = up.replank(&format!("drain {node} --force --delete-emptydir-data --approve --timeout 5m"));
    assert_eq!(drained.code, Some(0), "{}{}", drained.out, drained.err);
    assert!(drained.out.starts_with("1 of the cluster's 3 nodes:\n"), "{}", drained.out);
    let pods = up.client("kubectl", &["get", "pods", "-o", "name"]);
    assert!(!pods.contains("pod/files"), "{pods}");
    assert!(
        drained.out.ends_with(&format!("Open them again with: kubectl uncordon {node}\n")),
        "{}",
        drained.out
    );
    up.client("kubectl", &["uncordon", &node]);
    what_no_time_mends_ends_a_drain(&up);
}

/// A budget that can never let a pod go ends the drain, with what would help.
fn what_no_time_mends_ends_a_drain(up: &Up) {
    let kubectl = |words: &str| up.client("kubectl", &words.split_whitespace().collect::<Vec<_>>());
    kubectl("create deployment held --replicas=2 --image=held");
    kubectl("wait --for=condition=Available deployment/held --timeout=60s");
    kubectl("create poddisruptionbudget held --selector=app=held --min-available=2");
    kubectl("wait --for=jsonpath={.status.currentHealthy}=2 poddisruptionbudget/held --timeout=60s");
    let node = kubectl("get pods -l app=held -o jsonpath={.items[0].spec.nodeName}");
    let losses = "--force --delete-emptydir-data";
    let plan = up.replank(&format!("drain {node} {losses} -o json"));
    let shown: Value = serde_json::from_str(&plan.out).expect("JSON");
    assert_eq!((plan.code, &shown["succeeds"]), (Some(4), &Value::from(false)), "{shown}");
    let ran = up.replank(&format!("drain {node} {losses} --approve --timeout 5m -o json"));
    assert_eq!(ran.code, Some(4), "{}{}", ran.out, ran.err);
    let lines = ran.json();
    let waits: Vec<&Value> = lines.iter().filter(|line| line["type"] == "wait").collect();
    let of_budget = |line: &&&Value| line["text"].as_str().is_some_and(|text| text.contains("default/held"));
    let told: Vec<&&Value> = waits.iter().filter(of_budget).collect();
    assert!(told.len() == 1 && told[0]["advice"].is_string(), "told once, with advice: {waits:?}");
    let end = &lines.last().expect("an end")["drain"];
    assert_eq!((&end["outcome"], &end["nodes"][0]["cordoned"]), (&"stuck".into(), &true.into()), "{end}");
    assert_eq!(end["uncordon"], format!("kubectl uncordon {node}"));
}
