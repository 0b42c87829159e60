//! Cases of `control::daemon_set`: tables of what is given and what must come of it.

use super::*;
use crate::control::bench::{self, Bench};
use replank_world::object::Phase;
use replank_world::time::Span;
use replank_world::vocab::taint::{Effect, NOT_READY, Taint, UNSCHEDULABLE};

fn set(bench: &mut Bench) -> Ref {
    let set = bench::daemon_set(&mut bench.world, "agent", |_| {});
    bench.settle();
    Ref::DaemonSet(set)
}

fn status(bench: &Bench) -> [i64; 4] {
    bench.world.store.daemon_sets.iter().next().map(|(_, set)| set.status).unwrap()
}

fn taint(bench: &mut Bench, key: &str, effect: Effect) {
    let node = bench.nodes[0];
    bench.world.edit_node(node, |node| node.taints.push(Taint::new(key, "", effect)));
    bench.settle();
}

/// A pod on the first node: (there after the taint, there again after its deletion, status).
#[test]
fn the_table_of_taints_holds() {
    let rows = [
        (UNSCHEDULABLE, Effect::NoSchedule, true, true, [3, 3, 3, 0]),
        (NOT_READY, Effect::NoExecute, true, true, [3, 3, 3, 0]),
        (NOT_READY, Effect::NoSchedule, true, false, [2, 2, 2, 1]),
        ("team", Effect::NoSchedule, true, false, [2, 2, 2, 1]),
        ("team", Effect::NoExecute, false, false, [2, 2, 2, 0]),
        ("team", Effect::PreferNoSchedule, true, true, [3, 3, 3, 0]),
    ];
    for (key, effect, stays, returns, wanted) in rows {
        let mut bench = Bench::new(3);
        set(&mut bench);
        taint(&mut bench, key, effect);
        let here = |bench: &Bench| bench.world.store.index.pods_on(bench.nodes[0]).next();
        let pod = here(&bench);
        assert_eq!((pod.is_some(), status(&bench)), (stays, wanted), "{key} {effect:?}");
        if let Some(pod) = pod {
            make::delete(&mut bench.world, pod);
            bench.settle();
        }
        assert_eq!(here(&bench).is_some(), returns, "{key} {effect:?}");
    }
}

#[test]
fn a_pod_comes_back_to_the_same_node_only_after_it_is_gone() {
    let mut bench = Bench::new(2);
    let set = set(&mut bench);
    let pod = bench.world.store.index.pods_on(bench.nodes[0]).next().unwrap();
    make::delete(&mut bench.world, pod);
    bench.pass(Span::millis(500));
    assert_eq!(bench.pods(set).len(), 2, "its place is taken");
    bench.settle();
    assert_eq!((bench.pods(set).len(), status(&bench)), (2, [2, 2, 2, 0]));
    assert!(bench.world.store.index.pods_on(bench.nodes[0]).next().is_some_and(|new| new != pod));
}

#[test]
fn a_terminating_pod_that_ended_frees_its_place() {
    let mut bench = Bench::new(1);
    let set = set(&mut bench);
    let pod = bench.pods(set)[0];
    bench.world.edit_pod(pod, |pod| pod.meta.finalizers.push(Arc::from("example.com/hold")));
    make::delete(&mut bench.world, pod);
    bench.pass(Span::secs(5));
    assert_eq!(bench.pods(set).len(), 1);
    bench.world.edit_pod(pod, |pod| pod.phase = Phase::Failed);
    bench.pass(Span::millis(20));
    assert_eq!(bench.pods(set).len(), 2);
}

#[test]
fn a_new_node_gets_its_pod_when_it_fits() {
    for (tolerates, at_once) in [(false, 0), (true, 1)] {
        let mut bench = Bench::new(1);
        let set = Ref::DaemonSet(bench::daemon_set(&mut bench.world, "agent", |spec| {
            if tolerates {
                spec.tolerations = vec![bench::tolerate_all()];
            }
        }));
        bench.settle();
        let node = bench::node_with(&mut bench.world, "new", |node| {
            node.taints.push(Taint::new(NOT_READY, "", Effect::NoSchedule));
        });
        bench.pass(Span::millis(50));
        assert_eq!(bench.pods(set).len(), 1 + at_once, "tolerates {tolerates}");
        bench.world.edit_node(node, |node| node.taints.clear());
        bench.pass(Span::millis(50));
        assert_eq!(bench.pods(set).len(), 2);
    }
}

#[test]
fn a_vanished_node_is_seen_at_the_next_look() {
    let mut bench = Bench::new(3);
    let set = set(&mut bench);
    let (gone, other) = (bench.nodes[0], bench.nodes[1]);
    bench.world.remove(Ref::Node(gone));
    bench.settle();
    assert_eq!((status(&bench), bench.pods(set).len()), ([3, 3, 3, 0], 3), "nothing tells the controller");
    let pod = bench.world.store.index.pods_on(other).next().unwrap();
    bench.world.edit_pod(pod, |pod| pod.ready.is = false);
    bench.pass(Span::millis(100));
    assert_eq!(status(&bench), [2, 2, 1, 0]);
}

#[test]
fn failed_pods_are_deleted_with_growing_pauses() {
    let mut bench = Bench::new(1);
    let set = set(&mut bench);
    let mut ends = Vec::new();
    for _ in 0..4 {
        let pod = bench.pods(set)[0];
        let start = bench.world.now;
        bench.world.edit_pod(pod, |pod| pod.phase = Phase::Failed);
        while bench.pods(set).contains(&pod) {
            bench.pass(Span::millis(10));
        }
        ends.push((bench.world.now - start).0 / 100_000);
        bench.pass(Span::millis(50));
    }
    assert!(ends[0] == 0 && ends[1] >= 8 && ends[2] >= 18 && ends[3] >= 38, "{ends:?}");
}

#[test]
fn a_rolling_update_takes_as_many_as_may_be_unavailable() {
    for (max, most) in [
        (replank_world::vocab::percent::IntOrPercent::Int(1), 1),
        (replank_world::vocab::percent::IntOrPercent::Percent(30), 2),
    ] {
        let mut bench = Bench::new(6);
        let set = set(&mut bench);
        let Ref::DaemonSet(id) = set else { return };
        let template = bench::template(&mut bench.world, "agent", |spec| spec.grace_seconds = 5);
        let daemon = bench.world.store.daemon_sets.get_mut(id).unwrap();
        (daemon.template, daemon.max_unavailable) = (template, Some(max));
        bench.world.changed(set, Verb::Modified);
        let mut fewest = 6;
        for _ in 0..4000 {
            bench.pass(Span::millis(10));
            fewest = fewest.min(bench.ready(set));
        }
        let updated = bench.pods(set).into_iter().filter(|pod| {
            bench.world.store.pods.get(*pod).is_some_and(|pod| pod.template.spec.grace_seconds == 5)
        });
        assert_eq!((updated.count(), fewest), (6, 6 - most), "{max}");
    }
}

#[test]
fn a_selector_that_no_longer_matches_takes_the_pod_away() {
    let mut bench = Bench::new(2);
    let selector = replank_world::vocab::selector::Selector::of_labels(
        &[(Arc::from("kubernetes.io/hostname"), Arc::from("n0"))].into(),
    );
    let set = bench::daemon_set(&mut bench.world, "agent", |spec| spec.node_selector = selector);
    bench.settle();
    assert_eq!((bench.pods(Ref::DaemonSet(set)).len(), status(&bench)), (1, [1, 1, 1, 0]));
    let labels = bench.world.label_set(&replank_world::vocab::labels::Map::new());
    let node = bench.nodes[0];
    bench.world.edit_node(node, |node| node.meta.labels = labels);
    bench.settle();
    assert_eq!((bench.pods(Ref::DaemonSet(set)).len(), status(&bench)), (0, [0, 0, 0, 0]));
}

/// Unavailable, surge, seconds a pod must be Ready: most pods on a node, fewest available ones seen in an update, and
/// whether it takes longer than 40 s.
#[test]
fn a_rolling_update_replaces_or_surges() {
    use replank_world::vocab::percent::IntOrPercent::{Int, Percent};
    for (away, surge, min_ready, most, fewest, is_slow) in [
        (Int(1), Int(0), 0, 1, 3, false),
        (Int(2), Int(0), 0, 1, 2, false),
        (Percent(100), Int(0), 0, 1, 0, false),
        (Int(1), Int(0), 20, 1, 3, true),
        (Int(0), Int(1), 0, 2, 4, false),
        (Int(0), Percent(50), 0, 2, 4, false),
        (Int(0), Int(1), 20, 2, 4, true),
    ] {
        let row = format!("{away:?} {surge:?} {min_ready}");
        let mut bench = Bench::new(4);
        let set = set(&mut bench);
        let Ref::DaemonSet(id) = set else { return };
        let template = bench::template(&mut bench.world, "agent", |spec| spec.grace_seconds = 7);
        let daemons = bench.world.store.daemon_sets.get_mut(id).unwrap();
        (daemons.max_unavailable, daemons.max_surge) = (Some(away), surge);
        (daemons.min_ready, daemons.template) = (Span::secs(min_ready), template);
        daemons.meta.generation += 1;
        bench.world.changed(set, Verb::Modified);
        let (mut seen_most, mut seen_fewest, mut ended_at) = (0, 4, None);
        for tick in 0..3000 {
            bench.pass(Span::millis(100));
            for node in bench.nodes.clone() {
                seen_most = seen_most.max(bench.world.store.index.pods_on(node).count());
            }
            seen_fewest = seen_fewest.min(bench.ready(set));
            let daemons = bench.world.store.daemon_sets.get(id).unwrap();
            if daemons.rollout == [4, 4, 0]
                && daemons.observed == daemons.meta.generation
                && bench.pods(set).len() == 4
            {
                ended_at = ended_at.or(Some(tick / 10));
            }
        }
        assert_eq!((seen_most, seen_fewest), (most, fewest), "{row}");
        assert_eq!(ended_at.map(|seconds| seconds > 40), Some(is_slow), "{row}: {ended_at:?}");
    }
}
