//! The autoscaler grows for pods without a place and shrinks when they are gone, within the sizes of its group.

use std::sync::Arc;

use super::{AutoscalerSettings, TAG};
use crate::cloud::settings::Settings;
use crate::cloud::{GroupNo, GroupSpec, Paces};
use crate::object::{Deployment, Meta, PodSpec, PodTemplate};
use crate::store::{DeploymentId, Ref, Verb};
use crate::time::{Span, Time};
use crate::timings::Timings;
use crate::vocab::labels::Map;
use crate::vocab::percent::IntOrPercent;
use crate::vocab::quantity::Resources;
use crate::vocab::selector::Selector;
use crate::world::World;
use replank_core::observed::TemplateContent;
use replank_core::spec::Sizes;

fn world() -> World {
    let mut world = World::new(3, Time(1_790_000_000_000_000), Timings::default());
    let catalogue = crate::cloud::catalogue::Catalogue::get();
    let image = catalogue.find("AL2023_x86_64_STANDARD", "1.32", "latest").unwrap();
    let settings = Settings::new("m5.large").to_string().into();
    let content = TemplateContent { image: (&*image.id).into(), settings };
    world.cloud.add_template("lt-1", content).unwrap();
    let spec = GroupSpec {
        name: "eks-default-1a2b".into(),
        nodegroup: "default".into(),
        zones: ["us-west-2a", "us-west-2b"].map(Arc::from).to_vec(),
        sizes: Sizes { min: 2, desired: 2, max: 5 },
        template: "lt-1".into(),
        version: 1,
        tags: Map::from([(TAG.into(), "true".into())]),
        offer: None,
        paces: Paces::default(),
    };
    let group = world.cloud.add_group(spec).unwrap();
    for zone in ["us-west-2a", "us-west-2b"] {
        world.place_instance(group, zone).unwrap();
    }
    world
}

fn deploy(world: &mut World, namespace: &str, name: &str, replicas: i64, cpu_milli: i64) -> DeploymentId {
    let labels = Map::from([("app".into(), name.into())]);
    let requests = Resources { cpu_milli, ..Resources::default() };
    let template = PodTemplate {
        id: 1 + world.store.deployments.len() as u32,
        label_set: world.label_set(&labels),
        labels: Arc::new(labels.clone()),
        annotations: Arc::default(),
        spec: PodSpec { nonzero: requests.clone(), requests, grace_seconds: 5, ..PodSpec::default() },
        raw: Arc::new(serde_json::Value::Null),
    };
    let meta = Meta {
        namespace: namespace.into(),
        name: name.into(),
        uid: world.new_uid(),
        version: 0,
        generation: 1,
        created_at: world.now,
        deletion: None,
        finalizers: Vec::new(),
        owner: None,
        references: None,
        labels: world.label_set(&labels),
        annotations: Arc::default(),
    };
    let deployment = Deployment {
        meta,
        replicas,
        selector: Selector::of_labels(&labels),
        template: Arc::new(template),
        min_ready: Span::ZERO,
        recreate: false,
        max_surge: IntOrPercent::Percent(25),
        max_unavailable: IntOrPercent::Percent(25),
        paused: false,
        status: [0; 3],
        updated: 0,
        observed: 0,
        progress_deadline: Some(Span::secs(600)),
        progressing: None,
        available: None,
        raw: Arc::new(serde_json::Value::Null),
    };
    world.add(|store| &mut store.deployments, deployment, Ref::Deployment)
}

fn scale(world: &mut World, id: DeploymentId, replicas: i64) {
    let deployment = world.store.deployments.get_mut(id).unwrap();
    deployment.replicas = replicas;
    deployment.meta.generation += 1;
    world.changed(Ref::Deployment(id), Verb::Modified);
}

fn pass(world: &mut World, seconds: i64) -> u32 {
    let until = world.now + Span::secs(seconds);
    world.advance_to(until);
    world.cloud.group(GroupNo(0)).spec.sizes.desired
}

#[test]
fn it_grows_for_pending_pods_and_shrinks_when_they_are_gone() {
    let mut world = world();
    deploy(&mut world, "kube-system", "cluster-autoscaler", 1, 100);
    let web = deploy(&mut world, "shop", "web", 4, 1_500);
    world.switch_autoscaler(Some(AutoscalerSettings::default()));
    assert_eq!(pass(&mut world, 180), 4);
    scale(&mut world, web, 9);
    assert_eq!(pass(&mut world, 180), 5, "the maximum holds");
    scale(&mut world, web, 1);
    assert_eq!(pass(&mut world, 500), 5, "nothing goes soon after growth");
    assert_eq!(pass(&mut world, 3_600), 2, "the minimum holds");
    let ready = world.store.pods.in_namespace("shop").filter(|(_, pod)| pod.ready.is).count();
    assert_eq!(ready, 1);
}

#[test]
fn it_does_nothing_while_off_or_not_running() {
    for (on, running) in [(false, true), (true, false)] {
        let mut world = world();
        if running {
            deploy(&mut world, "kube-system", "cluster-autoscaler", 1, 100);
        }
        deploy(&mut world, "shop", "web", 4, 1_500);
        world.switch_autoscaler(on.then(AutoscalerSettings::default));
        assert_eq!(pass(&mut world, 600), 2);
    }
}
