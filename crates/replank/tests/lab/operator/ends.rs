//! An update that is declared, from its plan to its end, or until it is taken away.

use serde_json::{Value, json};

use super::fleet::{Fleet, UPDATES};

#[test]
fn an_update_is_planned_approved_run_and_ends_ready() {
    let fleet = Fleet::launch();
    let _replica = fleet.replica("one", 18_391, &[]);
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
    // It has ended, so it goes at once.
    fleet.kubectl(&["delete", "ngu", "roll", "--timeout=30s"]);
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
