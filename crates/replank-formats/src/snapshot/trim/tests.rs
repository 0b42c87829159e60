//! What an application keeps to itself is never kept, what decides always is.

use serde_json::json;

use super::trim;
use crate::snapshot::KINDS;

#[test]
fn secrets_never_come_along() {
    let pod = trim(&json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "managedFields": [{"manager": "secret"}], "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "secret", "acme.com/note": "secret",
            "kubernetes.io/config.mirror": "abc", "replank.dev/hold": "secret talk"}},
        "spec": {
            "nodeName": "n1", "serviceAccountName": "secret",
            "volumes": [
                {"name": "token", "projected": {"sources": ["secret"]}}, {"name": "conf", "configMap": {"name": "secret"}},
                {"name": "scratch", "emptyDir": {}}, {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
            "containers": [{
                "name": "web", "image": "nginx", "command": ["secret"], "args": ["secret"],
                "env": [{"name": "PASSWORD", "value": "secret"}], "envFrom": [{"secretRef": {"name": "secret"}}],
                "resources": {"requests": {"cpu": "100m"}}, "volumeMounts": [{"name": "scratch", "mountPath": "/secret"}],
                "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "curl secret; sleep 15"]}}},
                "readinessProbe": {"httpGet": {"path": "/secret"}, "periodSeconds": 5}}],
        },
        "status": {"phase": "Running", "podIP": "10.0.0.1", "message": "secret"},
    }))
    .unwrap();
    let text = pod.to_string();
    assert!(!text.contains("secret") && !text.contains("10.0.0.1"), "{text}");
    assert_eq!(pod["spec"]["volumes"].as_array().unwrap().len(), 2);
    assert_eq!(pod["spec"]["volumes"][0]["emptyDir"], json!({}));
    let container = &pod["spec"]["containers"][0];
    assert_eq!(container["lifecycle"]["preStop"], json!({"sleep": {"seconds": 15}}));
    assert_eq!(container["resources"]["requests"]["cpu"], "100m");
    assert_eq!(container["readinessProbe"], json!({"periodSeconds": 5}));
    let annotations = &pod["metadata"]["annotations"];
    assert_eq!(annotations, &json!({"kubernetes.io/config.mirror": "abc", "replank.dev/hold": ""}));
    for kind in ["Secret", "ConfigMap", "ServiceAccount", "Event"] {
        assert_eq!(trim(&json!({"apiVersion": "v1", "kind": kind, "data": {"a": "secret"}})), None, "{kind}");
    }
}

#[test]
fn every_kind_is_listed_at_its_path() {
    let paths: Vec<String> = KINDS.iter().map(super::Kind::path).collect();
    assert!(
        paths.contains(&"/api/v1/pods".to_owned()) && paths.contains(&"/apis/apps/v1/deployments".to_owned())
    );
    assert!(paths.iter().all(|path| !path.contains("secret") && !path.contains("configmap")), "{paths:?}");
}

#[test]
fn what_a_cluster_autoscaler_goes_by_comes_along() {
    let given = json!({
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "cluster-autoscaler.kubernetes.io/scale-down-disabled": "true",
        "cluster-autoscaler.kubernetes.io/something-else": "secret",
    });
    for kind in ["Pod", "Node"] {
        let object =
            json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a", "annotations": given}});
        let kept = trim(&object).unwrap();
        assert_eq!(kept["metadata"]["annotations"].as_object().unwrap().len(), 2, "{kept}");
    }
}
