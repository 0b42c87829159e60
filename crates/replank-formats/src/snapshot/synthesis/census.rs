//! The nodes of a snapshot by node group.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use replank_core::version::Minor;
use serde_json::Value;

use super::super::Snapshot;

/// Labels that name a node's group; the first one present counts (EKS, eksctl).
pub(crate) const LABELS: [&str; 2] = ["eks.amazonaws.com/nodegroup", "alpha.eksctl.io/nodegroup-name"];
/// Labels of nodes made by Karpenter.
const KARPENTER: [&str; 2] = ["karpenter.sh/nodepool", "karpenter.sh/provisioner-name"];

/// A node of the snapshot.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// The `Node` object.
    pub node: &'a Value,
}

impl<'a> Member<'a> {
    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&'a str> {
        self.node["metadata"]["labels"][key].as_str()
    }

    /// Name of the node.
    pub fn name(&self) -> &'a str {
        self.node["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// The Kubernetes minor of its kubelet.
    pub(crate) fn minor(&self) -> Option<String> {
        let version = self.node["status"]["nodeInfo"]["kubeletVersion"].as_str()?;
        Minor::of_version(version).map(|minor| minor.to_string())
    }

    /// `creationTimestamp`.
    pub(crate) fn made_at(&self) -> Option<Timestamp> {
        self.node["metadata"]["creationTimestamp"].as_str()?.parse().ok()
    }

    /// Whether Karpenter made it.
    pub fn of_karpenter(&self) -> bool {
        KARPENTER.iter().any(|key| self.label(key).is_some())
    }
}

/// The zone of a node; nodes without a label share one.
pub fn zone_of(node: &Value) -> &str {
    let label = |key: &str| node["metadata"]["labels"][key].as_str().filter(|zone| !zone.is_empty());
    label("topology.kubernetes.io/zone")
        .or_else(|| label("failure-domain.beta.kubernetes.io/zone"))
        .unwrap_or("zone-a")
}

/// All nodes of a snapshot.
#[derive(Debug, Default)]
pub struct Census<'a> {
    /// In the order of the snapshot.
    pub members: Vec<Member<'a>>,
    /// Nodes of each group, oldest first.
    pub groups: BTreeMap<&'a str, Vec<Member<'a>>>,
}

impl<'a> Census<'a> {
    /// Groups the nodes of a snapshot.
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let mut census = Self::default();
        for node in snapshot.of("Node") {
            let member = Member { node };
            census.members.push(member.clone());
            if let Some(group) =
                LABELS.iter().find_map(|key| member.label(key)).filter(|name| !name.is_empty())
            {
                census.groups.entry(group).or_default().push(member);
            }
        }
        let age = |member: &Member<'a>| (member.made_at(), member.name());
        census.groups.values_mut().for_each(|members| members.sort_by_key(age));
        census
    }

    /// How many nodes Karpenter made.
    pub(crate) fn karpenter(&self) -> usize {
        self.members.iter().filter(|member| member.of_karpenter()).count()
    }

    /// The zones of these nodes.
    pub(crate) fn zones(members: &[Member<'a>]) -> BTreeSet<&'a str> {
        members.iter().map(|member| zone_of(member.node)).collect()
    }
}
