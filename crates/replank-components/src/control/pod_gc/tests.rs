//! What the collector takes, and when.

use std::sync::Arc;

use crate::kubelet::kill_kubelet;
use crate::kubelet::tests::{at, delete, node, pod, world};
use replank_world::object::{Phase, PodSpec};
use replank_world::store::{PodId, Ref};
use replank_world::time::Span;
use replank_world::vocab::taint::{Effect, Taint};
use replank_world::world::World;

fn gone_after(world: &mut World, pod: PodId) -> Option<i64> {
    let start = world.now;
    (0..300).find(|seconds| {
        world.advance_to(start + Span::secs(*seconds));
        world.store.pods.get(pod).is_none()
    })
}

#[test]
fn pods_of_a_deleted_node_stay_ready_until_the_quarantine_is_over() {
    let mut late = 0;
    for number in 0..40 {
        let mut world = world();
        world.chance.0 = number;
        let node = node(&mut world, "n", "a");
        let pod = pod(&mut world, "p", Some(node), PodSpec::default());
        world.advance_to(at(97));
        world.remove(Ref::Node(node));
        world.advance_to(at(130));
        assert!(world.store.pods.get(pod).unwrap().ready.is);
        world.now = at(130);
        let after = 33 + gone_after(&mut world, pod).expect("it is collected");
        assert!((40..=81).contains(&after), "{after}");
        late += i32::from(after > 61);
        assert!(!world.queue.has(replank_world::queue::Work::PodGc), "no round without need");
    }
    assert!(late <= 4, "{late} of 40 were late");
}

#[test]
fn a_finalizer_holds_a_lost_pod_and_its_status_tells_why() {
    let mut world = world();
    let node = node(&mut world, "n", "a");
    let pod = pod(&mut world, "p", Some(node), PodSpec::default());
    world.edit_pod(pod, |pod| pod.meta.finalizers.push(Arc::from("example.com/hold")));
    world.advance_to(at(10));
    world.remove(Ref::Node(node));
    world.advance_to(at(200));
    let lost = world.store.pods.get(pod).expect("held");
    assert_eq!((lost.phase, lost.disruption), (Phase::Failed, Some("DeletionByPodGC")));
    assert_eq!(lost.meta.deletion.map(|deletion| deletion.grace_seconds), Some(0));
    crate::apiserver::remove_finalizer(&mut world, Ref::Pod(pod), "example.com/hold");
    assert!(world.store.pods.get(pod).is_none());
}

#[test]
fn a_node_out_of_service_gives_its_terminating_pods_up() {
    for (out_of_service, gone) in [(true, true), (false, false)] {
        let mut world = world();
        node(&mut world, "well", "a");
        let node = node(&mut world, "n", "a");
        let pod = pod(&mut world, "p", Some(node), PodSpec { grace_seconds: 30, ..PodSpec::default() });
        world.advance_to(at(10));
        kill_kubelet(&mut world, node);
        delete(&mut world, pod, 30);
        world.advance_to(at(200));
        assert!(world.store.pods.get(pod).is_some());
        if out_of_service {
            let taint = Taint::new("node.kubernetes.io/out-of-service", "", Effect::NoExecute);
            world.edit_node(node, |node| node.taints.push(taint));
        }
        assert_eq!(gone_after(&mut world, pod).is_some(), gone);
    }
}

#[test]
fn finished_pods_above_the_threshold_go_the_oldest_first() {
    let mut world = world();
    let node = node(&mut world, "n", "a");
    let mut pods = Vec::new();
    for number in 0..super::FINISHED_MAX + 3 {
        let pod = pod(&mut world, &format!("p-{number}"), Some(node), PodSpec::default());
        world.edit_pod(pod, |pod| pod.phase = Phase::Succeeded);
        pods.push(pod);
    }
    world.advance_to(at(21));
    let left = pods.iter().map(|pod| world.store.pods.get(*pod).is_some());
    assert_eq!(left.take(5).collect::<Vec<_>>(), [false, false, false, true, true]);
    assert_eq!(world.store.pods.len(), super::FINISHED_MAX);
}

/// A pod that names a node which never was (Kubernetes: `gcOrphaned`, and a scheduler that leaves such pods alone).
#[test]
fn a_pod_of_a_node_that_never_was_is_collected_unless_the_node_comes() {
    for comes in [false, true] {
        let mut world = world();
        let spec = PodSpec { node_name: Some(Arc::from("ghost")), ..PodSpec::default() };
        let pod = pod(&mut world, "p", None, spec);
        world.advance_to(at(10));
        let waits = world.store.pods.get(pod).expect("quarantined");
        assert_eq!(
            waits.scheduled,
            replank_world::object::Scheduled::Waiting,
            "the scheduler has no part in it"
        );
        if comes {
            let ghost = node(&mut world, "ghost", "a");
            assert_eq!(world.store.pods.get(pod).and_then(|pod| pod.node), Some(ghost));
            assert_eq!(gone_after(&mut world, pod), None, "it runs where it belongs");
        } else {
            let after = 10 + gone_after(&mut world, pod).expect("it is collected");
            assert!((40..=61).contains(&after), "{after}");
            assert!(!world.queue.has(replank_world::queue::Work::PodGc), "no round without need");
        }
    }
}
