//! Nodes, and the leases and storage drivers derived from them.

use replank_world::cloud::instance_type::{InstanceType, STORAGE_BYTES, storage_allocatable};
use replank_world::object::{Node, NodeReady};
use replank_world::vocab::quantity::Resources;
use serde_json::{Map, Value, json};

use super::meta::{derived, hash, meta};
use super::selector::{bytes, cpu};
use super::{View, fields, whole};

/// Namespace of the leases of nodes.
pub(super) const LEASES: &str = "kube-node-lease";

pub(super) fn node(view: View<'_>, node: &Node) -> Value {
    let mut spec = json!({"providerID": format!("aws:///{}/{}", node.zone, node.instance)});
    if !node.taints.is_empty() {
        let taints: Vec<Value> = node
            .taints
            .iter()
            .map(|taint| {
                let mut out = json!({"key": *taint.key, "effect": taint.effect.as_str()});
                if !taint.value.is_empty() {
                    out["value"] = json!(*taint.value);
                }
                if let Some(at) = taint.added_at {
                    out["timeAdded"] = view.time(at);
                }
                out
            })
            .collect();
        spec["taints"] = Value::Array(taints);
    }
    if node.unschedulable {
        spec["unschedulable"] = json!(true);
    }
    let allocatable = resources(&node.allocatable, node.pods_max);
    let capacity = capacity(view, node, &allocatable);
    let addresses = json!([
        {"type": "InternalIP", "address": address(node)},
        {"type": "InternalDNS", "address": *node.meta.name},
        {"type": "Hostname", "address": *node.meta.name},
    ]);
    let status = fields([
        ("addresses", addresses),
        ("allocatable", allocatable),
        ("capacity", capacity),
        ("conditions", conditions(view, node)),
        ("daemonEndpoints", json!({"kubeletEndpoint": {"Port": 10250}})),
        ("nodeInfo", system(view, node)),
    ]);
    whole(meta(view, &node.meta), spec, status)
}

/// `status.capacity`: that of the machine, of which the system reserves a part.
fn capacity(view: View<'_>, node: &Node, allocatable: &Value) -> Value {
    let mut capacity = allocatable.clone();
    let labels = view.world.store.labels.get(node.meta.labels);
    let machine = labels.get("node.kubernetes.io/instance-type").and_then(|name| InstanceType::find(name));
    if let Some(machine) = machine {
        capacity["cpu"] = json!(machine.vcpu.to_string());
        capacity["memory"] = json!(bytes(i64::from(machine.memory_gib) << 30));
        if node.allocatable.storage_bytes == storage_allocatable() {
            capacity["ephemeral-storage"] = json!(bytes(STORAGE_BYTES));
        }
    }
    capacity
}

fn resources(offered: &Resources, pods: u32) -> Value {
    let mut out = Map::from_iter([
        ("cpu".to_owned(), json!(cpu(offered.cpu_milli))),
        ("ephemeral-storage".to_owned(), json!(offered.storage_bytes.to_string())),
        ("memory".to_owned(), json!(bytes(offered.memory_bytes & !0x3ff))),
        ("pods".to_owned(), json!(pods.to_string())),
    ]);
    out.extend(offered.extended.iter().map(|(name, count)| (name.to_string(), json!(count.to_string()))));
    Value::Object(out)
}

fn conditions(view: View<'_>, node: &Node) -> Value {
    let silent = node.ready == NodeReady::Unknown;
    let beat = if silent { view.time(node.ready_since) } else { view.time(view.world.now) };
    let since_start = view.time(node.meta.created_at);
    let mut out: Vec<Value> = [
        ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ]
    .iter()
    .map(|(kind, reason, message)| {
        let (status, reason, message) =
            if silent { ("Unknown", STOPPED.0, STOPPED.1) } else { ("False", *reason, *message) };
        json!({
            "type": kind, "status": status, "reason": reason, "message": message, "lastHeartbeatTime": beat,
            "lastTransitionTime": if silent { view.time(node.ready_since) } else { since_start.clone() },
        })
    })
    .collect();
    let (status, reason, message) = match node.ready {
        NodeReady::True => ("True", "KubeletReady", "kubelet is posting ready status"),
        NodeReady::False => {
            ("False", "KubeletNotReady", "container runtime network not ready: NetworkReady=false")
        }
        NodeReady::Unknown => ("Unknown", STOPPED.0, STOPPED.1),
    };
    out.push(json!({
        "type": "Ready", "status": status, "reason": reason, "message": message, "lastHeartbeatTime": beat,
        "lastTransitionTime": view.time(node.ready_since),
    }));
    Value::Array(out)
}

const STOPPED: (&str, &str) = ("NodeStatusUnknown", "Kubelet stopped posting node status.");

fn system(view: View<'_>, node: &Node) -> Value {
    let labels = view.world.store.labels.get(node.meta.labels);
    let label = |key: &str| labels.get(key).map(|value| &**value);
    let cloud = &view.world.cloud;
    let launched = || cloud.find(&node.instance).map(|number| &*cloud.instance(number).image);
    let image = label("eks.amazonaws.com/nodegroup-image").or_else(launched).and_then(|id| cloud.image(id));
    let family = image.map_or("AL2023", |image| &*image.ami_type);
    let (os, kernel, runtime) = match family {
        _ if family.starts_with("AL2_") => {
            ("Amazon Linux 2", "5.10.245-241.978.amzn2", "containerd://1.7.29")
        }
        _ if family.starts_with("BOTTLEROCKET") => {
            ("Bottlerocket OS (aws-k8s)", "6.1.155", "containerd://2.0.7+bottlerocket")
        }
        _ if family.starts_with("WINDOWS") => {
            ("Windows Server Datacenter", "10.0.20348", "containerd://1.7.29")
        }
        _ => ("Amazon Linux 2023", "6.1.158-178.288.amzn2023", "containerd://2.1.5"),
    };
    let id = format!("{:032x}", node.meta.uid.0);
    json!({
        "architecture": label("kubernetes.io/arch").unwrap_or("amd64"), "bootID": node.meta.uid.to_string(),
        "containerRuntimeVersion": runtime, "kernelVersion": kernel, "kubeProxyVersion": "",
        "kubeletVersion": *node.kubelet, "machineID": id,
        "operatingSystem": label("kubernetes.io/os").unwrap_or("linux"), "osImage": os, "systemUUID": id,
    })
}

/// IP address of a node: from its name, else derived from it.
pub(super) fn address(node: &Node) -> String {
    let first = node.meta.name.split('.').next().unwrap_or_default();
    let first = first.strip_prefix("fargate-").unwrap_or(first);
    let parts: Vec<&str> = first.strip_prefix("ip-").into_iter().flat_map(|rest| rest.split('-')).collect();
    if parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok()) {
        return parts.join(".");
    }
    let bits = hash(&node.meta.name);
    format!("192.168.{}.{}", (bits >> 8) as u8, (bits as u8).clamp(2, 254))
}

/// The lease that a kubelet renews; renewed whenever it is read.
pub(super) fn lease(view: View<'_>, node: &Node) -> Value {
    let renewed = if node.alive { view.world.now } else { node.ready_since };
    let renewed = view.clock_map.wall(renewed);
    let renewed = jiff::Timestamp::from_second(renewed.as_second()).unwrap_or_default().to_string();
    let mut metadata = derived(view, &node.meta, LEASES, &node.meta.name);
    metadata["ownerReferences"] = json!([
        {"apiVersion": "v1", "kind": "Node", "name": *node.meta.name, "uid": node.meta.uid.to_string()}
    ]);
    json!({"metadata": metadata, "spec": {
        "holderIdentity": *node.meta.name, "leaseDurationSeconds": 40,
        "renewTime": format!("{}.000000Z", renewed.trim_end_matches('Z')),
    }})
}

/// Names the driver of EBS volumes, and how many of them the node takes.
pub(super) fn csi_node(view: View<'_>, node: &Node) -> Value {
    json!({"metadata": derived(view, &node.meta, "", &node.meta.name), "spec": {"drivers": [{
        "name": "ebs.csi.aws.com", "nodeID": *node.instance, "topologyKeys": ["topology.ebs.csi.aws.com/zone"],
        "allocatable": {"count": node.volumes_max},
    }]}})
}
