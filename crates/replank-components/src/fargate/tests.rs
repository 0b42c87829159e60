//! Pods on Fargate in a small world.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::apiserver::testing::world;
use replank_core::behaviour::ServerVersion;
use replank_core::version::Minor;
use replank_world::act::Act;
use replank_world::api::{self, PodDeletion};
use replank_world::fargate::{COMPUTE_TYPE, FargateProfile, FargateSelector, PROFILE};
use replank_world::object::{Phase, Pod, Scheduled};
use replank_world::time::Span;
use replank_world::world::World;

fn create(world: &mut World, object: Value) {
    world.act(Act::Cluster(api::Act::Create { object })).expect("created");
}

fn profiles(world: &mut World, namespaces: &[&str]) {
    let profile = |namespace: &&str| FargateProfile {
        name: format!("fp-{namespace}"),
        selectors: vec![FargateSelector { namespace: (*namespace).into(), labels: BTreeMap::default() }],
    };
    let profiles = namespaces.iter().map(profile).collect();
    world.act(Act::FargateProfiles { profiles }).expect("set");
}

fn deployment(name: &str, spec: &Value) -> Value {
    let mut pod = json!({"containers": [{
        "name": "c", "image": "i", "resources": {"requests": {"cpu": "300m", "memory": "300Mi"}},
    }]});
    pod.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    let labels = json!({"app": name});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    })
}

fn pass(world: &mut World, seconds: i64) {
    world.advance_to(world.now + Span::secs(seconds));
}

fn pods(world: &World) -> Vec<&Pod> {
    world.store.pods.iter().map(|(_, pod)| pod).collect()
}

/// Name and kubelet of the node of each pod.
fn nodes(world: &World) -> Vec<(String, String)> {
    let nodes = pods(world).into_iter().filter_map(|pod| world.store.nodes.get(pod.node?));
    nodes.map(|node| (node.meta.name.to_string(), node.kubelet.to_string())).collect()
}

#[test]
fn each_pod_has_a_node_of_its_own_that_goes_with_it_and_keeps_its_version() {
    let (mut world, _) = world();
    world.known.version = ServerVersion::served(Minor(33));
    profiles(&mut world, &["shop"]);
    create(&mut world, deployment("web", &json!({})));
    pass(&mut world, 20);
    assert!(nodes(&world).is_empty(), "a node takes its time");
    pass(&mut world, 100);
    let before = nodes(&world);
    assert!(before.len() == 2 && before[0].0 != before[1].0, "{before:?}");
    assert!(
        before.iter().all(|(name, kubelet)| name.starts_with("fargate-ip-") && kubelet.starts_with("v1.33."))
    );
    for pod in pods(&world) {
        let labels = world.store.labels.get(pod.meta.labels);
        assert_eq!(labels.get(PROFILE).map(|it| &**it), Some("fp-shop"));
        assert_eq!(pod.meta.annotations.get("CapacityProvisioned").map(|it| &**it), Some("0.5vCPU 1GB"));
        assert!(pod.phase == Phase::Running && pod.ready.is);
    }
    // The control plane moves, the pods stay; one that is evicted comes back with the new version.
    world.act(Act::ControlPlane { minor: 34 }).unwrap();
    pass(&mut world, 600);
    assert_eq!(nodes(&world), before);
    let (namespace, name) = ("shop".into(), pods(&world)[0].meta.name.clone());
    world.act(Act::Cluster(api::Act::Evict { namespace, name, options: PodDeletion::default() })).unwrap();
    pass(&mut world, 150);
    let kubelets: Vec<String> =
        nodes(&world).into_iter().map(|(_, kubelet)| kubelet[..5].to_owned()).collect();
    assert!(kubelets.contains(&"v1.34".to_owned()) && kubelets.contains(&"v1.33".to_owned()), "{kubelets:?}");
    assert_eq!(world.store.nodes.len(), 3, "the node of the evicted pod went with it");
    // Without its profile, no pod is on Fargate.
    profiles(&mut world, &[]);
    pass(&mut world, 150);
    assert!(nodes(&world).iter().all(|(name, _)| !name.starts_with("fargate-")));
    assert_eq!(world.store.nodes.len(), 1);
}

#[test]
fn what_fargate_does_not_run_waits_and_says_why() {
    let (mut world, _) = world();
    profiles(&mut world, &["shop"]);
    create(&mut world, deployment("host", &json!({"hostNetwork": true})));
    pass(&mut world, 150);
    for pod in pods(&world) {
        let Scheduled::Unschedulable(why) = &pod.scheduled else { panic!("{:?}", pod.scheduled) };
        assert_eq!(&**why, "Pod not supported on Fargate: fields not supported: HostNetwork");
        assert!(pod.node.is_none());
    }
}

#[test]
fn daemon_sets_and_whoever_wants_a_machine_are_not_on_fargate() {
    let (mut world, node) = world();
    world.edit_node(node, |node| {
        (node.pods_max, node.allocatable.cpu_milli, node.allocatable.memory_bytes) = (9, 9_000, 1 << 40);
    });
    profiles(&mut world, &["shop"]);
    let mut own = deployment("own", &json!({}));
    own["spec"]["template"]["metadata"]["annotations"] = json!({COMPUTE_TYPE: "ec2"});
    create(&mut world, own);
    let mut set = deployment("agent", &json!({"tolerations": [{"operator": "Exists"}]}));
    set["kind"] = json!("DaemonSet");
    set["spec"].as_object_mut().unwrap().remove("replicas");
    create(&mut world, set);
    create(&mut world, deployment("web", &json!({})));
    pass(&mut world, 150);
    let on = |app: &str| {
        let of = pods(&world).into_iter().filter(|pod| pod.meta.name.starts_with(app));
        of.filter_map(|pod| Some(world.store.nodes.get(pod.node?)?.meta.name.starts_with("fargate-")))
            .collect::<Vec<_>>()
    };
    assert_eq!((on("own"), on("agent"), on("web")), (vec![false, false], vec![false], vec![true, true]));
}
