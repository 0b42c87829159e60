//! The objects of the operator: account, roles, replicas, and what protects them.

use anyhow::Result;
use replank_operator::approval;
use serde_json::{Value, json};

use super::filling::Filling;
use super::roles::{self, Rules};

/// Name of all objects.
const NAME: &str = "replank-operator";
/// Port of probes and metrics.
const PORT: u16 = 8383;
/// Namespace of the Leases.
const LEASES: &str = "kube-system";
const RBAC: &str = "rbac.authorization.k8s.io";

/// The namespace, where none is there yet.
pub(super) fn namespace(filling: &Filling) -> Value {
    let enforced = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": filling.namespace, "labels": enforced}})
}

/// Every object in it, in the order in which they are applied.
pub(super) fn all(filling: &Filling) -> Result<Vec<Value>> {
    let Rules { look, act } = roles::cluster()?;
    let named = |what: &str| format!("{NAME}-{what}");
    let mut objects = vec![json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": in_place(filling),
    })];
    for (name, rules) in [(named("look"), look), (named("act"), act), (named("review"), roles::reviews())] {
        objects.push(role("ClusterRole", &json!({"name": name, "labels": labels()}), &rules));
        objects.push(binding("ClusterRoleBinding", "ClusterRole", &name, None, filling));
    }
    // Bound by whoever chooses the approvers.
    let approve = json!({"name": named("approve"), "labels": labels()});
    objects.push(role("ClusterRole", &approve, &roles::approves()));
    objects.extend(approval::admission().map(labelled));
    objects.push(role("Role", &in_place(filling), &roles::reports()));
    objects.push(binding("RoleBinding", "Role", NAME, Some(&filling.namespace), filling));
    let place = json!({"name": NAME, "namespace": LEASES, "labels": labels()});
    objects.push(role("Role", &place, &roles::leases()?));
    objects.push(binding("RoleBinding", "Role", NAME, Some(&LEASES.into()), filling));
    objects.extend([deployment(filling), service(filling), budget(filling), network(filling)]);
    Ok(objects)
}

fn labels() -> Value {
    json!({"app.kubernetes.io/name": NAME})
}

fn labelled(mut object: Value) -> Value {
    object["metadata"]["labels"] = labels();
    object
}

fn in_place(filling: &Filling) -> Value {
    json!({"name": NAME, "namespace": filling.namespace, "labels": labels()})
}

fn role(kind: &str, metadata: &Value, rules: &[Value]) -> Value {
    json!({"apiVersion": format!("{RBAC}/v1"), "kind": kind, "metadata": metadata, "rules": rules})
}

fn binding(kind: &str, of: &str, name: &str, namespace: Option<&Value>, filling: &Filling) -> Value {
    let mut metadata = json!({"name": name, "labels": labels()});
    if let Some(namespace) = namespace {
        metadata["namespace"] = namespace.clone();
    }
    json!({
        "apiVersion": format!("{RBAC}/v1"),
        "kind": kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": of, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": filling.namespace}],
    })
}

fn deployment(filling: &Filling) -> Value {
    let apart = json!({
        "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{
            "weight": 100,
            "podAffinityTerm": {"labelSelector": {"matchLabels": labels()}, "topologyKey": "kubernetes.io/hostname"},
        }]},
    });
    let spread = json!([{
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels()},
    }]);
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": in_place(filling),
        "spec": {
            "replicas": filling.replicas,
            "selector": {"matchLabels": labels()},
            "template": {
                "metadata": {"labels": labels()},
                "spec": {
                    "serviceAccountName": NAME,
                    "priorityClassName": filling.priority_class,
                    "nodeSelector": filling.node_selector,
                    "tolerations": filling.tolerations,
                    "affinity": apart,
                    "topologySpreadConstraints": spread,
                    // Long enough to end a turn and to give the Lease back.
                    "terminationGracePeriodSeconds": 30,
                    "securityContext": {
                        "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [container(filling)],
                    "volumes": filling.volumes,
                },
            },
        },
    })
}

fn container(filling: &Filling) -> Value {
    let probe = |path: &str, every: u32, failures: u32| json!({"httpGet": {"path": path, "port": "probes"}, "periodSeconds": every, "failureThreshold": failures});
    json!({
        "name": "operator",
        "image": filling.image,
        "imagePullPolicy": filling.pull_policy,
        "args": filling.args,
        "env": [
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        ],
        "ports": [{"name": "probes", "containerPort": PORT}],
        "livenessProbe": probe("/healthz", 20, 3),
        "readinessProbe": probe("/readyz", 5, 2),
        "resources": filling.resources,
        "securityContext": {
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "data", "mountPath": "/data"},
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "notify", "mountPath": "/notify", "readOnly": true},
        ],
    })
}

fn service(filling: &Filling) -> Value {
    let mut metadata = in_place(filling);
    metadata["annotations"] = json!({"prometheus.io/scrape": "true", "prometheus.io/port": PORT.to_string()});
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": labels(), "ports": [{"name": "metrics", "port": PORT, "targetPort": "probes"}]},
    })
}

/// One replica at a time may be evicted. With one replica alone that lets a drain of its node go on, too.
fn budget(filling: &Filling) -> Value {
    json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": in_place(filling),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels()}, "unhealthyPodEvictionPolicy": "AlwaysAllow"},
    })
}

/// In come probes and scrapes; out go requests to the API server and to the name service, notices, and traces to a
/// collector (OTLP: 4318).
fn network(filling: &Filling) -> Value {
    let port = |protocol: &str, port: u16| json!({"protocol": protocol, "port": port});
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": in_place(filling),
        "spec": {
            "podSelector": {"matchLabels": labels()},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": [port("TCP", PORT)]}],
            "egress": [{"ports": [port("TCP", 443), port("TCP", 6443), port("TCP", 4318), port("TCP", 53), port("UDP", 53)]}],
        },
    })
}
