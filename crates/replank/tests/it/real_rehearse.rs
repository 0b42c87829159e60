//! `replank snapshot` and `replank rehearse` on a real control plane: read only, and the budget in the way is foreseen.

use serde_json::{Value, json};

use crate::tool::{Ran, command, ended};
use crate::yard::Yard;

fn replank(yard: &Yard, arguments: &str) -> Ran {
    ended(command(arguments).current_dir(yard.scratch.path()).output())
}

/// The group of the only scenario of a report.
fn group(ran: &Ran) -> Value {
    ran.json()[0]["scenarios"][0]["groups"][0].clone()
}

#[test]
fn a_real_cluster_is_rehearsed_and_only_read() {
    let yard = Yard::new("real-rehearse");
    let mark = yard.lab.audit().mark().unwrap();
    let reach = format!("--kubeconfig {} --context lab", yard.user.display());
    let taken = replank(&yard, &format!("snapshot {reach} -o lab.snap"));
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    let flags = "--nodegroup default --seeds 2 -o json";
    let from_file = replank(&yard, &format!("rehearse lab.snap {flags}"));
    let from_cluster = replank(&yard, &format!("rehearse {reach} {flags}"));
    for ran in [&from_file, &from_cluster] {
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        let group = group(ran);
        assert_eq!((&group["nodes"], &group["succeeded"]), (&json!(3), &json!(2)), "{group}");
    }
    let (events, _) = yard.lab.audit().since(mark).unwrap();
    let ours = events.iter().filter(|event| event.user() == "system:serviceaccount:default:replank");
    let ours: Vec<_> = ours.filter(|event| event.complete()).collect();
    assert!(ours.iter().any(|event| event.resource() == "pods"), "it reads");
    for event in ours {
        let kind = event.resource();
        let reads = event.verb() == "list" || event.uri().starts_with("/version");
        assert!(reads && kind != "secrets" && kind != "configmaps", "{} {}", event.verb(), event.uri());
        assert!(event.agent().starts_with("replank/"), "{}", event.agent());
    }

    let budget = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web";
    yard.lab.api().merge(budget, &json!({"spec": {"maxUnavailable": 0}})).unwrap();
    yard.until("the budget is worked out", || {
        yard.lab.api().get(budget).unwrap()["status"]["disruptionsAllowed"] == 0
    });
    let held = replank(&yard, &format!("rehearse {reach} {flags}"));
    assert_eq!(held.code, Some(4), "{}{}", held.out, held.err);
    assert!(held.out.contains("default/web"), "{}", held.out);
}
