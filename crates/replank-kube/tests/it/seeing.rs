//! What is seen, how soon, and that nothing old is taken for new.

use std::time::Duration;

use replank_core::names::{InstanceId, ObjectName};
use replank_core::observed::{Evidence, Instance, Lifecycle, Observation, Readiness, Running};
use replank_engine::ports::Cluster;
use replank_lab::Part;
use serde_json::json;

use crate::bench::{Bench, shared};

#[test]
fn nodes_pods_and_budgets_are_seen_and_followed() {
    let bench = shared();
    let group = "seeing";
    let nodes = bench.nodes(group, 2);
    bench.deployment(group, 2, &json!({"minAvailable": 1}));
    let mut side = bench.side(group);
    let budget = ObjectName::new("default", group);
    let ready = |seen: &Observation| {
        let pods = nodes.iter().flat_map(|node| seen.pods.on_node(node));
        pods.filter(|pod| pod.readiness == Readiness::Ready && *pod.budgets == [budget.clone()]).count() == 2
    };
    let mut seen = bench.see(&mut side, "two ready pods under their budget", ready);
    let node = seen.members.node(&nodes[0]).unwrap().clone();
    assert!(
        node.ready_since.is_some()
            && node.labelled
            && !node.cordoned
            && node.instance.as_str().starts_with("i-0")
    );
    let allowed =
        |seen: &Observation| seen.pods.budget(&budget).map(|it| (it.allowed, it.desired, it.expected));
    assert_eq!(allowed(&seen), Some((1, 1, 2)));

    bench
        .lab
        .api()
        .merge(&format!("/api/v1/nodes/{}", nodes[0]), &json!({"spec": {"unschedulable": true}}))
        .unwrap();
    let scale = format!("/apis/apps/v1/namespaces/default/deployments/{group}");
    bench.lab.api().merge(&scale, &json!({"spec": {"replicas": 3}})).unwrap();
    bench.see_on(&mut side, &mut seen, "the cordon and the budget's new numbers", |seen| {
        seen.members.node(&nodes[0]).is_some_and(|node| node.cordoned) && allowed(seen) == Some((2, 1, 3))
    });

    let pods = bench.pods(group);
    let on_second = pods.iter().filter(|(_, _, node)| *node == nodes[1].as_str()).count();
    let fresh = bench.runtime.block_on(side.pods_on(&nodes[1])).unwrap();
    assert_eq!(fresh.len(), on_second);

    bench.lab.remove_node(nodes[0].as_str()).unwrap();
    bench.see_on(&mut side, &mut seen, "the node to be gone", |seen| seen.members.node(&nodes[0]).is_none());
    assert_eq!(seen.members.get(&InstanceId::new(node.instance.as_str())), None);
}

#[test]
fn a_budget_that_comes_late_is_seen_on_pods_that_were_there() {
    let bench = shared();
    let group = "late";
    let nodes = bench.nodes(group, 1);
    bench.deployment(group, 1, &json!(null));
    let mut side = bench.side(group);
    let on_node =
        |seen: &Observation| seen.pods.on_node(&nodes[0]).map(|pod| pod.budgets.len()).collect::<Vec<_>>();
    let mut seen = bench.see(&mut side, "the pod", |seen| on_node(seen) == [0]);
    bench.budget(group, group, &json!({"maxUnavailable": 0}));
    bench.see_on(&mut side, &mut seen, "its budget", |seen| on_node(seen) == [1]);
    let path = format!("/apis/policy/v1/namespaces/default/poddisruptionbudgets/{group}");
    bench.lab.api().delete(&path).unwrap();
    bench.see_on(&mut side, &mut seen, "the budget to be gone", |seen| on_node(seen) == [0]);
}

#[test]
fn a_server_that_is_gone_makes_what_is_known_doubtful_and_nothing_is_missed_when_it_is_back() {
    let bench = Bench::start();
    let group = "doubt";
    let nodes = bench.nodes(group, 2);
    let mut side = bench.side(group);
    let mut seen =
        bench.see(&mut side, "both nodes", |seen| nodes.iter().all(|it| seen.members.node(it).is_some()));
    bench.lab.kill(Part::ApiServer).unwrap();
    bench.wait("the mirror to doubt", || {
        bench.runtime.block_on(side.clone().observe(&mut seen.clone())).is_err()
    });
    let error = bench.runtime.block_on(side.observe(&mut seen)).unwrap_err().to_string();
    assert!(error.contains("cannot be watched for"), "{error}");
    assert!(seen.members.node(&nodes[0]).is_some(), "what was known stays");
    bench.lab.start_again(Part::ApiServer).unwrap();
    bench
        .lab
        .wait(Duration::from_mins(1), "the server", || Ok(bench.lab.remove_node(nodes[0].as_str()).is_ok()))
        .unwrap();
    bench.see_on(&mut side, &mut seen, "the node that went meanwhile", |seen| {
        seen.members.node(&nodes[0]).is_none() && seen.members.node(&nodes[1]).is_some()
    });
}

#[test]
fn an_autoscaler_is_seen_by_its_deployment_its_status_and_its_marks() {
    let bench = Bench::start();
    let group = "beside";
    let nodes = bench.nodes(group, 1);
    let seen = bench.see(&mut bench.side(group), "a cluster without one", |_| true);
    assert_eq!(seen.autoscalers, []);
    let labels = json!({"app": "scaler"});
    let image = "registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.1";
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "scaler", "namespace": "default"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels}, "spec": {"containers": [{"name": "scaler", "image": image}]},
        }},
    });
    bench.create("/apis/apps/v1/namespaces/default/deployments", &deployment);
    let written = json!({"cluster-autoscaler.kubernetes.io/last-updated": "2026-11-29 21:50:57.5 +0000 UTC"});
    let status = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "cluster-autoscaler-status", "namespace": "default", "annotations": written},
    });
    bench.create("/api/v1/namespaces/default/configmaps", &status);
    let mut side = bench.side(group);
    let mut seen = bench.see(&mut side, "its Deployment", |seen| !seen.autoscalers.is_empty());
    let found = |seen: &Observation| seen.autoscalers.first().cloned().unwrap();
    assert_eq!(found(&seen).deployment, Some(ObjectName::new("default", "scaler")));
    assert_eq!(found(&seen).running, Running::Pods { ready: 0, wanted: 0 });
    let at = "2026-11-29T21:50:57.5Z".parse().ok();
    assert_eq!(found(&seen).evidence, [Evidence::Status { written_at: at }]);
    let taint = json!([{"key": "ToBeDeletedByClusterAutoscaler", "value": "1", "effect": "NoSchedule"}]);
    let node = format!("/api/v1/nodes/{}", nodes[0]);
    bench.lab.api().merge(&node, &json!({"spec": {"taints": taint}})).unwrap();
    let tainted = Evidence::Taints { nodes: 1, node: nodes[0].clone() };
    bench.see_on(&mut side, &mut seen, "its mark", |seen| found(seen).evidence.contains(&tainted));
}

#[test]
fn who_deleted_a_node_is_told_as_far_as_events_tell() {
    let bench = shared();
    let group = "deleted";
    let nodes = bench.nodes(group, 2);
    let mut side = bench.side(group);
    let mut seen =
        bench.see(&mut side, "both", |seen| nodes.iter().all(|it| seen.members.node(it).is_some()));
    let instances: Vec<InstanceId> =
        nodes.iter().map(|it| seen.members.node(it).unwrap().instance.clone()).collect();
    for id in &instances {
        seen.members.put_instance(Instance {
            held: false,
            id: id.clone(),
            zone: "us-west-2a".into(),
            version: 1,
            lifecycle: Lifecycle::InService,
            launched_at: jiff::Timestamp::UNIX_EPOCH,
        });
    }
    let now = format!("{:.0}", jiff::Timestamp::now());
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "deleted.1", "namespace": "default"},
        "involvedObject": {"apiVersion": "v1", "kind": "Node", "name": nodes[0].as_str()},
        "type": "Normal", "reason": "DeletingNode", "message": "it does not exist in the cloud provider",
        "source": {"component": "cloud-node-lifecycle-controller"},
        "firstTimestamp": now, "lastTimestamp": now, "count": 1,
    });
    bench.create("/api/v1/namespaces/default/events", &event);
    nodes.iter().for_each(|node| bench.lab.remove_node(node.as_str()).unwrap());
    bench.see_on(&mut side, &mut seen, "both to be gone", |seen| {
        nodes.iter().all(|it| seen.members.node(it).is_none())
    });
    let by: Vec<_> = instances
        .iter()
        .map(|id| seen.members.get(id).unwrap().parted.clone().unwrap().by.map(|by| by.to_string()))
        .collect();
    assert_eq!(by, [Some("cloud-node-lifecycle-controller".to_owned()), None]);
}
