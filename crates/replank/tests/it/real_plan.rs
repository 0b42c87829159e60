//! The plan of an update of a real cluster: rehearsed with what its scheduler will say, by reading alone; projected
//! where the rights for that are missing, which is said.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

use replank_lab::Event;
use serde_json::{Value, json};

use crate::tool::{Ran, command, ended};
use crate::yard::{Yard, changes};

fn plan(yard: &Yard, more: &str) -> Ran {
    let user = yard.user.display();
    let flags = format!("--kubeconfig {user} --cloud kwok --world world.yaml --data plan {more}");
    let line = format!("upgrade nodegroup default {flags}");
    ended(command(&line).current_dir(yard.scratch.path()).output())
}

/// Two pods that only one old node takes, and a budget that lets the second go when the first one is back.
fn pin(yard: &Yard, node: &str) {
    let labels = json!({"app": "pinned"});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "pinned"},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"nodeSelector": {"kubernetes.io/hostname": node}, "terminationGracePeriodSeconds": 2,
                "containers": [{"name": "pinned", "image": "it:1"}]},
        }},
    });
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "pinned"},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels}},
    });
    yard.lab.api().create("/apis/apps/v1/namespaces/default/deployments", &deployment).unwrap();
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    yard.lab.api().create(budgets, &budget).unwrap();
    yard.until("the budget is worked out", || {
        yard.lab.api().get(&format!("{budgets}/pinned")).unwrap()["status"]["currentHealthy"] == 2
    });
}

#[test]
fn the_plan_of_a_real_update_is_rehearsed_by_reading_alone() {
    let yard = Yard::new("real-plan");
    let mark = yard.lab.audit().mark().unwrap();
    let calm = plan(&yard, "");
    assert_eq!(calm.code, Some(0), "{}{}", calm.out, calm.err);
    for said in ["3 to replace", "Rehearsed on the cluster as it was at", "peak      3 extra nodes"] {
        assert!(calm.out.contains(said), "{said}: {}", calm.out);
    }
    assert!(
        calm.out.contains("Nothing held it up") && calm.out.contains("New nodes have room"),
        "{}",
        calm.out
    );
    assert!(!calm.err.contains("projected"), "{}", calm.err);
    let ran = plan(&yard, "-o json");
    let shown: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&shown["projected"], &shown["rehearsal"]["stalls"]), (&Value::Null, &json!([])), "{shown}");
    let order: Vec<&str> = shown["order"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(order.len() == 3 && order.iter().all(|node| yard.old.contains(*node)), "{order:?}");

    let node = yard.old.first().unwrap();
    pin(&yard, node);
    let held = plan(&yard, "-o json");
    assert_eq!(held.code, Some(4), "{}{}", held.out, held.err);
    let shown: Value = serde_json::from_str(&held.out).unwrap();
    let stalls = shown["rehearsal"]["stalls"].as_array().unwrap();
    let stall = stalls.iter().find(|stall| stall["stops"] == true).unwrap();
    assert_eq!((&stall["budget"], &stall["node"]), (&json!("default/pinned"), &json!(node)), "{stall}");
    assert!(stall["pod"].as_str().unwrap().starts_with("default/pinned-"), "{stall}");
    assert!(stall["advice"].is_string(), "{stall}");

    let unbind = |role: &str| {
        let mut kubectl = yard.lab.kubectl();
        assert!(kubectl.args(["delete", "clusterrolebinding", role]).status().unwrap().success());
    };
    unbind("replank-snapshot");
    yard.until("the role is gone", || !plan(&yard, "").out.contains("Rehearsed"));
    let blind = plan(&yard, "");
    assert!(blind.code.is_some_and(|code| code != 2) && blind.out.contains("3 to replace"), "{}", blind.out);
    for said in
        ["projected and not rehearsed", "list replicasets", "the role replank-snapshot does", "replank rbac"]
    {
        assert!(blind.err.contains(said), "{said}: {}", blind.err);
    }
    assert!(!blind.err.contains("list pods"), "the update's own rights list pods: {}", blind.err);

    let (events, _) = yard.lab.audit().since(mark).unwrap();
    let user = "system:serviceaccount:default:replank";
    let ours = events.iter().filter(|event| event.user() == user && event.complete());
    let writes = ours.filter(|event| !["get", "list", "watch"].contains(&event.verb()));
    let writes: Vec<String> =
        writes.map(Event::resource).filter(|kind| kind != "selfsubjectaccessreviews").collect();
    assert_eq!(writes, Vec::<String>::new(), "a plan only reads");
}

/// What force needs is asked for before anything is begun, and only with force.
#[test]
fn force_without_the_right_to_delete_pods_begins_nothing() {
    let yard = Yard::new("real-force");
    let mark = yard.lab.audit().mark().unwrap();
    let refused = plan(&yard, "--force --approve");
    assert_eq!(refused.code, Some(2), "{}{}", refused.out, refused.err);
    for said in
        ["does not let this user delete pods.", "kind: ClusterRole", "resources: [pods], verbs: [delete]"]
    {
        assert!(refused.err.contains(said), "{said}: {}", refused.err);
    }
    let (events, _) = yard.lab.audit().since(mark).unwrap();
    let begun: Vec<&str> = events.iter().filter(|event| changes(event)).map(Event::uri).collect();
    assert!(begun.iter().all(|uri| uri.contains("selfsubjectaccessreviews")), "{begun:?}");
    assert!(!plan(&yard, "").err.contains("unfinished"), "nothing is on record");

    let mut kubectl = yard.lab.kubectl();
    let bind = "create clusterrolebinding replank-force --clusterrole=replank-force --serviceaccount=default:replank";
    assert!(kubectl.args(bind.split_whitespace()).status().unwrap().success());
    yard.until("the role is known", || {
        let ran = plan(&yard, "--force --approve");
        assert!(ran.code == Some(0) || ran.err.contains("delete pods"), "{}{}", ran.out, ran.err);
        ran.code == Some(0)
    });
    assert!(yard.ours().is_disjoint(&yard.old));
}
