//! An update that is declared, from its plan to its end, or until it is taken away.

use serde_json::{Value, json};

use super::collector::Collector;
use super::fleet::{Fleet, UPDATES};

#[test]
fn an_update_is_planned_approved_run_and_ends_ready() {
    let fleet = Fleet::launch();
    let collector = Collector::start();
    let _replica = fleet.replica("one", 18_391, &["--reports", "default", "--otlp", &collector.url]);
    let before = fleet.nodes();
    fleet.declare("roll", &json!({}));
    fleet.until_phase("roll", "AwaitingApproval");
    let status = fleet.status("roll");
    assert_eq!(
        (&status["plan"]["nodes"], &status["plan"]["succeeds"]),
        (&json!(4), &json!(true)),
        "{status:#}"
    );
    assert_eq!(status["observedGeneration"], 1);
    assert_eq!(fleet.nodes(), before, "nothing is changed before it is approved");

    is_rehearsed_on_demand(&fleet);
    assert_eq!(fleet.nodes(), before, "nothing is changed by a rehearsal");
    fleet.wish("roll", &json!({"approved": true}));
    fleet.kubectl(&["wait", "--for=condition=Succeeded", "--timeout=300s", "ngu/roll"]);
    assert!(fleet.nodes().is_disjoint(&before));
    assert_eq!(fleet.marks(), Vec::<String>::new());
    let status = fleet.status("roll");
    assert_eq!(
        (&status["outcome"], &status["nodes"]["replaced"]),
        (&json!("Succeeded"), &json!(4)),
        "{status:#}"
    );
    let shown = fleet.kubectl(&["get", "ngu", "roll"]);
    assert!(shown.contains("GROUP") && shown.contains("workers") && shown.contains("Succeeded"), "{shown}");
    let described = fleet.kubectl(&["describe", "ngu", "roll"]);
    assert!(
        described.contains("AwaitingApproval") && described.contains("Every node was replaced"),
        "{described}"
    );
    is_traced(&fleet, &collector, status["update"].as_str().unwrap());
    // It has ended, so it goes at once.
    fleet.kubectl(&["delete", "ngu", "roll", "--timeout=30s"]);
}

/// A span for each turn, with its acts below it, in the trace of the update.
fn is_traced(fleet: &Fleet, collector: &Collector, update: &str) {
    let of = |name: &str| {
        let spans = collector.spans().into_iter();
        spans.filter(|span| span["name"] == name).collect::<Vec<_>>()
    };
    let evicts = |span: &&Value| span["attributes"].to_string().contains("\"evict\"");
    fleet.until("its spans", || of("act").iter().any(|span| evicts(&span)));
    let (turns, acts) = (of("turn"), of("act"));
    let trace = update.replace('-', "");
    assert!(turns.iter().chain(&acts).all(|span| span["traceId"] == trace), "{turns:#?}");
    let act = acts.iter().find(evicts).unwrap();
    assert!(turns.iter().any(|turn| turn["spanId"] == act["parentSpanId"]), "{act:#}");
    assert!(act["attributes"].to_string().contains("replank.answer"), "{act:#}");
}

/// A snapshot says how an update would end, what would hold it up, and where the whole of it stands.
fn is_rehearsed_on_demand(fleet: &Fleet) {
    let snapshot = |name: &str, spec: &str| {
        format!("apiVersion: replank.dev/v1alpha1\nkind: Snapshot\nmetadata: {{name: {name}}}\nspec: {spec}")
    };
    let (taken, said) =
        fleet.apply(&snapshot("today", "{nodeGroup: workers, maxUnavailable: 2, stallsFromSeconds: 1}"));
    assert!(taken && !said.contains("Warning"), "{said}");
    assert!(fleet.apply(&snapshot("none", "{nodeGroup: nowhere}")).0);
    fleet.kubectl(&["wait", "--for=condition=Ready", "--timeout=120s", "rsnap/today"]);
    let status = fleet.lab.api().get("/apis/replank.dev/v1alpha1/snapshots/today").unwrap()["status"].clone();
    assert_eq!((&status["phase"], &status["plan"]["nodes"]), (&json!("Rehearsed"), &json!(4)), "{status:#}");
    assert_eq!((&status["objects"]["Node"], &status["plan"]["succeeds"]), (&json!(4), &json!(true)));
    let seconds: i64 =
        status["phases"].as_array().unwrap().iter().map(|it| it["seconds"].as_i64().unwrap()).sum();
    assert!(seconds > 0 && seconds <= status["plan"]["seconds"].as_i64().unwrap() + 1, "{status:#}");
    let map = status["report"]["configMap"].as_str().unwrap();
    let report = fleet.kubectl(&["get", "configmap", map, "-o", "jsonpath={.data.report\\.json}"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["plan"]["verdict"], status["message"], "{report:#}");
    // What is no group is told, and a person is needed.
    fleet.kubectl(&["wait", "--for=condition=Stalled", "--timeout=60s", "rsnap/none"]);
    let shown = fleet.kubectl(&["get", "rsnap", "-o", "wide"]);
    assert!(shown.contains("Refused") && shown.contains("nowhere") && shown.contains("Rehearsed"), "{shown}");
    // It is of one time.
    let (taken, said) = fleet.apply(&snapshot("today", "{nodeGroup: workers, maxUnavailable: 1}"));
    assert!(!taken && said.contains("a snapshot is of one time"), "{said}");
    // Its report goes with it.
    fleet.kubectl(&["delete", "rsnap", "today", "none"]);
    let maps = || fleet.kubectl(&["get", "configmap", "-o", "name"]);
    fleet.until("the report is gone", || !maps().contains(map));
}

#[test]
fn an_update_whose_object_is_deleted_is_cancelled_first() {
    let fleet = Fleet::launch();
    let _replica = fleet.replica("one", 18_392, &[]);
    fleet.declare("roll", &json!({"approved": true, "maxUnavailable": 1}));
    fleet.until("a node in work", || fleet.status("roll")["nodes"]["inWork"].as_u64() > Some(0));
    fleet.kubectl(&["delete", "ngu", "roll", "--timeout=240s"]);
    assert_eq!(fleet.nodes().len(), 4);
    assert_eq!(fleet.marks(), Vec::<String>::new());
}

#[test]
fn one_that_is_paused_waits_and_a_closed_window_holds_it_up() {
    let fleet = Fleet::launch();
    let _replica = fleet.replica("one", 18_393, &[]);
    let policy = |freezes: Value| {
        json!({
            "apiVersion": "replank.dev/v1alpha1", "kind": "UpdatePolicy", "metadata": {"name": "calm"},
            "spec": {"nodeGroups": ["work*"], "maxUnavailable": 1, "freezes": freezes},
        })
    };
    let frozen = policy(json!([{"from": "2020-01-01", "through": "2999-12-31"}]));
    assert!(fleet.apply(&frozen.to_string()).0);
    fleet.declare("roll", &json!({"approved": true, "maxUnavailable": null}));
    fleet.until_phase("roll", "Waiting");
    let message = fleet.status("roll")["message"].clone();
    assert!(message.as_str().unwrap().contains("frozen until 3000-01-01"), "{message}");
    assert_eq!(fleet.kubectl(&["get", "upol", "calm", "-o", "jsonpath={.status.open}"]), "false");

    assert!(fleet.apply(&policy(json!([])).to_string()).0);
    fleet.until_phase("roll", "Running");
    assert!(fleet.apply(&frozen.to_string()).0);
    fleet.until_phase("roll", "Paused");
    fleet.until("nodes in work are finished", || fleet.status("roll")["nodes"]["inWork"] == 0);
    assert!(fleet.apply(&policy(json!([])).to_string()).0);
    fleet.kubectl(&["wait", "--for=condition=Succeeded", "--timeout=300s", "ngu/roll"]);
}

#[test]
fn a_dry_run_writes_nothing() {
    let fleet = Fleet::launch();
    let _replica = fleet.replica("dry", 18_394, &["--dry-run"]);
    let before = fleet.nodes();
    fleet.declare("roll", &json!({"approved": true}));
    fleet.until("what would be done", || fleet.log("dry").contains("its beginning would be done"));
    let update = fleet.lab.api().get(&format!("{UPDATES}/roll")).unwrap();
    assert!(update["status"].is_null() && update["metadata"]["finalizers"].is_null(), "{update:#}");
    assert_eq!(fleet.nodes(), before);
}
