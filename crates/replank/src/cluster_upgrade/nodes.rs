//! Nodes of a real cluster by group and by the minor of their kubelets.

use std::collections::BTreeMap;

use replank_core::cluster_upgrade::observed::{Group, Nodes, State};
use replank_core::names::NodeGroupName;
use replank_core::version::Minor;
use replank_kube::cache::NodeSummary;

use super::hands::HandGroup;

/// Nodes that no label and no cloud puts into a group.
const NO_GROUP: &str = "(nodes without a group)";
/// Nodes that the control plane runs on.
const CONTROL_PLANE: &str = "(nodes of the control plane)";
/// Beginning of the names of nodes on Fargate, which go with their pods.
const FARGATE: &str = "fargate-";

/// Every group with its nodes: those of a cloud, and those that only labels tell of.
pub(super) fn by_group(groups: &[HandGroup], standing: &[NodeSummary]) -> BTreeMap<NodeGroupName, Group> {
    let of_cloud = groups.iter().map(|group| {
        let shown = Group { minor: group.minor, state: group.state.clone(), nodes: BTreeMap::new() };
        (NodeGroupName::from(group.name.as_str()), shown)
    });
    let mut found: BTreeMap<NodeGroupName, Group> = of_cloud.collect();
    for node in standing.iter().filter(|node| !node.name.as_str().starts_with(FARGATE)) {
        let Some(minor) = Minor::of_version(&node.kubelet) else { continue };
        let name = group_of(groups, node);
        let unknown = || Group { minor: None, state: State::AtRest, nodes: BTreeMap::new() };
        let group = found.entry(NodeGroupName::from(name.as_str())).or_insert_with(unknown);
        count(group.nodes.entry(minor).or_default(), node);
    }
    found
}

/// Name of the group that a node is in.
fn group_of(groups: &[HandGroup], node: &NodeSummary) -> String {
    let is_in = |group: &&HandGroup| {
        group.instances.as_ref().is_some_and(|instances| instances.contains(node.instance.as_str()))
    };
    if let Some(group) = groups.iter().find(is_in) {
        return group.name.clone();
    }
    match (&node.group, &node.pool) {
        (Some(group), _) => group.to_string(),
        (None, Some(pool)) => format!("(NodePool {pool} of Karpenter)"),
        (None, None) if node.is_of_control_plane => CONTROL_PLANE.to_owned(),
        (None, None) => NO_GROUP.to_owned(),
    }
}

fn count(nodes: &mut Nodes, node: &NodeSummary) {
    nodes.count += 1;
    nodes.ready += u32::from(node.is_ready);
    nodes.with_pods += u32::from(node.is_ready && node.pods > 0);
}

#[cfg(test)]
mod tests {
    use replank_core::cluster_upgrade::spec::GroupKind;
    use replank_core::names::{InstanceId, NodeName, Uid};

    use super::*;

    #[test]
    fn a_node_is_in_the_group_of_its_instance_then_of_its_labels() {
        let node = |name: &str, instance: &str, kubelet: &str, group: Option<&str>| NodeSummary {
            name: NodeName::from(name),
            uid: Uid(1),
            instance: InstanceId::from(instance),
            is_ready: true,
            since: None,
            is_cordoned: false,
            kubelet: kubelet.into(),
            group: group.map(Into::into),
            pool: None,
            is_of_control_plane: name == "master",
            pods: u32::from(kubelet == "v1.34.4"),
        };
        let pooled = NodeSummary { pool: Some("gpu".into()), ..node("k", "i-9", "v1.34.4", None) };
        let cloud = HandGroup {
            name: "workers".into(),
            kind: GroupKind::Ours,
            minor: None,
            state: State::AtRest,
            instances: Some(["i-1".to_owned()].into()),
            nodes: 1,
            batch: 1,
        };
        let standing = [
            node("a", "i-1", "v1.34.4", Some("other")),
            node("b", "i-2", "v1.33.1", Some("web")),
            node("c", "i-3", "v1.34.4", Some("web")),
            node("master", "i-4", "v1.34.4", None),
            node("d", "i-5", "v1.34.4", None),
            node("fargate-ip-10-0-0-1", "i-6", "v1.33.1", None),
            node("late", "i-7", "", None),
            pooled,
        ];
        let found = by_group(&[cloud], &standing);
        let told: Vec<(&str, Vec<(u32, u32, u32)>)> = found
            .iter()
            .map(|(name, group)| {
                let nodes = group.nodes.iter();
                (name.as_str(), nodes.map(|(minor, it)| (minor.0, it.count, it.with_pods)).collect())
            })
            .collect();
        assert_eq!(
            told,
            [
                ("(NodePool gpu of Karpenter)", vec![(34, 1, 1)]),
                (CONTROL_PLANE, vec![(34, 1, 1)]),
                (NO_GROUP, vec![(34, 1, 1)]),
                ("web", vec![(33, 1, 0), (34, 1, 1)]),
                ("workers", vec![(34, 1, 1)]),
            ]
        );
    }
}
