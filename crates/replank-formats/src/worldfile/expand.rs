//! Expands workloads in short form to the objects they stand for.

use std::collections::BTreeMap;

use replank_core::version::Minor;
use serde_json::{Map, Value, json};

use super::spec::{Budget, Cluster, Over, Volume, Workload, WorkloadKind};
use crate::manifest::annotations;
use crate::words::Amount;

/// The label that selects a workload's pods.
pub(super) const NAME_LABEL: &str = "app.kubernetes.io/name";
/// Storage classes of short forms: zonal volumes, and volumes usable everywhere.
const CLASSES: [&str; 2] = ["gp3", "efs"];

/// The minor from which on `gp2` is not the default class.
const GP2_NO_DEFAULT: u32 = 30;

/// The objects of one workload.
pub(super) fn objects(load: &Workload) -> Vec<Value> {
    let labels = json!({ NAME_LABEL: load.name });
    let meta = |name: &str| json!({ "name": name, "namespace": load.namespace });
    let mut objects = Vec::new();
    if let Some(value) = load.priority {
        objects.push(json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": { "name": priority_class(load) }, "value": value,
        }));
    }
    if load.service {
        objects.push(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": meta(&load.name),
            "spec": { "selector": labels, "ports": [{ "port": 80 }] },
        }));
    }
    if let Some(limits) = &load.budget {
        objects.push(budget(&load.namespace, &load.name, limits, &labels));
    }
    let template = json!({ "metadata": pod_meta(load), "spec": pod_spec(load) });
    match load.kind {
        WorkloadKind::Pod => {
            for number in 0..load.replicas {
                let mut pod = template.clone();
                let name = if load.replicas == 1 { load.name.clone() } else { format!("{}-{number}", load.name) };
                pod["metadata"]["name"] = name.into();
                pod["metadata"]["namespace"] = load.namespace.clone().into();
                pod["apiVersion"] = "v1".into();
                pod["kind"] = "Pod".into();
                objects.push(pod);
            }
        }
        WorkloadKind::Job => objects.push(json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": meta(&load.name), "spec": job_spec(load, template),
        })),
        WorkloadKind::CronJob => objects.push(json!({
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta(&load.name),
            "spec": { "schedule": load.schedule, "jobTemplate": { "spec": job_spec(load, template) } },
        })),
        WorkloadKind::Deployment | WorkloadKind::ReplicaSet => objects.push(json!({
            "apiVersion": "apps/v1", "kind": format!("{:?}", load.kind), "metadata": meta(&load.name),
            "spec": { "replicas": load.replicas, "selector": { "matchLabels": labels }, "template": template },
        })),
        WorkloadKind::DaemonSet => objects.push(json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta(&load.name),
            "spec": { "selector": { "matchLabels": labels }, "template": template },
        })),
        WorkloadKind::StatefulSet => objects.push(json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta(&load.name),
            "spec": {
                "replicas": load.replicas, "serviceName": load.name,
                "podManagementPolicy": format!("{:?}", load.pod_management),
                "selector": { "matchLabels": labels }, "template": template,
                "volumeClaimTemplates": load.volume.iter().map(claim).collect::<Vec<_>>(),
            },
        })),
    }
    objects
}

/// The storage classes of a cluster: EKS's own and those that short forms use.
///
/// EKS creates `gp2`, which is not the default from 1.30 on (EKS user guide, release notes of 1.30); others are
/// created by users.
pub(super) fn storage_classes(cluster: &Cluster) -> Vec<Value> {
    let volumes = || cluster.workloads.iter().filter_map(|load| load.volume.as_ref());
    let class = |name: &str, provisioner: &str, binding: &str, parameters: Value| {
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": { "name": name },
            "provisioner": provisioner, "parameters": parameters, "volumeBindingMode": binding,
        })
    };
    let (first, at_once) = ("WaitForFirstConsumer", "Immediate");
    let mut gp2 = class("gp2", "kubernetes.io/aws-ebs", first, json!({ "fsType": "ext4", "type": "gp2" }));
    if Minor::parse(&cluster.version).is_some_and(|minor| minor < Minor(GP2_NO_DEFAULT)) {
        gp2["metadata"]["annotations"] = json!({ "storageclass.kubernetes.io/is-default-class": "true" });
    }
    let mut classes = vec![gp2];
    if volumes().any(|volume| volume.zone_bound) {
        classes.push(class(CLASSES[0], "ebs.csi.aws.com", first, json!({ "type": "gp3" })));
    }
    if volumes().any(|volume| !volume.zone_bound) {
        classes.push(class(CLASSES[1], "efs.csi.aws.com", at_once, json!({ "provisioningMode": "efs-ap" })));
    }
    classes
}

/// A `PodDisruptionBudget` as JSON.
pub(super) fn budget(namespace: &str, name: &str, limits: &Budget, labels: &Value) -> Value {
    let mut spec = json!({ "selector": { "matchLabels": labels } });
    let amount = |amount: Amount| match amount {
        Amount::Count(count) => json!(count),
        Amount::Percent(_) => json!(amount.to_string()),
    };
    if let Some(kept) = limits.min_available {
        spec["minAvailable"] = amount(kept);
    }
    if let Some(away) = limits.max_unavailable {
        spec["maxUnavailable"] = amount(away);
    }
    if let Some(policy) = limits.unhealthy_pod_eviction_policy {
        spec["unhealthyPodEvictionPolicy"] = format!("{policy:?}").into();
    }
    json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": { "name": name, "namespace": namespace }, "spec": spec,
    })
}

/// A budget added by a script, as a manifest.
pub fn budget_manifest(object: &str, selector: &BTreeMap<String, String>, limits: &Budget) -> Value {
    let (namespace, name) = object.split_once('/').unwrap_or(("default", object));
    budget(namespace, name, limits, &json!(selector))
}

pub(super) fn priority_class(load: &Workload) -> String {
    format!("{}-{}", load.namespace, load.name)
}

fn job_spec(load: &Workload, mut template: Value) -> Value {
    template["spec"]["restartPolicy"] = "Never".into();
    json!({ "completions": load.replicas, "parallelism": load.replicas, "template": template })
}

fn claim(volume: &Volume) -> Value {
    json!({
        "metadata": { "name": "data" },
        "spec": {
            "accessModes": [if volume.zone_bound { "ReadWriteOnce" } else { "ReadWriteMany" }],
            "storageClassName": CLASSES[usize::from(!volume.zone_bound)],
            "resources": { "requests": { "storage": volume.size } },
        },
    })
}

fn pod_meta(load: &Workload) -> Value {
    let mut labels: Map<String, Value> =
        load.labels.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
    labels.insert(NAME_LABEL.to_owned(), load.name.clone().into());
    let delays = [
        (annotations::READY, load.ready),
        (annotations::TERMINATE, load.terminate),
        (annotations::RUNS, load.runs),
    ];
    let delays =
        delays.into_iter().filter_map(|(key, delay)| Some((key.to_owned(), delay?.to_string().into())));
    let given = load.annotations.iter().map(|(key, value)| (key.clone(), value.clone().into()));
    let annotations: Map<String, Value> = given.chain(delays).collect();
    let mut meta = json!({ "labels": labels, "annotations": annotations });
    if let Some(finalizer) = &load.finalizer {
        meta["finalizers"] = json!([finalizer]);
    }
    meta
}

fn pod_spec(load: &Workload) -> Value {
    let selector = json!({ "matchLabels": { NAME_LABEL: load.name } });
    let mut container = json!({
        "name": "main", "image": load.image, "resources": { "requests": { "cpu": load.cpu, "memory": load.memory } },
    });
    if let Some(port) = load.host_port {
        container["ports"] = json!([{ "containerPort": port, "hostPort": port }]);
    }
    if !matches!(load.kind, WorkloadKind::Job | WorkloadKind::CronJob) {
        container["readinessProbe"] = json!({ "tcpSocket": { "port": 80 } });
    }
    let mut spec = json!({
        "terminationGracePeriodSeconds": load.grace.0.as_secs(),
        "nodeSelector": load.node_selector,
    });
    if load.volume.is_some() {
        container["volumeMounts"] = json!([{ "name": "data", "mountPath": "/data" }]);
    }
    if load.empty_dir {
        spec["volumes"] = json!([{ "name": "scratch", "emptyDir": {} }]);
    }
    if let Some(spread) = &load.spread {
        spec["topologySpreadConstraints"] = json!([{
            "maxSkew": spread.max_skew, "topologyKey": spread.over.label(),
            "whenUnsatisfiable": format!("{:?}", spread.unsatisfiable), "labelSelector": selector,
        }]);
    }
    if let Some(apart) = &load.anti_affinity {
        spec["affinity"] = json!({ "podAntiAffinity": anti_affinity(apart.over, apart.required, &selector) });
    }
    let class = load.priority_class.clone().or_else(|| load.priority.map(|_| priority_class(load)));
    if let Some(class) = class {
        spec["priorityClassName"] = class.into();
    }
    spec["tolerations"] = load.tolerations.iter().map(toleration).collect();
    spec["containers"] = json!([container]);
    spec
}

fn anti_affinity(over: Over, required: bool, selector: &Value) -> Value {
    let term = json!({ "topologyKey": over.label(), "labelSelector": selector });
    if required {
        json!({ "requiredDuringSchedulingIgnoredDuringExecution": [term] })
    } else {
        json!({ "preferredDuringSchedulingIgnoredDuringExecution": [{ "weight": 100, "podAffinityTerm": term }] })
    }
}

fn toleration(given: &super::spec::Toleration) -> Value {
    let mut toleration = json!({ "operator": given.operator });
    let texts = [
        ("key", given.key.clone()),
        ("value", given.value.clone()),
        ("effect", given.effect.map(|effect| format!("{effect:?}"))),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            toleration[name] = text.into();
        }
    }
    if let Some(seconds) = given.seconds {
        toleration["tolerationSeconds"] = seconds.into();
    }
    toleration
}
