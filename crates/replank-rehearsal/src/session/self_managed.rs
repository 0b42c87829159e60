//! Node groups of a world file that the user keeps: a scaling group on a launch template of the user's own, whose nodes
//! join by its user data.

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_formats::worldfile::spec::{CapacityType, Cluster, Effect, NodeGroup, Taint, Update};
use replank_service::launch_template::user_data;
use replank_service::ports::launch_templates::{OwnTemplate, OwnVersion};
use replank_world::cloud::{Cloud, GroupNo, GroupTag, LaunchSource, OwnGroup, OwnGroupNodes, VersionChoice};
use replank_world::refusal::Refusal;
use replank_world::world::World;
use serde_json::json;

use super::{SessionError, make, spec as update_spec};

/// Creates a group that the user keeps, with nodes that have been there for long.
pub(super) fn create(
    world: &mut World,
    cluster: &Cluster,
    group: &NodeGroup,
    update: &Update,
    (image, template): (&str, &Arc<str>),
) -> Result<(), SessionError> {
    let refused = |why: String| SessionError::Refused { what: format!("node group {}", group.name), why };
    let mut images = vec![image.to_owned()];
    if group.updated > 0 {
        let minor = group.version.as_ref().unwrap_or(&cluster.version);
        let minor = update.version.as_ref().unwrap_or(minor);
        images.push(update_spec::release(&group.image_type, minor, &update.release).map_err(refused)?.0);
    }
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let nodes = OwnGroupNodes { offer: make::offer(group).map_err(refused)?, paces: make::paces(group) };
    let id = template.to_string();
    let number = put(&mut world.cloud, cluster, group, &images, nodes, id)
        .map_err(|refusal| refused(refusal.to_string()))?;
    let old = group.size.desired.saturating_sub(group.updated);
    make::place(world, number, group, 0, old);
    if let [_, _newest] = images[..] {
        let made = world.cloud.group_mut(number);
        made.spec.version += 1;
        made.follows = VersionChoice::Number(made.spec.version);
        make::place(world, number, group, old, group.size.desired);
    }
    Ok(())
}

/// Creates the group and its launch template, with a version for each image, the oldest first. It launches the last.
fn put(
    cloud: &mut Cloud,
    cluster: &Cluster,
    group: &NodeGroup,
    images: &[&str],
    nodes: OwnGroupNodes,
    id: String,
) -> Result<GroupNo, Refusal> {
    let name = group.launch_template.as_ref().map_or_else(|| group.name.clone(), |given| given.name.clone());
    let first = group.launch_template.as_ref().map_or(1, |given| given.version);
    let version = |(at, image): (u64, &&str)| {
        let data = data(cluster, group, image);
        (at, OwnVersion { description: None, created_at: String::new(), data, token: None })
    };
    let versions: BTreeMap<u64, OwnVersion> = (first..).zip(images).map(version).collect();
    let latest = versions.keys().next_back().copied().unwrap_or(first);
    cloud.put_own_template(OwnTemplate {
        id: id.clone(),
        name,
        created_at: String::new(),
        default: first,
        latest,
        versions,
        tags: BTreeMap::new(),
    });
    let mut tags = BTreeMap::from([(owned_by(&cluster.name), "owned".to_owned())]);
    tags.extend(group.tags.iter().map(|(key, value)| (key.clone(), value.clone())));
    let tag =
        |(key, value): (String, String)| GroupTag { key: key.into(), value: value.into(), propagates: true };
    let own = OwnGroup {
        key: group.name.as_str().into(),
        name: group.name.as_str().into(),
        zones: group.zones.iter().map(|zone| Arc::from(zone.as_str())).collect(),
        sizes: [group.size.least(), group.size.desired, group.size.most()],
        // The nodes that are there were launched from the first; what comes later is set when they stand.
        source: LaunchSource { template: id.into(), version: VersionChoice::Number(first) },
        tags: tags.into_iter().map(tag).collect(),
        protects_new: false,
    };
    cloud.add_own_group(&own, nodes)
}

/// The tag by which a cluster knows what belongs to it (Kubernetes: `kubernetes.io/cluster/NAME`).
fn owned_by(cluster: &str) -> String {
    format!("kubernetes.io/cluster/{cluster}")
}

/// The content of a version, as EC2 keeps it.
fn data(cluster: &Cluster, group: &NodeGroup, image: &str) -> String {
    let mut data = json!({
        "imageId": image,
        "instanceType": group.instance_type,
        "userData": user_data::encoded(&node_config(cluster, group)),
    });
    match group.capacity_type {
        CapacityType::OnDemand => {}
        CapacityType::Spot => data["instanceMarketOptions"] = json!({ "marketType": "spot" }),
        CapacityType::CapacityBlock => {
            data["instanceMarketOptions"] = json!({ "marketType": "capacity-block" });
        }
    }
    data.to_string()
}

/// A configuration for nodeadm that makes a node join with the labels and taints of its group (EKS user guide:
/// self-managed AL2023 nodes).
fn node_config(cluster: &Cluster, group: &NodeGroup) -> String {
    let labels =
        group.labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",");
    let taint = |taint: &Taint| {
        let effect = match taint.effect {
            Effect::NoSchedule => "NoSchedule",
            Effect::PreferNoSchedule => "PreferNoSchedule",
            Effect::NoExecute => "NoExecute",
        };
        format!("{}={}:{effect}", taint.key, taint.value)
    };
    let taints = group.taints.iter().map(taint).collect::<Vec<_>>().join(",");
    let mut text = format!(
        "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: {}\n",
        cluster.name
    );
    let flags = [("--node-labels", labels), ("--register-with-taints", taints)];
    let flags: Vec<String> = flags
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("    - {name}={value}\n"))
        .collect();
    if !flags.is_empty() {
        text.push_str("  kubelet:\n    flags:\n");
        text.extend(flags);
    }
    text
}
