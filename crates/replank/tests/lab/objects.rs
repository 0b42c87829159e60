//! Kubernetes objects in short form, each with the collection it is made in.

use serde_json::{Value, json};

/// An object and where it is made.
pub(crate) type Made = (String, Value);

const SPACE: &str = "namespaces/default";

fn labels(name: &str) -> Value {
    json!({"app": name})
}

/// The template of a pod that asks for so many thousandths of a processor, with more in its `spec`.
pub(crate) fn template(name: &str, milli: u32, more: &Value) -> Value {
    let mut spec = json!({
        "terminationGracePeriodSeconds": 30,
        "containers": [{"name": "main", "image": format!("{name}:1"),
            "resources": {"requests": {"cpu": format!("{milli}m"), "memory": "64Mi"}}}],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({"metadata": {"labels": labels(name), "annotations": {}}, "spec": spec})
}

/// The same, with an annotation.
pub(crate) fn annotated(mut template: Value, key: &str, value: &str) -> Value {
    template["metadata"]["annotations"][key] = value.into();
    template
}

fn apps(kind: &str, name: &str, mut spec: Value, template: Value) -> Made {
    spec["selector"] = json!({"matchLabels": labels(name)});
    spec["template"] = template;
    let object = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec});
    (format!("/apis/apps/v1/{SPACE}/{}s", kind.to_lowercase()), object)
}

pub(crate) fn deployment(name: &str, replicas: u32, template: Value) -> Made {
    apps("Deployment", name, json!({"replicas": replicas}), template)
}

/// A Job of so many pods at once, which run for longer than any test.
pub(crate) fn job(name: &str, pods: u32, mut template: Value) -> Made {
    template["spec"]["restartPolicy"] = "Never".into();
    let spec = json!({"parallelism": pods, "completions": pods, "template": template});
    let object = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec});
    (format!("/apis/batch/v1/{SPACE}/jobs"), object)
}

pub(crate) fn daemon_set(name: &str, template: Value) -> Made {
    apps("DaemonSet", name, json!({}), template)
}

/// A StatefulSet whose members claim a volume each from class `zonal`.
pub(crate) fn stateful_set(name: &str, replicas: u32, template: Value) -> Made {
    let claim = json!({"metadata": {"name": "data"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "zonal",
        "resources": {"requests": {"storage": "1Gi"}},
    }});
    let spec = json!({"replicas": replicas, "serviceName": name, "volumeClaimTemplates": [claim]});
    apps("StatefulSet", name, spec, template)
}

/// A budget over the pods of a workload: `("minAvailable", 1)`.
pub(crate) fn budget(name: &str, of: &str, (rule, amount): (&str, Value)) -> Made {
    let object = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name},
        "spec": {rule: amount, "selector": {"matchLabels": labels(of)}}});
    (format!("/apis/policy/v1/{SPACE}/poddisruptionbudgets"), object)
}

/// A pod that nobody brings back.
pub(crate) fn bare(name: &str, milli: u32) -> Made {
    let template = template(name, milli, &json!({}));
    let object = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": labels(name)}, "spec": template["spec"]});
    (format!("/api/v1/{SPACE}/pods"), object)
}

/// A class for volumes that are there already.
pub(crate) fn class() -> Made {
    let object = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "zonal"},
        "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"});
    ("/apis/storage.k8s.io/v1/storageclasses".to_owned(), object)
}

/// A volume that only nodes of one zone reach.
pub(crate) fn volume(name: &str, zone: &str) -> Made {
    let there = json!({"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]});
    let object = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "zonal",
        "persistentVolumeReclaimPolicy": "Retain", "local": {"path": "/data"},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [there]}]}},
    }});
    ("/api/v1/persistentvolumes".to_owned(), object)
}

/// A class of importance.
pub(crate) fn priority(name: &str, value: i32) -> Made {
    let object = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
        "value": value});
    ("/apis/scheduling.k8s.io/v1/priorityclasses".to_owned(), object)
}

/// Affinity that keeps pods of a workload off each other's zones or hosts.
pub(crate) fn apart(name: &str, over: &str) -> Value {
    json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": over, "labelSelector": {"matchLabels": labels(name)}},
    ]}}})
}

/// A hard spread over zones or hosts.
pub(crate) fn spread(name: &str, over: &str) -> Value {
    json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": over, "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": labels(name)}}]})
}

/// A toleration of everything.
pub(crate) fn tolerant() -> Value {
    json!({"tolerations": [{"operator": "Exists"}]})
}
