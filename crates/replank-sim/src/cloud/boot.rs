//! Connects cloud and cluster: instances register as nodes, and nodes lose their instances.

use std::sync::Arc;

use replank_core::sizes::Sizes;

use super::group::{GroupNo, Offer};
use super::instance::{Death, Instance, InstanceNo, State};
use super::settings::{SOURCE_TEMPLATE, SOURCE_VERSION, Settings};
use super::{Cloud, CloudWork, Effect, ImageTrouble, Moment};
use crate::kubelet::{self, NodeSeed};
use crate::queue::Work;
use crate::refusal::Refusal;
use crate::store::NodeId;
use crate::vocab::labels::Map;
use crate::world::World;

/// How many volumes an ordinary instance can attach (EBS CSI driver: 28 slots less network interfaces and root
/// volume).
const VOLUMES_MAX: u32 = 25;

/// Settings that name the user's own launch template, with the node labels for them (EKS user guide: launch
/// templates).
const SOURCE_LABELS: [(&str, &str); 2] = [
    (SOURCE_TEMPLATE, "eks.amazonaws.com/sourceLaunchTemplateId"),
    (SOURCE_VERSION, "eks.amazonaws.com/sourceLaunchTemplateVersion"),
];

/// Runs due work of the cloud.
pub(crate) fn happen(world: &mut World, work: CloudWork) {
    world.ask_cloud(|cloud, moment| cloud.due(moment, work));
}

impl World {
    /// Calls the cloud, then schedules the work it asks for and applies the effects on nodes.
    pub fn ask_cloud<T>(&mut self, ask: impl FnOnce(&mut Cloud, Moment<'_>) -> T) -> T {
        let moment = Moment { now: self.now, chance: self.chance, timings: &self.timings };
        let answer = ask(&mut self.cloud, moment);
        let (asks, effects) = self.cloud.take_wishes();
        for (at, work) in asks {
            self.queue.at(at, Work::Cloud(work));
        }
        for effect in effects {
            match effect {
                Effect::Registers(number) => drop(registers(self, number)),
                Effect::Stops(number) => stops(self, number),
                Effect::Gone(number) => {
                    let id = self.cloud.instance(number).id.clone();
                    kubelet::instance_gone(self, &id);
                }
            }
        }
        if let Some(witness) = &mut self.witness {
            witness.asked(&self.cloud, self.now);
        }
        answer
    }

    /// Changes the sizes of the group behind a node group. Errors as `UpdateAutoScalingGroup` gives them.
    pub fn set_sizes(&mut self, nodegroup: &str, to: Sizes) -> Result<(), Refusal> {
        let group = self.scaling_group(nodegroup)?;
        self.ask_cloud(|cloud, moment| cloud.set_sizes(moment, group, to))
    }

    /// Sets the template version that the group behind a node group launches. Errors as `UpdateAutoScalingGroup`
    /// gives them.
    pub fn point_group(&mut self, nodegroup: &str, version: u64) -> Result<(), Refusal> {
        let group = self.scaling_group(nodegroup)?;
        self.ask_cloud(|cloud, moment| cloud.point(moment, group, version))
    }

    /// Terminates an instance through its group, decrementing the desired size on request. Errors as
    /// `TerminateInstanceInAutoScalingGroup` gives them.
    pub fn terminate_instance(&mut self, id: &str, decrement: bool) -> Result<(), Refusal> {
        self.ask_cloud(|cloud, moment| cloud.terminate(moment, id, decrement))
    }

    /// Makes the machine of an instance die without its group's doing.
    pub fn kill_instance(&mut self, id: &str, how: Death) -> Result<(), Refusal> {
        self.ask_cloud(|cloud, moment| cloud.kill(moment, id, how))
    }

    /// Adds an instance that has been in service for long, with a Ready node, to a group. `None` when the group
    /// does not have the zone.
    pub fn place_instance(&mut self, group: GroupNo, zone: &str) -> Option<NodeId> {
        let number = self.ask_cloud(|cloud, moment| cloud.place(moment, group, zone))?;
        let seed = seed(&self.cloud, self.cloud.instance(number));
        Some(kubelet::place_node(self, seed))
    }

    fn scaling_group(&self, nodegroup: &str) -> Result<GroupNo, Refusal> {
        self.cloud.group_of(nodegroup).ok_or_else(|| {
            let said = format!("AutoScalingGroup name not found - no such group for node group: {nodegroup}");
            Refusal::new(400, "ValidationError", said)
        })
    }
}

impl Cloud {
    /// Adds an instance in service.
    fn place(&mut self, moment: Moment<'_>, group: GroupNo, zone: &str) -> Option<InstanceNo> {
        let zone = self.group(group).zone_of(zone)?;
        let number = self.make(moment, group, zone);
        self.instances[number.0 as usize].state = State::InService;
        Some(number)
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
pub(super) fn labels_of(
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
    let own: [(&str, Arc<str>); 12] = [
        ("kubernetes.io/hostname", host.into()),
        ("node.kubernetes.io/instance-type", settings.instance_type.clone()),
        ("beta.kubernetes.io/instance-type", settings.instance_type.clone()),
        ("topology.kubernetes.io/region", cloud.region.clone()),
        ("failure-domain.beta.kubernetes.io/region", cloud.region.clone()),
        ("topology.kubernetes.io/zone", zone.clone()),
        ("failure-domain.beta.kubernetes.io/zone", zone.clone()),
        ("topology.k8s.aws/zone-id", zone_id(cloud, zone)),
        // The EBS CSI driver's own key, which its older volumes ask for.
        ("topology.ebs.csi.aws.com/zone", zone.clone()),
        ("eks.amazonaws.com/nodegroup", cloud.group(group).spec.nodegroup.clone()),
        ("eks.amazonaws.com/nodegroup-image", image.clone()),
        ("eks.amazonaws.com/capacityType", settings.capacity_type.clone()),
    ];
    labels.extend(own.map(|(key, value)| (Arc::from(key), value)));
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

/// The zone id of a zone name: `us-west-2a` is `usw2-az1` in this account.
fn zone_id(cloud: &Cloud, zone: &str) -> Arc<str> {
    let mut parts = cloud.region.split('-');
    let area = parts.next().unwrap_or_default();
    let side = parts.next().and_then(|side| side.chars().next()).map(String::from).unwrap_or_default();
    let number = parts.next().unwrap_or_default();
    let letter = zone.bytes().last().filter(u8::is_ascii_lowercase).map_or(1, |letter| letter - b'a' + 1);
    format!("{area}{side}{number}-az{letter}").into()
}
