//! Nodes as kubelets of a managed node group register them: not Ready yet, with the labels of their group, the size of
//! their instance type and a provider id.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use crate::size::Size;

/// A node to create. Its name, address and instance id derive from its number.
#[derive(Clone, Debug)]
pub struct Node {
    /// Node group (label `eks.amazonaws.com/nodegroup`); empty for a node that EKS does not manage.
    pub group: String,
    /// Zone, such as `us-west-2a`; its region is the zone without the letter.
    pub zone: String,
    /// Instance type; one that the lab knows.
    pub instance_type: String,
    /// Image id (label `eks.amazonaws.com/nodegroup-image`).
    pub image: String,
    /// Version of the kubelet, such as `v1.33.5`; `None` for that of the control plane.
    pub kubelet: Option<String>,
    /// Labels to add or override.
    pub labels: BTreeMap<String, String>,
    /// Annotations, such as `lab.replank.dev/join-seconds`.
    pub annotations: BTreeMap<String, String>,
    /// Taints, in the form of the Kubernetes API.
    pub taints: Vec<Value>,
}

/// What tells a node from the others of its kind.
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) address: String,
    /// Id of its instance.
    pub(crate) instance: String,
}

impl Node {
    /// An `m5.large` of a group in a zone.
    pub fn new(group: &str, zone: &str) -> Self {
        Self {
            group: group.to_owned(),
            zone: zone.to_owned(),
            instance_type: "m5.large".to_owned(),
            image: "ami-0e35e69c39d3554f2".to_owned(),
            kubelet: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            taints: Vec::new(),
        }
    }

    /// `count` nodes of a group, spread over the zones in turn.
    pub fn spread(group: &str, zones: &[&str], count: usize) -> Vec<Self> {
        zones.iter().cycle().take(count).map(|zone| Self::new(group, zone)).collect()
    }

    /// Name of the node with this number.
    pub(crate) fn name(&self, number: u32) -> String {
        let [_, second, third, fourth] = number.to_be_bytes();
        format!("ip-10-{second}-{third}-{fourth}.{}.compute.internal", self.region())
    }

    fn region(&self) -> &str {
        self.zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase())
    }

    /// The Node object of the node with this number beside a control plane of that version; `None` when the lab does not
    /// know the instance type.
    pub(crate) fn object(&self, number: u32, plane: &str) -> Option<Value> {
        let [_, second, third, fourth] = number.to_be_bytes();
        let own = Identity {
            name: self.name(number),
            address: format!("10.{second}.{third}.{fourth}"),
            instance: instance_id(number),
        };
        self.object_of(&own, number, plane)
    }

    /// The Node object of an instance; `number` gives the addresses of its pods.
    pub(crate) fn object_of(&self, own: &Identity, number: u32, plane: &str) -> Option<Value> {
        let kubelet = self.kubelet.clone().unwrap_or_else(|| format!("v{plane}"));
        let size = Size::of(&self.instance_type)?;
        let Identity { name, address, instance } = own;
        let mut annotations = texts(&[
            ("kwok.x-k8s.io/node", "fake"),
            ("node.alpha.kubernetes.io/ttl", "0"),
            ("volumes.kubernetes.io/controller-managed-attach-detach", "true"),
        ]);
        annotations.extend(self.annotations.iter().map(|(key, value)| (key.clone(), json!(value))));
        let mut labels = self.own_labels(name);
        labels.extend(self.labels.iter().map(|(key, value)| (key.clone(), json!(value))));
        Some(json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": labels, "annotations": annotations},
            "spec": {
                "providerID": format!("aws:///{}/{instance}", self.zone),
                "podCIDR": pods_range(number), "podCIDRs": [pods_range(number)],
                "taints": self.taints,
            },
            "status": {
                "capacity": {"cpu": size.processors.to_string(), "memory": format!("{}Mi", size.memory_mib),
                    "ephemeral-storage": "20959212Ki", "pods": size.pods.to_string()},
                "allocatable": {"cpu": format!("{}m", size.allocatable_milli()),
                    "memory": format!("{}Mi", size.allocatable_mib()), "ephemeral-storage": "18242267924",
                    "pods": size.pods.to_string()},
                "addresses": [
                    {"type": "InternalIP", "address": address},
                    {"type": "Hostname", "address": name},
                ],
                // As a kubelet does: without it the node would get pods before it is up.
                "conditions": [{"type": "Ready", "status": "False", "reason": "KubeletNotReady",
                    "message": "container runtime network not ready"}],
                "nodeInfo": {
                    "architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": kubelet,
                    "kubeProxyVersion": "", "containerRuntimeVersion": "containerd://2.1.4",
                    "kernelVersion": "6.12.46-66.121.amzn2023.x86_64", "osImage": "Amazon Linux 2023",
                    "bootID": "", "machineID": instance, "systemUUID": "",
                },
            },
        }))
    }

    fn own_labels(&self, name: &str) -> Map<String, Value> {
        let zone = self.zone.as_str();
        let managed = [
            ("eks.amazonaws.com/nodegroup", self.group.as_str()),
            ("eks.amazonaws.com/nodegroup-image", &self.image),
            ("eks.amazonaws.com/capacityType", "ON_DEMAND"),
        ];
        let mut labels = if self.group.is_empty() { Map::new() } else { texts(&managed) };
        labels.extend(texts(&[
            ("node.kubernetes.io/instance-type", &self.instance_type),
            ("topology.kubernetes.io/region", self.region()),
            ("topology.kubernetes.io/zone", zone),
            ("topology.ebs.csi.aws.com/zone", zone),
            ("kubernetes.io/hostname", name),
            ("kubernetes.io/arch", "amd64"),
            ("kubernetes.io/os", "linux"),
        ]));
        labels
    }
}

/// Whether a node is Ready and has no `not-ready` taint.
pub fn is_ready(node: &Value) -> bool {
    let list = |at: &str| node.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
    let condition = |it: &Value| it["type"] == "Ready" && it["status"] == "True";
    let waiting = |it: &Value| it["key"] == "node.kubernetes.io/not-ready";
    list("/status/conditions").iter().any(condition) && !list("/spec/taints").iter().any(waiting)
}

/// Instance id for a number; the same for the same number.
fn instance_id(number: u32) -> String {
    let mixed = (u64::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("i-0{mixed:016x}")
}

/// Pod CIDR of a node: 256 addresses of 100.64.0.0/10; nodes are in the lower half of 10.0.0.0/8.
fn pods_range(number: u32) -> String {
    let [_, _, high, low] = number.to_be_bytes();
    format!("100.{}.{low}.0/24", 64 + high % 64)
}

fn texts(pairs: &[(&str, &str)]) -> Map<String, Value> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn a_node_is_named_by_its_address_and_not_ready() {
        let nodes = Node::spread("workers", &["us-west-2a", "us-west-2b"], 3);
        let zones: Vec<&str> = nodes.iter().map(|node| node.zone.as_str()).collect();
        assert_eq!(zones, ["us-west-2a", "us-west-2b", "us-west-2a"]);
        let object = nodes[1].object(300, "1.34.4").expect("the type is known");
        assert_eq!(object["metadata"]["name"], "ip-10-0-1-44.us-west-2.compute.internal");
        assert_eq!(object["status"]["conditions"][0]["status"], "False");
        assert_eq!(object["metadata"]["labels"]["topology.kubernetes.io/zone"], "us-west-2b");
        let provider = object["spec"]["providerID"].as_str().expect("an id");
        assert!(
            provider.starts_with("aws:///us-west-2b/i-0")
                && provider.len() == "aws:///us-west-2b/i-0".len() + 16
        );
        let unknown = Node { instance_type: "x9.huge".to_owned(), ..nodes[0].clone() };
        assert!(unknown.object(1, "1.34.4").is_none());
    }
}
