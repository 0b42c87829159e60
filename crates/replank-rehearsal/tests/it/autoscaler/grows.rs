//! More nodes: for pods without a place, within the maximum, from what it knows.

use super::{desired, is_alive, pass, said, until, world};
use replank_world::act::Act;
use replank_world::api::{self, NodePatch, Scaled};
use replank_world::world::World;

const WEB: &str = "\n  - {name: web, namespace: shop, replicas: 4, cpu: 1500m}";

fn scale(world: &mut World, replicas: i64) {
    let (kind, namespace, name) = (Scaled::Deployment, "shop".into(), "web".into());
    world.act(Act::Cluster(api::Act::Scale { kind, namespace, name, replicas })).unwrap();
}

#[test]
fn it_grows_for_pending_pods_and_shrinks_when_they_are_gone() {
    let mut world = world("", "size: {min: 2, desired: 2, max: 5}", WEB);
    assert_eq!(pass(&mut world, 180), 4);
    assert!(said(&world, "TriggeredScaleUp").iter().any(|it| it.contains(" 2->4 (max: 5)}]")));
    scale(&mut world, 9);
    assert_eq!(pass(&mut world, 180), 5, "the maximum holds");
    scale(&mut world, 1);
    assert_eq!(pass(&mut world, 500), 5, "nothing goes soon after growth");
    assert_eq!(pass(&mut world, 3_600), 2, "the minimum holds");
    let ready = world.store.pods.in_namespace("shop").filter(|(_, pod)| pod.ready.is).count();
    assert_eq!(ready, 1);
}

#[test]
fn it_does_nothing_while_off_or_not_running() {
    let mut off = world("", "size: {min: 2, desired: 2, max: 5}", WEB);
    replank_components::autoscaler::switch(&mut off, false);
    let before = desired(&off);
    scale(&mut off, 9);
    assert_eq!(pass(&mut off, 600), before);
    let mut gone = world("", "size: {min: 2, desired: 2, max: 5}", "");
    let (kind, namespace, name) = (Scaled::Deployment, "kube-system".into(), "cluster-autoscaler".into());
    gone.act(Act::Cluster(api::Act::Scale { kind, namespace, name, replicas: 0 })).unwrap();
    until(&mut gone, 60, |world| !is_alive(world));
    assert_eq!(pass(&mut gone, 3_600), 2);
}

#[test]
fn the_size_it_sets_is_the_one_it_knows() {
    let mut world = world("", "size: {min: 2, desired: 2, max: 9}", &WEB.replace('4', "2"));
    until(&mut world, 120, is_alive);
    pass(&mut world, 20);
    // Somebody asks for three more; what it knows is up to a minute old and says two.
    let to = [None, Some(5), None];
    world.act(Act::SetSizes { group: "default".into(), from: None, to }).unwrap();
    scale(&mut world, 3);
    let least = std::iter::from_fn(|| Some(pass(&mut world, 1))).take(20).min();
    assert_eq!(least, Some(3), "it asked for one more than two");
}

#[test]
fn a_taint_on_every_node_is_taken_to_be_on_new_ones() {
    for (tainted, wanted) in [(true, 2), (false, 3)] {
        let mut world = world("", "size: {min: 2, desired: 2, max: 9}", &WEB.replace('4', "2"));
        until(&mut world, 120, is_alive);
        pass(&mut world, 90);
        let names: Vec<_> = world.store.nodes.iter().map(|(_, node)| node.meta.name.clone()).collect();
        for name in names.into_iter().filter(|_| tainted) {
            let guard = ("eks.amazonaws.com/nodegroup".into(), "unschedulable".into(), "NoSchedule".into());
            let patch = NodePatch { set_taints: vec![guard], ..NodePatch::default() };
            world.act(Act::Cluster(api::Act::PatchNode { name, uid: None, patch })).unwrap();
        }
        scale(&mut world, 3);
        assert_eq!(pass(&mut world, 300), wanted, "tainted: {tainted}");
    }
}
