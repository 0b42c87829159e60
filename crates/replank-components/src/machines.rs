//! Connects cloud and cluster: instances register as nodes, and nodes lose their instances.

use std::sync::Arc;

use crate::kubelet::{self, NodeSeed};
use replank_world::cloud::settings::{SOURCE_TEMPLATE, SOURCE_VERSION, Settings};
use replank_world::cloud::{
    Cloud, Death, Effect, GroupNo, ImageTrouble, Instance, InstanceNo, Offer, zone_id,
};
use replank_world::queue::Work;
use replank_world::store::NodeId;
use replank_world::vocab::labels::{Map, NODEGROUP};
use replank_world::world::World;

/// How many volumes an ordinary instance can attach (EBS CSI driver: 28 slots less network interfaces and root
/// volume).
const VOLUMES_MAX: u32 = 25;

/// Settings that name the user's own launch template, with the node labels for them (EKS user guide: launch
/// templates).
const SOURCE_LABELS: [(&str, &str); 2] = [
    (SOURCE_TEMPLATE, "eks.amazonaws.com/sourceLaunchTemplateId"),
    (SOURCE_VERSION, "eks.amazonaws.com/sourceLaunchTemplateVersion"),
];

/// Adds an instance that has been in service for long, with a Ready node, to a group. `None` when the group
/// does not have the zone.
pub fn place_instance(world: &mut World, group: GroupNo, zone: &str) -> Option<NodeId> {
    let number = world.ask_cloud(|cloud, moment| cloud.place(moment, group, zone))?;
    let seed = seed(&world.cloud, world.cloud.instance(number));
    Some(kubelet::place_node(world, seed))
}

/// Something became of a machine: its node and its kubelet feel it.
pub(crate) fn felt(world: &mut World, effect: Effect) {
    match effect {
        Effect::Registers(number) => drop(registers(world, number)),
        Effect::Stops(number) => stops(world, number),
        Effect::Gone(number) => {
            let id = world.cloud.instance(number).id.clone();
            kubelet::instance_gone(world, &id);
        }
    }
}

fn registers(world: &mut World, number: InstanceNo) -> NodeId {
    let instance = world.cloud.instance(number);
    let never_ready = world.cloud.conditions.images.get(&instance.image) == Some(&ImageTrouble::NeverReady);
    let (id, join) = (instance.id.clone(), world.cloud.group(instance.group).spec.paces.join);
    let node = kubelet::register_node(world, seed(&world.cloud, world.cloud.instance(number)));
    if never_ready {
        world.queue.cancel(Work::NodeReady(node));
    } else if let Some(join) = join.filter(|_| world.queue.has(Work::NodeReady(node))) {
        let delay = join.draw(world.chance, "join", &id, 0);
        world.queue.set(world.now + delay, Work::NodeReady(node));
    }
    node
}

/// Stops the kubelet of an instance.
fn stops(world: &mut World, number: InstanceNo) {
    let instance = world.cloud.instance(number);
    let (id, gone) = (instance.id.clone(), instance.dead == Some(Death::Terminated));
    let Some(node) = world.store.index.by_instance.get(&id).copied() else { return };
    if gone {
        kubelet::instance_gone(world, &id);
    } else {
        kubelet::kill_kubelet(world, node);
    }
}

/// What the kubelet of an instance registers its node with.
fn seed(cloud: &Cloud, instance: &Instance) -> NodeSeed {
    let group = cloud.group(instance.group);
    let Offer { allocatable, pods_max } = group.offer(&instance.settings.instance_type);
    let annotation = |key: &str, value: &str| (Arc::from(key), Arc::from(value));
    NodeSeed {
        name: instance.host.clone(),
        instance: instance.id.clone(),
        zone: instance.zone.clone(),
        labels: labels(cloud, instance),
        annotations: Map::from([
            annotation("node.alpha.kubernetes.io/ttl", "0"),
            annotation("volumes.kubernetes.io/controller-managed-attach-detach", "true"),
        ]),
        taints: instance.settings.taints.clone(),
        allocatable,
        pods_max,
        volumes_max: VOLUMES_MAX,
        kubelet: cloud.image(&instance.image).map_or_else(|| "v1.32.0".into(), |image| image.kubelet.clone()),
    }
}

/// The labels of an instance's node: of kubelet, cloud provider, EKS and template.
fn labels(cloud: &Cloud, it: &Instance) -> Map {
    labels_of(cloud, it.group, &it.zone, &it.image, &it.settings, &it.host)
}

/// The labels that a node of a group would have with this zone, image and settings.
pub(crate) fn labels_of(
    cloud: &Cloud,
    group: GroupNo,
    zone: &Arc<str>,
    image: &Arc<str>,
    settings: &Settings,
    host: &str,
) -> Map {
    let known = cloud.image(image);
    let (arch, os) = known.map_or(("amd64", "linux"), |image| (image.arch().as_str(), image.os()));
    let mut labels = settings.labels.clone();
    labels.extend(cloud.group(group).zone_labels.get(zone).cloned().unwrap_or_default());
    let own: [(&str, Arc<str>); 9] = [
        ("kubernetes.io/hostname", host.into()),
        ("node.kubernetes.io/instance-type", settings.instance_type.clone()),
        ("beta.kubernetes.io/instance-type", settings.instance_type.clone()),
        ("topology.kubernetes.io/region", cloud.region.clone()),
        ("failure-domain.beta.kubernetes.io/region", cloud.region.clone()),
        ("topology.kubernetes.io/zone", zone.clone()),
        ("failure-domain.beta.kubernetes.io/zone", zone.clone()),
        ("topology.k8s.aws/zone-id", zone_id(&cloud.region, zone).into()),
        // The EBS CSI driver's own key, which its older volumes ask for.
        ("topology.ebs.csi.aws.com/zone", zone.clone()),
    ];
    labels.extend(own.map(|(key, value)| (Arc::from(key), value)));
    let spec = &cloud.group(group).spec;
    if spec.is_managed {
        let eks = [
            (NODEGROUP, spec.nodegroup.clone()),
            ("eks.amazonaws.com/nodegroup-image", image.clone()),
            ("eks.amazonaws.com/capacityType", settings.capacity_type.clone()),
        ];
        labels.extend(eks.map(|(key, value)| (Arc::from(key), value)));
    }
    for (extra, key) in SOURCE_LABELS {
        if let Some(value) = settings.extra.get(extra) {
            labels.insert(key.into(), value.clone());
        }
    }
    for (key, value) in [("arch", arch), ("os", os)] {
        labels.insert(format!("kubernetes.io/{key}").into(), value.into());
        labels.insert(format!("beta.kubernetes.io/{key}").into(), value.into());
    }
    labels
}

#[cfg(test)]
mod tests;
