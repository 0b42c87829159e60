//! Cases of `control::replica_set`: tables of what is given and what must come of it.

use super::*;
use crate::control::bench::{self, Bench};
use replank_core::behaviour::ServerVersion;
use replank_world::known::PriorityClass;
use replank_world::object::Phase;
use replank_world::time::Span;

fn set(bench: &mut Bench, replicas: i64) -> ReplicaSetId {
    let set = bench::replica_set(&mut bench.world, "web", replicas);
    bench.settle();
    set
}

#[test]
fn a_terminating_pod_is_replaced_before_it_is_gone() {
    let mut bench = Bench::new(3);
    let set = set(&mut bench, 3);
    assert_eq!(bench.ready(Ref::ReplicaSet(set)), 3);
    let victim = bench.pods(Ref::ReplicaSet(set))[0];
    make::delete(&mut bench.world, victim);
    bench.pass(Span::millis(10));
    assert_eq!(bench.pods(Ref::ReplicaSet(set)).len(), 4, "the old one is still there");
    bench.settle();
    assert_eq!(bench.pods(Ref::ReplicaSet(set)).len(), 3);
    assert_eq!(bench.world.store.replica_sets.get(set).map(|set| set.status), Some([3, 3, 3]));
}

#[test]
fn finished_pods_do_not_count() {
    let mut bench = Bench::new(3);
    let set = set(&mut bench, 2);
    let failed = bench.pods(Ref::ReplicaSet(set))[0];
    bench.world.edit_pod(failed, |pod| pod.phase = Phase::Failed);
    bench.settle();
    assert_eq!((bench.pods(Ref::ReplicaSet(set)).len(), bench.ready(Ref::ReplicaSet(set))), (3, 2));
}

#[test]
fn names_carry_a_suffix_of_the_alphabet_without_vowels() {
    let mut bench = Bench::new(1);
    let set = set(&mut bench, 5);
    for pod in bench.pods(Ref::ReplicaSet(set)) {
        let name = bench.world.store.pods.get(pod).map(|pod| pod.meta.name.to_string()).unwrap_or_default();
        let suffix = name.strip_prefix("web-").unwrap_or_default();
        assert!(
            suffix.len() == 5 && suffix.chars().all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c)),
            "{name}"
        );
    }
}

#[test]
fn pods_are_available_after_min_ready_seconds() {
    let mut bench = Bench::new(1);
    let id = bench::replica_set(&mut bench.world, "web", 1);
    bench.world.store.replica_sets.get_mut(id).unwrap().min_ready = Span::secs(20);
    let status = |bench: &Bench| bench.world.store.replica_sets.get(id).unwrap().status;
    bench.pass(Span::secs(10));
    assert_eq!(status(&bench), [1, 1, 0]);
    bench.pass(Span::secs(20));
    assert_eq!(status(&bench), [1, 1, 1]);
}

#[test]
fn the_status_is_written_only_when_it_changes() {
    let mut bench = Bench::new(1);
    let set = set(&mut bench, 2);
    let version = bench.world.store.changes.version;
    bench.world.soon(Work::ReplicaSet(set));
    bench.settle();
    assert_eq!(bench.world.store.changes.version, version);
}

/// Scale down from three to two: who goes.
#[test]
fn victims_go_in_the_order_of_kubernetes() {
    type Spoil = fn(&mut World, PodId);
    let rows: [(&str, Spoil); 7] = [
        ("not ready", |world, pod| world.edit_pod(pod, |pod| pod.ready.is = false)),
        ("pending", |world, pod| world.edit_pod(pod, |pod| pod.phase = Phase::Pending)),
        ("cheap", |world, pod| {
            world.edit_pod(pod, |pod| {
                let cost = (Arc::from("controller.kubernetes.io/pod-deletion-cost"), Arc::from("-5"));
                pod.meta.annotations = Arc::new([cost].into());
            });
        }),
        ("ready for a shorter time", |world, pod| {
            let now = world.now;
            world.edit_pod(pod, |pod| pod.ready.since = now);
        }),
        ("restarted", |world, pod| world.edit_pod(pod, |pod| pod.restarts = 3)),
        ("younger", |world, pod| {
            let now = world.now;
            world.edit_pod(pod, |pod| pod.meta.created_at = now);
        }),
        ("crowded", |world, pod| {
            let node = world.store.pods.get(pod).and_then(|pod| pod.node).unwrap();
            let other = world.store.pods.iter().map(|(id, _)| id).find(|id| *id != pod).unwrap();
            let old = world.store.pods.get(other).and_then(|pod| pod.node).unwrap();
            world.store.index.on_node.get_mut(&old).unwrap().remove(&other);
            world.edit_pod(other, |pod| pod.node = Some(node));
        }),
    ];
    for (name, spoil) in rows {
        for at in 0..3 {
            let mut bench = Bench::new(3);
            let set = set(&mut bench, 3);
            bench.pass(Span::secs(1000));
            let pods = bench.pods(Ref::ReplicaSet(set));
            for (place, pod) in pods.iter().enumerate() {
                bench.world.edit_pod(*pod, |pod| pod.ready.since = Time(0));
                let node = bench.nodes[place];
                bench.move_to(*pod, node);
            }
            spoil(&mut bench.world, pods[at]);
            let active = active_pods(&bench.world, Ref::ReplicaSet(set));
            let chosen = victims::choose(&bench.world, set, &active, 1);
            let crowd = bench.world.store.pods.get(chosen[0]).and_then(|pod| pod.node);
            let wanted = bench.world.store.pods.get(pods[at]).and_then(|pod| pod.node);
            assert_eq!(crowd, wanted, "{name} {at}");
            if name != "crowded" {
                assert_eq!(chosen, [pods[at]], "{name} {at}");
            }
        }
    }
}

/// The template's pods are refused until their class is there (Kubernetes: admission `Priority`, condition
/// `ReplicaFailure`).
#[test]
fn pods_of_an_unknown_priority_class_are_refused_until_it_comes() {
    let mut bench = Bench::new(1);
    let set = bench::replica_set(&mut bench.world, "web", 2);
    let template =
        bench::template(&mut bench.world, "web", |spec| spec.unknown_class = Some(Arc::from("high")));
    bench.world.store.replica_sets.get_mut(set).unwrap().template = template;
    bench.settle();
    let failure = |bench: &Bench| bench.world.store.replica_sets.get(set).unwrap().failure.clone();
    let said = failure(&bench).unwrap();
    assert_eq!((said.truth, said.reason), (Truth::True, "FailedCreate"));
    assert_eq!(*said.message, *"pods \"web-\" is forbidden: no PriorityClass with name high was found");
    assert!(bench.pods(Ref::ReplicaSet(set)).is_empty());
    let class = PriorityClass { value: 7, ..PriorityClass::default() };
    bench.world.known.priority_classes.insert("high".to_owned(), class);
    make::class_came(&mut bench.world);
    bench.settle();
    let pods = bench.pods(Ref::ReplicaSet(set));
    let priority = |pod: &PodId| bench.world.store.pods.get(*pod).map(|pod| pod.template.spec.priority);
    assert_eq!(pods.iter().map(priority).collect::<Vec<_>>(), [Some(7), Some(7)]);
    assert_eq!(failure(&bench), None);
}

/// `status.terminatingReplicas` is told from 1.35 on.
#[test]
fn terminating_pods_are_counted_where_the_version_tells_them() {
    for (minor, during, after) in [(34, None, None), (35, Some(1), Some(0))] {
        let mut bench = Bench::new(1);
        bench.world.known.version = ServerVersion::of(minor, 0);
        let set = set(&mut bench, 2);
        let told = |bench: &Bench| bench.world.store.replica_sets.get(set).unwrap().terminating;
        let victim = bench.pods(Ref::ReplicaSet(set))[0];
        make::delete(&mut bench.world, victim);
        bench.pass(Span::millis(100));
        assert_eq!(told(&bench), during, "1.{minor}");
        bench.settle();
        assert_eq!(told(&bench), after, "1.{minor}");
    }
}
