//! What EKS ships of CoreDNS, and what it shipped before, as far as it ever changed or owners change it (EKS: managing
//! CoreDNS; the manifests of clusters from 1.18 to 1.36).

use serde_json::{Value, json};

/// A time in which EKS shipped one manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Era {
    /// CoreDNS 1.6 to 1.8.3, which reads Endpoints.
    Endpoints,
    /// Up to Kubernetes 1.24.
    Delayed,
    /// Up to 1.28.
    Master,
    /// Up to 1.30.
    ControlPlane,
    /// From 1.31 on.
    Spread,
}

const ERAS: [Era; 5] = [Era::Endpoints, Era::Delayed, Era::Master, Era::ControlPlane, Era::Spread];

/// EKS's own of an object: each of earlier times, and that of now.
pub(crate) struct Shipped {
    pub(crate) history: Vec<Value>,
    pub(crate) now: Value,
}

fn shipped(of: fn(Era) -> Value) -> Shipped {
    Shipped { history: ERAS.into_iter().map(of).collect(), now: of(Era::Spread) }
}

/// Deployment coredns.
pub(crate) fn deployment() -> Shipped {
    shipped(|era| {
        let mut template = json!({ "spec": pod(era) });
        if era < Era::ControlPlane {
            template["metadata"] = json!({"annotations": {"eks.amazonaws.com/compute-type": "ec2"}});
        }
        json!({"spec": {
            "replicas": 2,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
            "template": template,
        }})
    })
}

fn pod(era: Era) -> Value {
    let control_plane = match era {
        Era::Endpoints | Era::Delayed | Era::Master => "node-role.kubernetes.io/master",
        Era::ControlPlane | Era::Spread => "node-role.kubernetes.io/control-plane",
    };
    let mut pod = json!({
        "containers": [container(era)],
        "tolerations": [
            {"effect": "NoSchedule", "key": control_plane},
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
        ],
    });
    if era < Era::ControlPlane {
        pod["volumes"] = json!([{"name": "tmp", "emptyDir": {}}]);
    } else {
        pod["volumes"] = json!([]);
    }
    if era >= Era::Spread {
        pod["topologySpreadConstraints"] = json!([{
            "labelSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
        }]);
    }
    pod
}

fn container(era: Era) -> Value {
    let dropped = if era < Era::ControlPlane { "all" } else { "ALL" };
    let mounts =
        if era < Era::ControlPlane { json!([{"mountPath": "/tmp", "name": "tmp"}]) } else { json!([]) };
    let mut readiness = json!({"failureThreshold": 3, "periodSeconds": 10, "timeoutSeconds": 1});
    if era == Era::Delayed {
        readiness["initialDelaySeconds"] = json!(30);
    }
    json!({
        "name": "coredns",
        "readinessProbe": readiness,
        "resources": {"limits": {"memory": "170Mi"}, "requests": {"cpu": "100m", "memory": "70Mi"}},
        "securityContext": {"capabilities": {"drop": [dropped]}},
        "volumeMounts": mounts,
    })
}

/// Service kube-dns.
pub(crate) fn service() -> Shipped {
    shipped(|era| {
        let mut ports = vec![json!({"name": "dns", "port": 53}), json!({"name": "dns-tcp", "port": 53})];
        if era >= Era::ControlPlane {
            ports.push(json!({"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153}));
        }
        json!({"spec": {"ports": ports}})
    })
}

/// `ClusterRole` system:coredns.
pub(crate) fn role() -> Shipped {
    shipped(|era| {
        let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
        let mut rules = vec![
            rule("", &["endpoints", "services", "pods", "namespaces"], &["list", "watch"]),
            rule("", &["nodes"], &["get"]),
        ];
        if era > Era::Endpoints {
            rules.push(rule("discovery.k8s.io", &["endpointslices"], &["list", "watch"]));
        }
        json!({"rules": rules})
    })
}
