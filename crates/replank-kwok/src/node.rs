//! A node of the embedded world as its kubelet would register it with a real cluster.

use serde_json::{Value, json};

/// Annotation of nodes that kwok manages (kwok: `manageNodesWithAnnotationSelector`).
const KWOK: (&str, &str) = ("kwok.x-k8s.io/node", "fake");
/// Prefix of the keys of taints that controllers set and kubelets do not.
const OF_CONTROLLERS: &str = "node.kubernetes.io/";

/// The object to create, from the node of the embedded world: without fields that the API server sets, not Ready yet.
pub(crate) fn registered(shown: &Value) -> Value {
    let meta = &shown["metadata"];
    let mut annotations = meta["annotations"].clone();
    if !annotations.is_object() {
        annotations = json!({});
    }
    annotations[KWOK.0] = KWOK.1.into();
    let taints: Vec<&Value> = shown["spec"]["taints"].as_array().map_or(Vec::new(), |taints| {
        let own = |taint: &&Value| !taint["key"].as_str().unwrap_or_default().starts_with(OF_CONTROLLERS);
        taints.iter().filter(own).collect()
    });
    let status = &shown["status"];
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": meta["name"], "labels": meta["labels"], "annotations": annotations},
        "spec": {"providerID": shown["spec"]["providerID"], "taints": taints},
        "status": {
            "addresses": status["addresses"],
            "allocatable": status["allocatable"],
            "capacity": status["capacity"],
            "nodeInfo": status["nodeInfo"],
            // As a kubelet does: without it the node would get pods before it is up.
            "conditions": [{
                "type": "Ready", "status": "False", "reason": "KubeletNotReady",
                "message": "container runtime network not ready",
            }],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_and_controllers_add_is_not_registered() {
        let shown = json!({
            "metadata": {"name": "n", "uid": "u", "resourceVersion": "1", "labels": {"a": "b"}},
            "spec": {"providerID": "aws:///z/i-1", "unschedulable": true, "taints": [
                {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}, {"key": "gpu", "effect": "NoSchedule"},
            ]},
            "status": {"capacity": {"cpu": "2"}, "conditions": [{"type": "Ready", "status": "True"}]},
        });
        let node = registered(&shown);
        assert_eq!(
            node["metadata"],
            json!({
                "name": "n", "labels": {"a": "b"}, "annotations": {"kwok.x-k8s.io/node": "fake"},
            })
        );
        assert_eq!(
            node["spec"],
            json!({
                "providerID": "aws:///z/i-1", "taints": [{"key": "gpu", "effect": "NoSchedule"}],
            })
        );
        assert_eq!(node["status"]["conditions"][0]["status"], "False");
    }
}
