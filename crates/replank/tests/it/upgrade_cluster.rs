//! The upgrade of a whole cluster on the embedded world: its plan, its refusals, a kill in the middle, gates and commands.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::served::{PATIENCE, Up};
use crate::tool::{Scratch, ended};

const WORLD: &str = r#"
clusters:
- name: shop
  version: "1.32"
  nodeGroups:
  - {name: jobs, size: {min: 1, desired: 1, max: 3}}
  - {name: web, size: {min: 2, desired: 2, max: 4}}
"#;
const UP: &str = "--world w.yaml --speed 300x --port 0 --kubernetes-port 0";

fn scratch(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    scratch.write("w.yaml", WORLD);
    scratch
}

fn json(up: &Up, arguments: &str) -> Value {
    serde_json::from_str(&up.says(arguments)).expect("JSON")
}

/// The upgrade under way, as `why` tells it.
fn under_way(up: &Up) -> Value {
    json(up, "why -o json")["upgrades"][0].clone()
}

/// Waits until the upgrade under way is as it should be.
fn until(up: &Up, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let shown = under_way(up);
        if is_so(&shown) {
            return shown;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {what}: {shown:#}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn waits(shown: &Value, words: &str) -> bool {
    let waits = shown["waits"].as_array().into_iter().flatten();
    waits.into_iter().any(|wait| wait["text"].as_str().is_some_and(|text| text.contains(words)))
}

/// Versions of the control plane, of the node groups, and of the kubelets.
fn versions(up: &Up) -> (Vec<String>, Vec<String>, Vec<String>) {
    let list = |what: &str, member: &str| -> Vec<String> {
        let listed = json(up, &format!("get {what} -o json"));
        let rows = listed[what].as_array().cloned().unwrap_or_default();
        rows.iter().map(|row| row[member].as_str().unwrap_or_default().chars().take(5).collect()).collect()
    };
    (list("clusters", "version"), list("nodegroups", "version"), list("nodes", "kubelet"))
}

#[test]
fn a_plan_changes_nothing_and_a_wrong_wish_is_told_with_its_way_out() {
    let scratch = scratch("upgrade-plan");
    let up = Up::start(scratch.path(), UP);
    let plan = up.says("upgrade cluster shop");
    let first =
        "(plan) would upgrade cluster \"shop\" control plane from current version \"1.32\" to \"1.33\"\n";
    let last = "no changes were applied, run again with '--approve' to apply the changes\n";
    assert!(plan.starts_with(first) && plan.ends_with(last), "{plan}");
    let plan = json(&up, "upgrade cluster shop --to 1.34 --all -o json");
    let kinds = plan["plan"]["steps"].as_array().expect("steps").iter();
    let kinds: Vec<&str> = kinds.map(|step| step["kind"].as_str().unwrap_or_default()).collect();
    let minor = ["check", "controlPlane", "nodeGroup", "nodeGroup"];
    assert_eq!(kinds, [&minor[..], &["gate"], &minor[..]].concat());
    for (wrong, said) in [
        (
            "shop --to 1.34",
            "Found upgrade from \"1.32\" to \"1.34\". Please upgrade to \"1.33\" first, or plan every minor between",
        ),
        ("shop --to 1.99", "version: control plane version \"1.99\" is not supported; there are 1.32, "),
        ("shop --to banana", "version: control plane version \"banana\" is not supported"),
        ("cart", "No cluster found for name: cart."),
        ("shop --skip-workers", "skipWorkers: node groups jobs, web are of EKS"),
    ] {
        for approve in ["", " --approve"] {
            let ran = up.replank(&format!("upgrade cluster {wrong}{approve}"));
            assert_eq!(ran.code, Some(2), "{wrong}: {}", ran.err);
            assert!(ran.err.contains(said), "{wrong}: {}", ran.err);
        }
    }
    assert!(under_way(&up).is_null());
    assert_eq!(versions(&up).0, ["1.32"]);
}

#[test]
fn two_minors_go_by_though_the_server_is_killed_at_every_kind_of_step() {
    let scratch = scratch("upgrade-kill");
    let mut up = Up::start(scratch.path(), UP);
    up.says("upgrade cluster shop --to 1.34 --all --gate none --approve --no-wait -o json");
    let busy = up.replank("upgrade cluster shop --approve");
    assert!(busy.code == Some(2) && busy.err.contains("is being upgraded to 1.34 by"), "{}", busy.err);
    for (at, words) in [
        (2, "the control plane moves to 1.33"),
        (3, "node group jobs"),
        (4, "node group web"),
        (6, "the control plane moves to 1.34"),
        (8, "node group web"),
    ] {
        until(&up, words, |shown| shown["step"] == at && waits(shown, words));
        assert_eq!(up.end("-KILL"), None);
        up = Up::start(scratch.path(), UP);
    }
    let followed = up.replank("follow shop");
    assert_eq!(followed.code, Some(0), "{}", followed.err);
    let last = "cluster \"shop\" control plane has been upgraded to version \"1.34\"\n";
    assert!(followed.out.ends_with(last), "{}", followed.out);
    for words in
        ["checked: 1.33 is in reach", "the first new node is Ready and runs a pod", "the cluster is at 1.34"]
    {
        assert!(followed.out.contains(words), "{words}: {}", followed.out);
    }
    let (clusters, groups, nodes) = versions(&up);
    assert_eq!((clusters, groups), (vec!["1.34".to_owned()], vec!["1.34".to_owned(); 2]));
    assert!(nodes.len() == 3 && nodes.iter().all(|kubelet| kubelet == "v1.34"), "{nodes:?}");
    // The world that was restored after each kill has the API server of the newest minor.
    let served: Value =
        serde_json::from_str(&up.client("kubectl", &["get", "--raw", "/version"])).expect("JSON");
    assert_eq!(served["minor"], "34", "{served}");
    // Each update was begun once.
    let updates = json(&up, "get updates -o json");
    assert_eq!(updates["updates"].as_array().map(Vec::len), Some(2 + 2 * 2), "{updates:#}");
    let again = up.says("upgrade cluster shop --to 1.34 --all --approve");
    assert_eq!(again, "cluster \"shop\" control plane is already at version \"1.34\"\n");
    the_way_back_takes_the_nodes_first(&up);
}

fn the_way_back_takes_the_nodes_first(up: &Up) {
    let plan = up.says("upgrade cluster shop --to 1.33");
    let first =
        "(plan) would roll back cluster \"shop\" control plane from current version \"1.34\" to \"1.33\"\n";
    assert!(plan.starts_with(first), "{plan}");
    let done = up.replank("upgrade cluster shop --to 1.33 --approve");
    assert_eq!(done.code, Some(0), "{}", done.err);
    let done = done.out;
    let last = "cluster \"shop\" control plane has been rolled back to version \"1.33\"\n";
    assert!(done.ends_with(last), "{done}");
    let order =
        ["node group jobs", "node group web", "checked: 1.33 is in reach", "roll the control plane back"];
    let places: Vec<Option<usize>> = order.iter().map(|words| done.find(words)).collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{done}");
    assert_eq!(versions(up).0, ["1.33"]);
    // Once is enough, and only one minor.
    for (to, said) in [("1.32", "version: 1.32 is older than 1.33"), ("1.31", "is not supported")] {
        let refused = up.replank(&format!("upgrade cluster shop --to {to}"));
        assert!(refused.code == Some(2) && refused.err.contains(said), "{}", refused.err);
    }
}

#[test]
fn a_gate_a_pause_and_a_cancel_are_heeded() {
    let scratch = scratch("upgrade-gate");
    let up = Up::start(scratch.path(), UP);
    up.says("upgrade cluster shop --to 1.34 --all --approve --no-wait");
    until(&up, "the group", |shown| shown["step"] == 3 && waits(shown, "update "));
    assert!(up.says("pause").contains("is paused"));
    until(&up, "the pause", |shown| waits(shown, "it is paused"));
    assert!(up.says("resume shop").contains("goes on"));
    let shown = until(&up, "the gate", |shown| shown["status"] == "waiting");
    assert!(waits(&shown, "at a gate; behind it: upgrade the control plane from 1.33 to 1.34"), "{shown:#}");
    let told = up.says("why");
    assert!(told.contains("Go on with: replank resume; end it with: replank cancel"), "{told}");
    assert_eq!(versions(&up).0, ["1.33"]);
    assert!(up.says("cancel").contains("is being cancelled"));
    let followed = up.replank("follow shop");
    assert_eq!(followed.code, Some(3), "{}", followed.out);
    let history = up.says("history shop");
    for words in ["a person paused it", "at a gate", "a person cancelled it", "it is cancelled"] {
        assert!(history.contains(words), "{words}: {history}");
    }
    assert_eq!(versions(&up).0, ["1.33"]);
}

/// A budget that lets no pod of its workload go.
const TIGHT: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: default}
spec:
  replicas: 1
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: cart, image: "cart:1"}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: cart, namespace: default}
spec: {minAvailable: 1, selector: {matchLabels: {app: cart}}}
"#;

#[test]
fn what_the_check_finds_holds_the_control_plane_until_it_is_mended_or_accepted() {
    let scratch = scratch("upgrade-check");
    scratch.write("tight.yaml", TIGHT);
    let up = Up::start(scratch.path(), UP);
    let file = scratch.path().join("tight.yaml").display().to_string();
    up.client("kubectl", &["apply", "-f", &file]);
    let found = "budget-never-allows: PodDisruptionBudget default/cart: minAvailable is 1 of 1 pods";
    let held = format!("it would be held up: {found}\n");
    let plan = up.replank("upgrade cluster shop");
    assert!(plan.code == Some(4) && plan.out.contains(&held), "{}{}", plan.out, plan.err);
    assert!(!up.says("upgrade cluster shop --accept budget-never-allows").contains("held up"));
    let unknown = up.replank("upgrade cluster shop --accept budget-never-alows");
    assert!(unknown.code == Some(2) && unknown.err.contains("there is no such check"), "{}", unknown.err);
    up.says("upgrade cluster shop --approve --no-wait");
    until(&up, "the finding", |shown| shown["step"] == 1 && waits(shown, found));
    let why = up.says("why");
    assert!(
        why.contains("It goes on by itself then.") && why.contains("--accept budget-never-allows"),
        "{why}"
    );
    up.client("kubectl", &["delete", "pdb", "cart"]);
    until(&up, "the control plane", |shown| waits(shown, "the control plane moves to 1.33"));
}

/// Three pods of which a budget lets one go at a time, to run on Fargate.
const ON_FARGATE: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: batch}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: batch}
spec:
  replicas: 3
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: "api:1"}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: api, namespace: batch}
spec: {minAvailable: 2, selector: {matchLabels: {app: api}}}
"#;

/// Kubelets of the pods on Fargate.
fn on_fargate(up: &Up) -> Vec<String> {
    let label = "eks.amazonaws.com/compute-type=fargate";
    let path = "jsonpath={.items[*].status.nodeInfo.kubeletVersion}";
    let shown = up.client("kubectl", &["get", "nodes", "-l", label, "-o", path]);
    shown.split_whitespace().map(|version| version.chars().take(5).collect()).collect()
}

#[test]
fn pods_on_fargate_hold_a_control_plane_and_an_upgrade_has_them_made_again() {
    let scratch = scratch("upgrade-fargate");
    scratch.write("fargate.yaml", ON_FARGATE);
    let up = Up::start(scratch.path(), UP);
    up.aws(
        "eks create-fargate-profile --cluster-name shop --fargate-profile-name fp --selectors namespace=batch \
         --pod-execution-role-arn arn:aws:iam::111122223333:role/r",
        "fargateProfile.status",
    );
    let file = scratch.path().join("fargate.yaml").display().to_string();
    up.client("kubectl", &["apply", "-f", &file]);
    up.advance_until("three nodes of Fargate", || on_fargate(&up) == ["v1.32"; 3]);
    // EKS moves the control plane once, the pods stay, and it moves no further.
    let move_to =
        |minor: &str| format!("eks update-cluster-version --name shop --kubernetes-version {minor}");
    up.aws(&move_to("1.33"), "update.status");
    up.advance_until("1.33", || versions(&up).0 == ["1.33"]);
    for group in ["jobs", "web"] {
        let ran = up.replank(&format!(
            "upgrade nodegroup {group} --cluster shop --kubernetes-version 1.33 --approve"
        ));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
    }
    assert_eq!(on_fargate(&up), ["v1.32"; 3]);
    let wanted = ["eks", "update-cluster-version", "--name", "shop", "--kubernetes-version", "1.34"];
    let refused = ended(up.program("aws", &wanted).output());
    let said = "InvalidRequestException) when calling the UpdateClusterVersion operation: Kubelet version of Fargate pods \
                must be updated to match cluster version 1.33 before updating cluster version; Please recycle all offending \
                pod replicas";
    assert!(refused.err.contains(said), "{}", refused.err);
    // The plan brings them along first, so nothing is foreseen to hold it up.
    let plan = up.replank("upgrade cluster shop");
    assert!(
        plan.code == Some(0) && plan.out.contains("1. have the pods on Fargate made again at 1.33"),
        "{}",
        plan.out
    );
    let done = up.replank("upgrade cluster shop --approve");
    assert_eq!(done.code, Some(0), "{}", done.err);
    let done = done.out;
    assert_eq!(done.matches("which Fargate launches again").count(), 6, "{done}");
    assert!(done.contains("evicts pod batch/api-"), "{done}");
    assert_eq!(on_fargate(&up), ["v1.34"; 3]);
}
