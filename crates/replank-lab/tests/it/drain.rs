//! A lab with nodes runs an application, and a drain with its own kubectl keeps to the budgets.

use super::{PATIENCE, PODS, ZONES, deployment, pod_ready, until};
use replank_lab::{Lab, Node, Settings};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SHOP: &str = "/apis/apps/v1/namespaces/default/deployments/shop";

#[test]
fn a_drain_in_three_zones_keeps_to_the_budget() {
    let lab = Lab::start(&Settings::default()).unwrap();
    let names = lab.add_nodes(&Node::spread("workers", &ZONES, 6)).unwrap();
    lab.wait_for_ready_nodes(6).unwrap();
    let nodes = lab.api().get("/api/v1/nodes").unwrap();
    let zone =
        |node: &Value| node["metadata"]["labels"]["topology.kubernetes.io/zone"].as_str().map(str::to_owned);
    let zones: BTreeSet<_> = nodes["items"].as_array().unwrap().iter().filter_map(zone).collect();
    assert_eq!(zones.into_iter().collect::<Vec<_>>(), ZONES);
    assert_eq!(lab.api().get("/version").unwrap()["gitVersion"], "v1.34.4");

    // Every pod on one node, two of three healthy wanted: so they go one after the other.
    let others = &names[1..];
    others.iter().for_each(|name| cordon(&lab, name, true));
    lab.api().apply(SHOP, &deployment("shop", 3, &json!({"lab.replank.dev/ready-seconds": "1.5"}))).unwrap();
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "shop"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "shop"}}}});
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    lab.api().create(budgets, &budget).unwrap();
    until(&lab, SHOP, "the deployment", |shop| shop["status"]["readyReplicas"] == 3);
    until(&lab, &format!("{budgets}/shop"), "the budget", |it| it["status"]["disruptionsAllowed"] == 1);
    others.iter().for_each(|name| cordon(&lab, name, false));

    let before = lab.audit().mark().unwrap();
    let drained = lab.kubectl().args(["drain", &names[0]]).output().unwrap();
    assert!(drained.status.success(), "{}", String::from_utf8_lossy(&drained.stderr));
    let (events, _) = lab.audit().since(before).unwrap();
    let evictions: Vec<u16> =
        events.iter().filter(|it| it.resource() == "pods/eviction").map(replank_lab::Event::status).collect();
    assert_eq!(evictions.iter().filter(|status| **status == 201).count(), 3, "{evictions:?}");
    assert!(evictions.contains(&429), "three pods under this budget cannot go at once: {evictions:?}");
    // The pods go by eviction alone; what deletes them in the end plays the kubelets.
    let deleted = events.iter().filter(|it| (it.verb(), it.resource().as_str()) == ("delete", "pods"));
    assert_eq!(
        deleted.map(|it| it.user().to_owned()).collect::<BTreeSet<_>>(),
        ["lab-kubelets".to_owned()].into()
    );
    lab.wait(PATIENCE, "three pods elsewhere", || {
        let pods = lab.api().get(PODS)?;
        let elsewhere = |pod: &&Value| pod_ready(pod) && pod["spec"]["nodeName"] != names[0].as_str();
        Ok(pods["items"].as_array().unwrap().iter().filter(elsewhere).count() == 3)
    })
    .unwrap();
}

fn cordon(lab: &Lab, node: &str, on: bool) {
    let patch = json!({"spec": {"unschedulable": on}});
    lab.api().merge(&format!("/api/v1/nodes/{node}"), &patch).unwrap();
}
