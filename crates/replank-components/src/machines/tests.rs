//! Stories of groups: how they grow, shrink, fail and come into balance.

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_core::observed::{LaunchTrouble, Lifecycle, TemplateContent};
use replank_core::sizes::Sizes;

use replank_world::cloud::settings::{Bootstrap, Settings};
use replank_world::cloud::{Conditions, Death, GroupNo, GroupSpec, ImageTrouble, Paces, State, Status};
use replank_world::object::NodeReady;
use replank_world::time::{Span, Time};
use replank_world::timings::Timings;
use replank_world::world::World;

const START: Time = Time(1_790_000_000_000_000);
const GROUP: GroupNo = GroupNo(0);
const TEMPLATE: &str = "lt-0123456789abcdef0";

fn sizes(min: u32, desired: u32, max: u32) -> Sizes {
    Sizes { min, desired, max }
}

fn image(release: &str) -> Arc<str> {
    let catalogue = replank_world::cloud::catalogue::Catalogue::get();
    catalogue.find("AL2023_x86_64_STANDARD", "1.32", release).unwrap().id.clone()
}

fn content(image: &str, settings: &Settings) -> TemplateContent {
    TemplateContent { image: image.into(), settings: settings.to_string().into() }
}

/// A group of three zones, with so many members in each.
fn world(seed: u64, counts: [u32; 3]) -> World {
    let mut world = crate::kubernetes::world(seed, START, Timings::default());
    let zones: Vec<Arc<str>> = ["us-west-2a", "us-west-2b", "us-west-2c"].map(Arc::from).to_vec();
    world.cloud.add_template(TEMPLATE, content(&image("newest-2"), &Settings::new("m5.large"))).unwrap();
    let total = counts.iter().sum();
    let spec = GroupSpec {
        name: "eks-default-1a2b".into(),
        lot: "eks-default-1a2b".into(),
        nodegroup: "default".into(),
        is_managed: true,
        zones: zones.clone(),
        sizes: sizes(total, total, total),
        template: TEMPLATE.into(),
        version: 1,
        tags: BTreeMap::new(),
        offer: None,
        paces: Paces::default(),
    };
    assert_eq!(world.cloud.add_group(spec), Ok(GROUP));
    for (zone, count) in zones.iter().zip(counts) {
        for _ in 0..count {
            crate::machines::place_instance(&mut world, GROUP, zone).unwrap();
        }
    }
    world
}

fn pass(world: &mut World, seconds: i64) {
    let until = world.now + Span::secs(seconds);
    world.advance_to(until);
}

/// Members that stand, by zone.
fn zones(world: &World) -> Vec<u32> {
    let group = world.cloud.group(GROUP);
    (0..3).map(|zone| group.members[zone].len() as u32).collect()
}

fn ids(world: &World, state: State) -> Vec<Arc<str>> {
    let all = world.cloud.instances_of(GROUP).map(|number| world.cloud.instance(number));
    all.filter(|it| it.state == state).map(|it| it.id.clone()).collect()
}

#[test]
fn a_group_grows_by_one_in_each_zone_and_its_nodes_join() {
    let mut world = world(1, [1, 1, 1]);
    world.set_sizes("default", sizes(3, 6, 6)).unwrap();
    pass(&mut world, 15);
    assert_eq!((ids(&world, State::Pending).len(), world.store.nodes.len()), (3, 3));
    pass(&mut world, 120);
    assert_eq!((zones(&world), ids(&world, State::InService).len()), (vec![2, 2, 2], 6));
    let ready = world.store.nodes.iter().filter(|(_, node)| node.ready == NodeReady::True).count();
    assert_eq!(ready, 6);
    let causes: Vec<&str> = world.cloud.group(GROUP).activities.iter().map(|it| &*it.cause).collect();
    assert!(causes[0].contains(
        "a user request update of AutoScalingGroup constraints to min: 3, max: 6, desired: 6 changing the desired \
         capacity from 3 to 6.  At "
    ));
    assert!(causes[0].ends_with("increasing the capacity from 3 to 4."), "{}", causes[0]);
    let statuses = world.cloud.group(GROUP).activities.iter().map(|it| &it.status);
    assert!(statuses.into_iter().all(|status| *status == Status::Successful));
}

#[test]
fn a_node_has_the_labels_and_taints_of_its_instance() {
    let mut world = world(1, [1, 0, 0]);
    let (_, node) = world.store.nodes.iter().next().unwrap();
    let labels = world.store.labels.get(node.meta.labels);
    let rows = [
        ("eks.amazonaws.com/nodegroup", "default"),
        ("eks.amazonaws.com/nodegroup-image", &*image("newest-2")),
        ("eks.amazonaws.com/capacityType", "ON_DEMAND"),
        ("topology.kubernetes.io/zone", "us-west-2a"),
        ("topology.k8s.aws/zone-id", "usw2-az1"),
        ("node.kubernetes.io/instance-type", "m5.large"),
        ("kubernetes.io/hostname", &*node.meta.name),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/os", "linux"),
    ];
    for (key, wanted) in rows {
        assert_eq!(labels.get(key).map(|value| &**value), Some(wanted), "{key}");
    }
    assert!(node.meta.name.ends_with(".us-west-2.compute.internal"));
    assert_eq!((node.pods_max, node.allocatable.cpu_milli), (29, 1930));
    world.set_sizes("default", sizes(1, 2, 2)).unwrap();
    pass(&mut world, 120);
    assert_eq!(world.store.nodes.len(), 2);
}

#[test]
fn a_new_version_makes_new_nodes_and_scale_in_takes_the_old_ones_first() {
    let mut world = world(2, [1, 1, 1]);
    let fresh = content(&image("latest"), &Settings::new("m5.large"));
    assert_eq!(world.cloud.create_version(TEMPLATE, fresh, "update-1"), Ok(2));
    assert_eq!(world.point_group("default", 9).unwrap_err().code, 400);
    world.point_group("default", 2).unwrap();
    world.set_sizes("default", sizes(3, 6, 6)).unwrap();
    pass(&mut world, 120);
    world.set_sizes("default", sizes(3, 3, 6)).unwrap();
    pass(&mut world, 120);
    let versions: Vec<u64> =
        world.cloud.instances_of(GROUP).map(|number| world.cloud.instance(number).version).collect();
    assert_eq!((versions, zones(&world)), (vec![2, 2, 2], vec![1, 1, 1]));
}

#[test]
fn termination_keeps_or_lowers_desired_and_knows_its_limits() {
    let mut world = world(3, [1, 1, 1]);
    let id = ids(&world, State::InService)[0].clone();
    let said = world.terminate_instance(&id, true).unwrap_err().message;
    assert!(said.starts_with("Currently, desiredSize equals minSize (3)."), "{said}");
    let said = world.terminate_instance("i-nothere", false).unwrap_err().message;
    assert_eq!(said, "Instance Id not found - No managed instance found for instance ID: i-nothere");
    world.terminate_instance(&id, false).unwrap();
    assert_eq!(world.terminate_instance(&id, false), Ok(()));
    assert!(world.cloud.exists(&id));
    pass(&mut world, 120);
    assert!(!world.cloud.exists(&id) && world.terminate_instance(&id, false).is_err());
    assert_eq!(zones(&world), [1, 1, 1]);
    world.set_sizes("default", sizes(1, 3, 3)).unwrap();
    let id = ids(&world, State::InService)[0].clone();
    world.terminate_instance(&id, true).unwrap();
    pass(&mut world, 120);
    assert_eq!(
        (ids(&world, State::InService).len(), world.cloud.group(GROUP).spec.sizes),
        (2, sizes(1, 2, 3))
    );
}

#[test]
fn a_zone_without_capacity_sends_launches_elsewhere_and_balance_comes_back() {
    let mut world = world(4, [1, 1, 1]);
    world.cloud.conditions.room.insert("us-west-2b".into(), 0);
    world.set_sizes("default", sizes(3, 6, 6)).unwrap();
    pass(&mut world, 120);
    let found = zones(&world);
    assert_eq!((found[1], found.iter().sum::<u32>()), (1, 6));
    let failures: Vec<_> = world.cloud.group(GROUP).activities.failures().cloned().collect();
    assert_eq!((failures.len(), failures[0].trouble), (1, LaunchTrouble::NoCapacity));
    assert_eq!(failures[0].zone, Some("us-west-2b".into()));
    world.cloud.conditions = Conditions::default();
    pass(&mut world, 3600);
    assert_eq!(zones(&world), [2, 2, 2]);
}

#[test]
fn launches_that_fail_everywhere_are_tried_again_with_growing_pauses() {
    let mut world = world(5, [1, 1, 1]);
    world.cloud.conditions.instances_max = Some(3);
    world.set_sizes("default", sizes(3, 6, 6)).unwrap();
    pass(&mut world, 200);
    let at: Vec<i64> =
        world.cloud.group(GROUP).activities.failures().map(|it| it.at.as_second() - 1_790_000_000).collect();
    assert_eq!(at.len(), 3, "{at:?}");
    assert!(at[1] - at[0] >= 30 && at[2] - at[1] >= 60, "{at:?}");
    world.cloud.conditions.instances_max = None;
    pass(&mut world, 400);
    assert_eq!(zones(&world), [2, 2, 2]);
}

#[test]
fn a_dead_machine_is_found_and_replaced() {
    for (how, cause) in [
        (Death::Terminated, "EC2 health check indicating it has been terminated or stopped."),
        (Death::Impaired, "EC2 instance status checks failure."),
    ] {
        let mut world = world(6, [1, 1, 1]);
        let id = ids(&world, State::InService)[0].clone();
        let node = world.store.index.by_instance[&id];
        world.kill_instance(&id, how).unwrap();
        assert!(world.store.nodes.get(node).is_none_or(|node| !node.alive));
        assert_eq!(world.cloud.exists(&id), how == Death::Impaired);
        pass(&mut world, 600);
        assert_eq!((zones(&world), ids(&world, State::InService).contains(&id)), (vec![1, 1, 1], false));
        let causes: Vec<String> =
            world.cloud.group(GROUP).activities.iter().map(|it| it.cause.clone()).collect();
        assert!(causes[0].ends_with(cause), "{causes:?}");
        assert!(causes[1].ends_with("an unhealthy instance needing to be replaced."), "{causes:?}");
    }
}

#[test]
fn nodes_of_bad_images_and_bad_user_data_do_not_come() {
    let mut broken = Settings::new("m5.large");
    broken.user_data = Bootstrap::Broken;
    let rows: [(Option<ImageTrouble>, &Settings, usize, usize); 4] = [
        (None, &Settings::new("m5.large"), 4, 4),
        (None, &broken, 3, 3),
        (Some(ImageTrouble::NeverJoins), &Settings::new("m5.large"), 3, 3),
        (Some(ImageTrouble::NeverReady), &Settings::new("m5.large"), 4, 3),
    ];
    for (trouble, settings, nodes, ready) in rows {
        let mut world = world(7, [1, 1, 1]);
        let image = image("latest");
        world.cloud.conditions.images.extend(trouble.map(|trouble| (image.clone(), trouble)));
        world.cloud.create_version(TEMPLATE, content(&image, settings), "update-1").unwrap();
        world.point_group("default", 2).unwrap();
        world.set_sizes("default", sizes(3, 4, 4)).unwrap();
        pass(&mut world, 900);
        assert_eq!(ids(&world, State::InService).len(), 4, "{trouble:?}");
        let is_ready = world.store.nodes.iter().filter(|(_, node)| node.ready == NodeReady::True).count();
        assert_eq!((world.store.nodes.len(), is_ready), (nodes, ready), "{trouble:?}");
    }
}

#[test]
fn whoever_follows_sees_every_change() {
    let mut world = world(8, [1, 1, 1]);
    let seen = world.cloud.version();
    world.set_sizes("default", sizes(3, 4, 4)).unwrap();
    pass(&mut world, 12);
    let changed: Vec<_> = world.cloud.changed_since(GROUP, seen).unwrap().collect();
    assert_eq!(changed.len(), 1);
    let shown = world.cloud.observed_instance(changed[0]).unwrap();
    assert_eq!((shown.lifecycle, shown.version), (Lifecycle::Pending, 1));
    assert!(world.cloud.is_member("default", shown.id.as_str()));
    assert!(!world.cloud.is_member("other", shown.id.as_str()));
    let group = world.cloud.observed_group(GROUP);
    assert_eq!((group.zones.len(), group.sizes, group.versions.len()), (3, sizes(3, 4, 4), 1));
    assert_eq!(world.cloud.changed_since(GROUP, world.cloud.version()).unwrap().count(), 0);
}

#[test]
fn how_finely_time_passes_changes_nothing() {
    let run = |step: i64| {
        let mut world = world(9, [1, 1, 1]);
        world.set_sizes("default", sizes(3, 7, 7)).unwrap();
        (0..600 / step).for_each(|_| pass(&mut world, step));
        let group = world.cloud.group(GROUP);
        let nodes: Vec<_> = world.store.nodes.iter().map(|(_, node)| node.meta.name.clone()).collect();
        format!("{:?} {:?} {nodes:?}", group.activities, zones(&world))
    };
    assert_eq!(run(600), run(1));
}
