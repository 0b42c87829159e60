//! `replank snapshot` and `replank rehearse`: from what the real kubectl prints to a report, and every mistake named.

use serde_json::{Value, json};

use crate::served::Up;
use crate::tool::{Scratch, run_in};

const LISTS: [&str; 2] = [
    "nodes,pods,pdb,deployments,replicasets,statefulsets,daemonsets,jobs,cronjobs",
    "pv,pvc,storageclasses,priorityclasses,csinodes,services,namespaces,hpa,secrets,configmaps",
];

#[test]
fn a_cluster_that_kubectl_reads_is_rehearsed() {
    let scratch = Scratch::new("rehearse-kubectl");
    let up = Up::start(scratch.path(), "--speed real");
    for (name, kinds) in ["one.json", "two.json"].into_iter().zip(LISTS) {
        scratch.write(name, up.client("kubectl", &["get", kinds, "-A", "-o", "json"]));
    }
    scratch.write("version.json", up.client("kubectl", &["version", "-o", "json"]));
    let from = "snapshot --from one.json two.json version.json";
    let taken = run_in(scratch.path(), &format!("{from} -o cluster.snap --cluster shop"));
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    let ran = run_in(scratch.path(), "rehearse cluster.snap -o json --seeds 2 --html report.html");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let report = &ran.json()[0];
    let group = &report["scenarios"][0]["groups"][0];
    assert_eq!((&group["nodes"], &group["succeeded"]), (&json!(3), &json!(2)), "{report}");
    assert_eq!(group["extraNodes"]["most"], 3, "{report}");
    assert_eq!((&report["cluster"], &report["version"]), (&json!("shop"), &json!("1.32")));
    let page = std::fs::read_to_string(scratch.path().join("report.html")).expect("a page");
    assert!(page.contains("<svg") && page.contains("prefers-color-scheme: dark"));
    for outside in ["http://", "https://", "<script", "<link", "url(", "@import"] {
        assert!(!page.contains(outside), "the page loads {outside}");
    }
    let text = run_in(scratch.path(), "rehearse cluster.snap --seeds 1");
    assert!(text.out.contains("It would succeed"), "{}", text.out);
    a_whole_upgrade_is_rehearsed(&scratch);
    // The cluster itself tells the same, a list at a time.
    let live = scratch.path().join("live.snap");
    up.client(env!("CARGO_BIN_EXE_replank"), &["snapshot", "-o", &live.display().to_string()]);
    let ran = run_in(scratch.path(), "rehearse live.snap -o json --seeds 1");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(ran.json()[0]["scenarios"][0]["groups"][0]["nodes"], 3, "{}", ran.out);
    // Under other names it comes to the same end.
    let hidden = run_in(scratch.path(), &format!("{from} -o hidden.snap --anonymize"));
    assert_eq!(hidden.code, Some(0), "{}", hidden.err);
    let ran = run_in(scratch.path(), "rehearse hidden.snap -o json --seeds 1");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(!ran.out.contains("catalog"), "{}", ran.out);
}

/// Two minors on the snapshot, with everything between.
fn a_whole_upgrade_is_rehearsed(scratch: &Scratch) {
    let asked = "rehearse cluster cluster.snap --to 1.34 -o json --html cluster.html";
    let ran = run_in(scratch.path(), asked);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let report = &ran.json()[0];
    assert_eq!(
        (&report["from"], &report["to"], &report["succeeds"]),
        (&json!("1.32"), &json!("1.34"), &json!(true))
    );
    let steps = report["steps"].as_array().expect("steps");
    let took = |kind: &str| -> Vec<i64> {
        let steps = steps.iter().filter(|step| step["kind"] == kind);
        steps.map(|step| step["seconds"].as_i64().expect("a length")).collect()
    };
    // The control plane takes its eight minutes, the nodes more than none.
    assert!(
        took("controlPlane").len() == 2 && took("controlPlane").iter().all(|it| *it >= 480),
        "{report:#}"
    );
    assert!(took("nodeGroup").len() == 2 && took("nodeGroup").iter().all(|it| *it > 60), "{report:#}");
    assert!(!report["moved"].as_array().expect("workloads").is_empty(), "{report:#}");
    let page = std::fs::read_to_string(scratch.path().join("cluster.html")).expect("a page");
    assert!(page.contains("upgrade the control plane from 1.33 to 1.34"), "{page}");
    let again = run_in(scratch.path(), asked);
    assert_eq!(again.out, ran.out, "the same seed tells the same");
    let there = run_in(scratch.path(), "rehearse cluster cluster.snap --to 1.32");
    assert_eq!(
        (there.code, there.out.contains("is already at version \"1.32\"")),
        (Some(0), true),
        "{}",
        there.err
    );
    let none = run_in(scratch.path(), "rehearse cluster cluster.snap --to 1.99");
    assert!(none.code == Some(2) && none.err.contains("\"1.99\" is not supported"), "{}", none.err);
}

/// A node and a pod that its budget never lets go.
fn held() -> String {
    let node = |name: &str, zone: &str| {
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "uid": uid(name),
            "creationTimestamp": "2026-11-02T08:00:00Z", "labels": {
                "eks.amazonaws.com/nodegroup": "main", "topology.kubernetes.io/zone": zone,
                "kubernetes.io/hostname": name, "node.kubernetes.io/instance-type": "m5.large"}},
            "status": {"allocatable": {"cpu": "1930m", "memory": "7Gi", "pods": "29"},
                "nodeInfo": {"kubeletVersion": "v1.34.1", "osImage": "Amazon Linux 2023.9", "architecture": "amd64"},
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-02T08:00:20Z"}]}})
    };
    let spec =
        json!({"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "100m"}}}]});
    let labels = json!({"app": "db"});
    let owner = json!([{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": uid("set"), "controller": true}]);
    let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "shop", "uid": uid("set"), "creationTimestamp": "2026-11-02T08:00:00Z"},
        "spec": {"replicas": 1, "serviceName": "db", "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec}}});
    let mut running = spec.clone();
    running["nodeName"] = json!("one");
    let condition = |kind: &str, at: &str| json!({"type": kind, "status": "True", "lastTransitionTime": at});
    let pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "db-0", "namespace": "shop", "uid": uid("pod"), "labels": labels, "ownerReferences": owner,
            "creationTimestamp": "2026-11-02T08:10:00Z"},
        "spec": running,
        "status": {"phase": "Running", "startTime": "2026-11-02T08:10:00Z", "conditions": [
            condition("PodScheduled", "2026-11-02T08:10:00Z"), condition("Ready", "2026-11-02T08:10:09Z")]}});
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "db", "namespace": "shop", "uid": uid("pdb"), "generation": 1},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}},
        "status": {"observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1,
            "expectedPods": 1}});
    let items = [node("one", "us-west-2a"), node("two", "us-west-2b"), set, pod, budget];
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

fn uid(of: &str) -> String {
    let number = of.bytes().fold(7u128, |sum, byte| sum * 31 + u128::from(byte));
    format!("00000000-0000-4000-8000-{number:012x}")
}

#[test]
fn what_holds_an_update_is_foreseen_and_what_lets_it_go() {
    let scratch = Scratch::new("rehearse-held");
    scratch.write("cluster.json", held());
    let taken = run_in(scratch.path(), "snapshot --from cluster.json -o cluster.snap");
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    let ran = run_in(scratch.path(), "rehearse cluster.snap -o json --seeds 2");
    assert_eq!(ran.code, Some(4), "{}{}", ran.out, ran.err);
    let report = &ran.json()[0];
    let stall = &report["scenarios"][0]["groups"][0]["stalls"][0];
    assert_eq!((&stall["pod"], &stall["budget"]), (&json!("shop/db-0"), &json!("shop/db")), "{report}");
    assert_eq!(
        (&stall["node"], &stall["stops"], &stall["seeds"]),
        (&json!("one"), &json!(true), &json!(2)),
        "{report}"
    );
    assert!(
        stall["advice"].is_string() && report["assumed"].as_array().is_some_and(|all| !all.is_empty()),
        "{report}"
    );
    let asked = ["budget shop/db minAvailable=0", "budget shop/db none", "force"];
    for change in asked {
        let mut command = crate::tool::command("rehearse cluster.snap -o json --seeds 1 --what-if");
        let ran = crate::tool::ended(command.arg(change).current_dir(scratch.path()).output());
        assert_eq!(ran.code, Some(0), "{change}: {}{}", ran.out, ran.err);
        let report: Value = serde_json::from_str(&ran.out).expect("JSON");
        let groups: Vec<&Value> =
            report["scenarios"].as_array().expect("scenarios").iter().map(|one| &one["groups"][0]).collect();
        assert_eq!(
            (&groups[0]["succeeded"], &groups[1]["succeeded"]),
            (&json!(0), &json!(1)),
            "{change}: {report}"
        );
    }
}

#[test]
fn mistakes_are_named() {
    let scratch = Scratch::new("rehearse-mistakes");
    scratch.write("cluster.json", held());
    scratch.write("pods.json", r#"{"apiVersion": "v1", "kind": "PodList", "items": []}"#);
    scratch.write("other.txt", "hello\n");
    scratch.write("over.yaml", "clusters: [{nodeGroups: [{name: nope, size: {max: 9}}]}]\n");
    scratch.write("size.yaml", "clusters: [{nodeGroups: [{size: {max: 1}}]}]\n");
    scratch.write("runs.yaml", "clusters: [{workloads: []}]\n");
    assert_eq!(run_in(scratch.path(), "snapshot --from cluster.json -o good.snap").code, Some(0));
    let whole = std::fs::read(scratch.path().join("good.snap")).expect("a snapshot");
    scratch.write("half.snap", &whole[..whole.len() / 2]);
    let rows = [
        ("snapshot --from gone.json -o x.snap", "error: --from gone.json: No such file or directory"),
        (
            "snapshot --from other.txt -o x.snap",
            "error: --from other.txt:1:1: no object of a cluster; give what",
        ),
        (
            "snapshot --from pods.json -o x.snap",
            "error: --from pods.json: there is no Node among the objects",
        ),
        (
            "snapshot --from cluster.json -o gone/x.snap",
            "error: --out gone/x.snap: No such file or directory",
        ),
        ("rehearse gone.snap", "error: gone.snap: No such file or directory"),
        ("rehearse other.txt", "error: other.txt: is no snapshot"),
        (
            "rehearse cluster.json",
            "error: cluster.json: holds Kubernetes objects but is no snapshot; make one",
        ),
        ("rehearse half.snap", "error: half.snap: is cut short"),
        (
            "rehearse good.snap --nodegroup nope",
            "error: nope: there is no such managed node group; there is main",
        ),
        (
            "rehearse good.snap --what-if sideways",
            "error: --what-if: \"sideways\" is no change that can be rehearsed",
        ),
        ("rehearse good.snap --world gone.yaml", "error: --world gone.yaml: No such file or directory"),
        (
            "rehearse good.snap --world over.yaml",
            "error: over.yaml: there is no node group nope in the snapshot; there is main",
        ),
        ("rehearse good.snap --world size.yaml", "error: size.yaml"),
        (
            "rehearse good.snap --world runs.yaml",
            "error: runs.yaml:1:24: clusters[0].workloads: what runs comes from",
        ),
        ("rehearse good.snap --seeds 0", "error: invalid value '0' for '--seeds <N>'"),
        (
            "rehearse good.snap --release-version 9.9",
            "error: node group main: Requested release version 9.9 is not valid",
        ),
        ("rehearse good.snap --what-if ,", "error: --what-if: \"\" is no change that can be rehearsed"),
    ];
    for (arguments, words) in rows {
        let ran = run_in(scratch.path(), arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments}: {}", ran.err);
        assert!(ran.err.starts_with(words), "{arguments}: {}", ran.err);
    }
    assert!(!scratch.path().join("x.snap").exists());
}

#[test]
fn versions_that_nodes_may_not_be_brought_to_are_refused() {
    let scratch = Scratch::new("rehearse-versions");
    scratch.write("cluster.json", held());
    assert_eq!(run_in(scratch.path(), "snapshot --from cluster.json -o good.snap").code, Some(0));
    scratch.write("unknown.json", held().replace("Amazon Linux 2023.9", "Linux of our own"));
    assert_eq!(run_in(scratch.path(), "snapshot --from unknown.json -o unknown.snap").code, Some(0));
    let rows = [
        (
            "rehearse good.snap --kubernetes-version banana",
            "error: node group main: unsupported Kubernetes version: banana; accepted is 1.34\n",
        ),
        // Where no release is known, a wish for one cannot be kept either.
        (
            "rehearse unknown.snap --kubernetes-version banana",
            "error: node group main: unsupported Kubernetes version: banana; accepted is 1.34\n",
        ),
        (
            "rehearse unknown.snap --kubernetes-version 1.36",
            "error: node group main: Nodegroup Kubernetes version cannot be greater than the version of its cluster: \
             1.36 > 1.34; accepted is 1.34\n",
        ),
        (
            "rehearse unknown.snap --release-version 9.9",
            "error: node group main: Requested release version 9.9 is not valid: its nodes run an image of their own",
        ),
    ];
    for (arguments, words) in rows {
        let ran = run_in(scratch.path(), arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments}: {}", ran.err);
        assert!(ran.err.starts_with(words), "{arguments}: {}", ran.err);
    }
    // A control plane that goes first is laid over what was found.
    scratch.write("next.yaml", "clusters: [{version: \"1.35\"}]\n");
    for snapshot in ["good.snap", "unknown.snap"] {
        let next = "--world next.yaml --kubernetes-version 1.35 --what-if force -o json --seeds 1";
        let ran = run_in(scratch.path(), &format!("rehearse {snapshot} {next}"));
        assert_eq!(ran.code, Some(0), "{snapshot}: {}{}", ran.out, ran.err);
    }
}
