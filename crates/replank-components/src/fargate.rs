//! Fargate: admission of the pods that its profiles select, and a node of its own for each of them (EKS user guide:
//! Fargate pod configuration). No node is there without its pod, and no pod changes its node, so that a kubelet keeps its
//! version as long as its pod lives.

use std::sync::Arc;

use crate::control::make;
use crate::fargate_size as size;
use crate::kubelet::{self, NodeSeed};
use crate::kubernetes::{components, components_mut};
use replank_world::api::Propagation;
use replank_world::cloud::catalogue::Catalogue;
use replank_world::event_log::Severity;
use replank_world::fargate::{
    COMPUTE_TYPE, FARGATE, FargateProfile, PROFILE, SCHEDULER, is_node, runs, selects,
};
use replank_world::object::{Pod, Scheduled, Volume};
use replank_world::queue::Work;
use replank_world::rng::Delay;
use replank_world::store::{NodeId, PodId, Ref, Verb};
use replank_world::time::Span;
use replank_world::vocab::labels::Map;
use replank_world::vocab::taint::{Effect, Taint};
use replank_world::world::World;

/// Time from a new pod to its node (reports: half a minute to a minute and a half).
const LAUNCH: Delay = Delay::Between(Span::secs(35), Span::secs(70));
/// Type of the images whose kubelet a node of Fargate runs here.
const IMAGE: &str = "AL2023_x86_64_STANDARD";

/// The Fargate profiles of a cluster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profiles(Vec<FargateProfile>);

/// Lets these profiles decide. The pods of one that is gone are deleted.
pub(crate) fn set_profiles(world: &mut World, profiles: Vec<FargateProfile>) {
    let profile_of = |pod: &Pod| world.store.labels.get(pod.meta.labels).get(PROFILE).cloned();
    let is_known = |name: &Arc<str>| profiles.iter().any(|profile| *profile.name == **name);
    let pods = world.store.pods.iter();
    let gone = pods.filter(|(_, pod)| profile_of(pod).is_some_and(|name| !is_known(&name)));
    let gone: Vec<PodId> = gone.map(|(id, _)| id).collect();
    components_mut(&mut world.state).fargate = Profiles(profiles);
    gone.into_iter().for_each(|pod| make::delete(world, pod));
}

/// Marks a new pod that a profile selects. Pods of DaemonSets and those that name a node are left alone.
pub(crate) fn admit(world: &mut World, pod: &mut Pod) {
    let profiles = &components(&world.state).fargate.0;
    let is_of_set = pod.meta.owner.as_ref().is_some_and(|owner| *owner.kind == *"DaemonSet");
    let wants_machine = pod.meta.annotations.get(COMPUTE_TYPE).is_some_and(|value| **value != *FARGATE);
    if profiles.is_empty() || is_of_set || wants_machine || pod.mirror || pod.node.is_some() {
        return;
    }
    let labels = world.store.labels.get(pod.meta.labels);
    let Some(profile) = profiles.iter().find(|profile| selects(profile, &pod.meta.namespace, labels)) else {
        return;
    };
    let mut labels = Map::clone(labels);
    labels.insert(PROFILE.into(), profile.name.as_str().into());
    pod.meta.labels = world.label_set(&labels);
}

/// Reacts to a change of a pod: a new one is launched, the node of one that is gone goes too.
pub(crate) fn pod_changed(world: &mut World, id: PodId, verb: Verb) {
    let Some(pod) = world.store.pods.get(id) else { return };
    match (verb, pod.node) {
        (Verb::Added, None) if runs(world, pod) => {
            let pause = LAUNCH.draw(world.chance, "fargate", &pod.meta.uid.to_string(), 0);
            world.after(pause, Work::FargateLaunch(id));
        }
        (Verb::Deleted, Some(node)) if is_of_fargate(world, node) => world.soon(Work::FargateGone(node)),
        (Verb::Added | Verb::Modified | Verb::Deleted, _) => {}
    }
}

fn is_of_fargate(world: &World, node: NodeId) -> bool {
    world.store.nodes.get(node).is_some_and(|node| is_node(world.store.labels.get(node.meta.labels)))
}

/// Gives a pod its node, of the version that the control plane has now.
pub(crate) fn launch(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id) else { return };
    if pod.node.is_some() || pod.terminating() || pod.finished() {
        return;
    }
    let place = (pod.meta.namespace.clone(), pod.meta.name.clone());
    let Some(seed) = seed(world, pod) else { return refuse(world, id) };
    let (name, size) = (seed.name.clone(), size::of(&pod.template.spec.requests));
    let node = kubelet::place_node(world, seed);
    if let (Some(size), Some(pod)) = (size, world.store.pods.get_mut(id)) {
        let annotations = Arc::make_mut(&mut pod.meta.annotations);
        annotations.insert("CapacityProvisioned".into(), size.to_string().into());
    }
    world.bind_pod(id, node);
    let message = format!("Successfully assigned {}/{} to {name}", place.0, place.1);
    world.record(Ref::Pod(id), Severity::Normal, SCHEDULER, "Scheduled", message);
}

/// Says why Fargate does not run a pod (EKS, in these words). It stays as it is.
fn refuse(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id) else { return };
    let message: Arc<str> = match unsupported(pod) {
        Some(fields) => format!("Pod not supported on Fargate: {fields}").into(),
        None => "Pod not supported: it asks for more than the largest Fargate configuration has".into(),
    };
    let told = Scheduled::Unschedulable(message.clone());
    world.edit_pod(id, |pod| pod.scheduled = told);
    world.record(Ref::Pod(id), Severity::Warning, SCHEDULER, "FailedScheduling", message);
}

/// What in a pod Fargate does not support.
fn unsupported(pod: &Pod) -> Option<String> {
    let spec = &pod.template.spec;
    let mut fields = Vec::new();
    if spec.host_network {
        fields.push("HostNetwork");
    }
    if !spec.host_network && !spec.host_ports.is_empty() {
        fields.push("port contains HostIP or HostPort");
    }
    let mut found = Vec::new();
    if !fields.is_empty() {
        found.push(format!("fields not supported: {}", fields.join(", ")));
    }
    if spec.volumes.contains(&Volume::HostPath) {
        found.push("volumes not supported: a hostPath is of an unsupported volume Type".to_owned());
    }
    (!found.is_empty()).then(|| found.join(", "))
}

/// What the kubelet of a pod registers its node with; `None` for a pod that Fargate does not run.
fn seed(world: &World, pod: &Pod) -> Option<NodeSeed> {
    if unsupported(pod).is_some() {
        return None;
    }
    let size = size::of(&pod.template.spec.requests)?;
    let uid = pod.meta.uid.to_string();
    let draw = |what: &str, attempt: u64| world.chance.draw(what, &uid, attempt);
    let region = world.cloud.region.clone();
    let zone: Arc<str> =
        format!("{region}{}", ["a", "b", "c"][(draw("fargate zone", 0) % 3) as usize]).into();
    let name = (0..u64::MAX).map(|attempt| host(draw("fargate host", attempt), &region));
    let name: Arc<str> = name.into_iter().find(|name| world.store.nodes.find("", name).is_none())?.into();
    let minor = world.known.version.minor.to_string();
    let kubelet = Catalogue::get().find(IMAGE, &minor, "latest").ok();
    let kubelet =
        kubelet.map_or_else(|| format!("v{}", world.known.version).into(), |image| image.kubelet.clone());
    let short = uid.split('-').next().unwrap_or_default();
    Some(NodeSeed {
        instance: format!("{short}-{}/{name}", world.chance.uuid("fargate", &uid).replace('-', "")).into(),
        labels: labels(&name, &region, &zone),
        annotations: Map::new(),
        taints: vec![Taint::new(COMPUTE_TYPE, FARGATE, Effect::NoSchedule)],
        allocatable: size.offers(),
        pods_max: 1,
        volumes_max: 0,
        kubelet,
        name,
        zone,
    })
}

fn host(draw: u64, region: &str) -> String {
    let domain =
        if region == "us-east-1" { "ec2.internal".to_owned() } else { format!("{region}.compute.internal") };
    let (third, fourth) = ((draw >> 8) & 0xff, (draw & 0xff).clamp(4, 254));
    format!("fargate-ip-192-168-{third}-{fourth}.{domain}")
}

fn labels(name: &Arc<str>, region: &Arc<str>, zone: &Arc<str>) -> Map {
    let fixed = |text: &str| Arc::<str>::from(text);
    let own: [(&str, Arc<str>); 10] = [
        (COMPUTE_TYPE, fixed(FARGATE)),
        ("kubernetes.io/hostname", name.clone()),
        ("kubernetes.io/arch", fixed("amd64")),
        ("beta.kubernetes.io/arch", fixed("amd64")),
        ("kubernetes.io/os", fixed("linux")),
        ("beta.kubernetes.io/os", fixed("linux")),
        ("topology.kubernetes.io/region", region.clone()),
        ("failure-domain.beta.kubernetes.io/region", region.clone()),
        ("topology.kubernetes.io/zone", zone.clone()),
        ("failure-domain.beta.kubernetes.io/zone", zone.clone()),
    ];
    own.map(|(key, value)| (Arc::from(key), value)).into_iter().collect()
}

/// The node of a pod that is gone goes.
pub(crate) fn node_goes(world: &mut World, id: NodeId) {
    let Some(instance) = world.store.nodes.get(id).map(|node| node.instance.clone()) else { return };
    kubelet::instance_gone(world, &instance);
    // A finalizer may hold the object; nothing refuses.
    drop(crate::apiserver::delete(world, Ref::Node(id), Propagation::Background));
}

#[cfg(test)]
mod tests;
