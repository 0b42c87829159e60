//! The cluster that is measured: Deployments, each under a budget of its own, on nodes with room.

use std::time::Duration;

use anyhow::Result;
use replank_lab::{Lab, Node};
use serde_json::{Value, json};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const BUDGETS: &str = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];

/// Adds Ready nodes to a group.
pub(crate) fn nodes(lab: &Lab, group: &str, count: usize, already: usize) -> Result<Vec<String>> {
    let nodes = Node::spread(group, &ZONES, count).into_iter();
    let nodes: Vec<Node> =
        nodes.map(|node| Node { instance_type: "m6i.4xlarge".to_owned(), ..node }).collect();
    let names = lab.add_nodes(&nodes)?;
    lab.wait_for_ready_nodes(already + count)?;
    Ok(names)
}

/// Makes Deployments with budgets that let so many pods be away, and waits until all is counted.
pub(crate) fn shop(lab: &Lab, deployments: usize, replicas: usize, away: &Value) -> Result<()> {
    let names: Vec<String> = (0..deployments).map(|number| format!("web-{number}")).collect();
    let budgets: Vec<Value> = names.iter().map(|name| budget(name, away)).collect();
    lab.api().create_all(BUDGETS, &budgets.iter().collect::<Vec<_>>())?;
    let all: Vec<Value> = names.iter().map(|name| deployment(name, replicas)).collect();
    lab.api().create_all(DEPLOYMENTS, &all.iter().collect::<Vec<_>>())?;
    lab.wait(Duration::from_mins(5), "every pod to be counted", || {
        let list = lab.api().get(BUDGETS)?;
        let healthy = |budget: &Value| budget["status"]["currentHealthy"] == replicas;
        Ok(list["items"].as_array().is_some_and(|all| all.iter().all(healthy)))
    })
}

fn deployment(name: &str, replicas: usize) -> Value {
    let labels = json!({"app": name});
    // Evenly, so that every node has as many to move.
    let spread = json!([{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels}}]);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"terminationGracePeriodSeconds": 5, "topologySpreadConstraints": spread, "containers": [
                {"name": "main", "image": "web:1", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}},
            ]},
        }},
    })
}

fn budget(name: &str, away: &Value) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name},
        "spec": {"maxUnavailable": away, "selector": {"matchLabels": {"app": name}}}})
}
