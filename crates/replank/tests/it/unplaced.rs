//! Pods that no node takes: before an update, on the way and in the end, in every verdict.

use std::path::PathBuf;

use serde_json::Value;

use crate::served::Up;
use crate::tool::{Ran, Scratch, run};

/// Two pods that no node of the built-in group can hold.
const TOO_LARGE: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: big, namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: big}}
  template:
    metadata: {labels: {app: big}}
    spec: {containers: [{name: app, image: nginx, resources: {requests: {cpu: "5"}}}]}
"#;

/// Three pods where two fit: new nodes have room for the third, and the group keeps them for it.
const TIGHT: &str = "
clusters:
- nodeGroups:
  - {name: default, zones: [us-west-2a], size: {min: 2, desired: 2, max: 3}}
  workloads:
  - {name: web, namespace: shop, replicas: 3, cpu: 1500m}
";

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the folder of tests can be written");
    path
}

fn after(ran: &Ran) -> Vec<Value> {
    let last = ran.json().pop().expect("output");
    let plan = if last["summary"].is_null() { last } else { last["summary"].clone() };
    plan["unplaced"]["after"].as_array().expect("a list").clone()
}

#[test]
fn pods_that_no_node_takes_are_a_verdict_of_their_own() {
    let file = file("too-large.yaml", TOO_LARGE);
    for command in ["plan", "demo"] {
        let ran = run(&format!("{command} -f {}", file.display()));
        assert_eq!(ran.code, Some(6), "{command}: {}", ran.out);
        assert!(
            ran.out.contains("Pods without a node in the end:\n  default/big-"),
            "{command}: {}",
            ran.out
        );
        assert!(ran.out.contains("(as before): 0/"), "{command}: {}", ran.out);
        let ran = run(&format!("{command} -o json -f {}", file.display()));
        let pods = after(&ran);
        assert_eq!((ran.code, pods.len()), (Some(6), 2), "{command}");
        assert!(pods.iter().all(|pod| pod["asBefore"] == true), "{command}: {pods:?}");
        assert!(
            pods[0]["message"].as_str().expect("words").contains("Insufficient cpu"),
            "{command}: {pods:?}"
        );
    }
    let plan = run(&format!("plan -f {}", file.display()));
    assert!(plan.out.ends_with("It would succeed; 2 pods stay without a node as before.\n"), "{}", plan.out);
}

#[test]
fn pods_without_a_node_before_and_on_the_way_are_told_as_such() {
    let ran = run(&format!("plan --world {}", file("tight.yaml", TIGHT).display()));
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    for title in
        ["Pods without a node before it begins:\n  shop/web-", "Pods without a node on the way:\n  shop/web-"]
    {
        assert!(ran.out.contains(title), "{title:?}: {}", ran.out);
    }
    assert!(!ran.out.contains("Pods without a node in the end"), "{}", ran.out);
}

/// Not only a forecast says it: an update that was followed to its end ends with them.
#[test]
fn an_update_ends_with_the_pods_that_have_no_node() {
    let scratch = Scratch::new("unplaced");
    let file = file("too-large-up.yaml", TOO_LARGE);
    let flags = format!("--speed 3600x --port 0 --kubernetes-port 0 -f {}", file.display());
    let up = Up::start(scratch.path(), &flags);
    let done = up.replank("upgrade nodegroup default --approve");
    assert_eq!(done.code, Some(6), "{}", done.out);
    let told = "Pods without a node in the end:\n  default/big-";
    assert!(done.out.contains(told) && done.out.contains("Insufficient cpu"), "{}", done.out);
    let again = up.replank("follow default -o json");
    let end = again.json().pop().expect("output");
    let pods = end["update"]["unplaced"].as_array().expect("a list");
    assert_eq!((again.code, pods.len()), (Some(6), 2), "{end}");
    assert!(pods.iter().all(|pod| pod["asBefore"] == true), "{end}");
}
