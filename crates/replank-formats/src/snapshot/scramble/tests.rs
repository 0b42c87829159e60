//! What is scrambled, what stays, and that relations hold.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::scramble;
use crate::snapshot::Snapshot;

fn scrambled(objects: &[Value]) -> Vec<Value> {
    let snapshot = Snapshot {
        taken_at: Timestamp::UNIX_EPOCH,
        server: "v1.34.4".into(),
        replank: "0.1.0".into(),
        cluster: Some("prod".into()),
        anonymized: false,
        objects: objects.to_vec(),
    };
    let out = scramble(snapshot, 7);
    assert!(out.anonymized && out.cluster.as_deref() == Some("cluster"));
    out.objects
}

#[test]
fn relations_hold_and_names_are_gone() {
    let objects = scrambled(&[
        json!({"kind": "Node", "metadata": {"name": "ip-10-1-2-3.ec2.internal", "labels": {
            "kubernetes.io/hostname": "ip-10-1-2-3.ec2.internal", "topology.kubernetes.io/zone": "us-west-2a",
            "node.kubernetes.io/instance-type": "m5.large", "eks.amazonaws.com/nodegroup": "acme-main",
            "acme.com/team": "rockets"}}, "spec": {"providerID": "aws:///us-west-2a/i-0abc"}}),
        json!({"kind": "StatefulSet", "metadata": {"name": "acme-db", "namespace": "secret"},
            "spec": {"selector": {"matchLabels": {"app": "acme-db"}}}}),
        json!({"kind": "Pod", "metadata": {"name": "acme-db-0", "namespace": "secret", "labels": {"app": "acme-db"}},
            "spec": {"nodeName": "ip-10-1-2-3.ec2.internal", "nodeSelector": {"acme.com/team": "rockets"},
                "tolerations": [{"key": "acme.com/only", "operator": "Equal", "value": "rockets"}],
                "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{
                    "topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchExpressions": [
                        {"key": "app", "operator": "In", "values": ["acme-db"]}]}}]}},
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-acme-db-0"}}],
                "containers": [{"name": "c", "image": "registry.acme.com/db:1"}]}}),
        json!({"kind": "Namespace", "metadata": {"name": "secret"}}),
        json!({"kind": "Pod", "metadata": {"name": "kube-proxy-ip-10-1-2-3.ec2.internal", "namespace": "kube-system"}}),
    ]);
    let text = Value::from(objects.clone()).to_string();
    for name in ["acme", "secret", "rockets", "10-1-2-3", "registry", "0abc", "ip-"] {
        assert!(!text.contains(name), "{name} is in {text}");
    }
    let [node, set, pod, namespace, mirror] = &objects[..] else { panic!("five objects") };
    let labels = &node["metadata"]["labels"];
    assert_eq!(labels["topology.kubernetes.io/zone"], "us-west-2a");
    assert_eq!(labels["node.kubernetes.io/instance-type"], "m5.large");
    assert_eq!(labels["kubernetes.io/hostname"], node["metadata"]["name"]);
    assert_eq!(pod["spec"]["nodeName"], node["metadata"]["name"]);
    let own = pod["spec"]["nodeSelector"].as_object().unwrap().keys().next().unwrap();
    assert_eq!(pod["spec"]["nodeSelector"][own], labels[own]);
    assert!(
        own.ends_with("/team") && pod["spec"]["tolerations"][0]["key"].as_str().unwrap().ends_with("/only")
    );
    let name = set["metadata"]["name"].as_str().unwrap();
    assert_eq!(pod["metadata"]["name"], format!("{name}-0"));
    assert_eq!(set["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"]);
    let terms =
        &pod["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
    assert_eq!(terms["topologyKey"], "kubernetes.io/hostname");
    assert_eq!(terms["labelSelector"]["matchExpressions"][0]["values"][0], pod["metadata"]["labels"]["app"]);
    let claim = pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"].as_str().unwrap();
    assert!(claim.ends_with(&format!("-{name}-0")), "{claim}");
    assert_eq!(namespace["metadata"]["name"], pod["metadata"]["namespace"]);
    assert_eq!(mirror["metadata"]["namespace"], "kube-system");
    assert_eq!(mirror["metadata"]["name"], "kube-proxy-node-1");
}

#[test]
fn different_words_stay_different() {
    let names =
        ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"];
    let pods: Vec<Value> =
        names.iter().map(|name| json!({"kind": "Pod", "metadata": {"name": name}})).collect();
    let out = scrambled(&pods);
    let all: std::collections::BTreeSet<&str> =
        out.iter().filter_map(|pod| pod["metadata"]["name"].as_str()).collect();
    assert_eq!(all.len(), names.len());
}

#[test]
fn what_runs_the_autoscaler_is_still_told() {
    let objects = scrambled(&[
        json!({"kind": "Deployment", "metadata": {"name": "acme-cluster-autoscaler", "namespace": "kube-system"}}),
        json!({"kind": "Pod", "metadata": {"name": "acme-cluster-autoscaler-7f9c-abcde", "namespace": "kube-system"}}),
    ]);
    let names: Vec<&str> = objects.iter().filter_map(|object| object["metadata"]["name"].as_str()).collect();
    assert!(
        names.iter().all(|name| name.contains("-cluster-autoscaler") && !name.contains("acme")),
        "{names:?}"
    );
    assert!(names[1].starts_with(names[0]), "{names:?}");
}
