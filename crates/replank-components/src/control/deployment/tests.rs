//! Cases of `control::deployment`: tables of what is given and what must come of it.

use super::*;
use crate::control::bench::{self, Bench};
use replank_world::store::{Ref, Verb};
use replank_world::time::Span;
use replank_world::vocab::percent::IntOrPercent;

fn deployment(bench: &mut Bench, replicas: i64) -> DeploymentId {
    let id = bench::deployment(&mut bench.world, "web", replicas);
    bench.settle();
    id
}

fn change(bench: &mut Bench, id: DeploymentId, change: impl FnOnce(&mut Deployment)) {
    let deployment = bench.world.store.deployments.get_mut(id).unwrap();
    change(deployment);
    deployment.meta.generation += 1;
    bench.world.changed(Ref::Deployment(id), Verb::Modified);
}

fn update(bench: &mut Bench, id: DeploymentId, grace_seconds: i64) {
    let template = bench::template(&mut bench.world, "web", |spec| spec.grace_seconds = grace_seconds);
    change(bench, id, |deployment| deployment.template = template);
}

/// Sizes of its sets, oldest first.
fn sizes(bench: &Bench, id: DeploymentId) -> Vec<i64> {
    sets::owned(&bench.world, id).iter().map(|set| wanted(&bench.world, &[*set])).collect()
}

fn ready(bench: &Bench, id: DeploymentId) -> usize {
    sets::owned(&bench.world, id).iter().map(|set| bench.ready(Ref::ReplicaSet(*set))).sum()
}

#[test]
fn its_replica_set_is_named_by_the_hash_of_the_template() {
    let mut bench = Bench::new(2);
    let id = deployment(&mut bench, 3);
    let sets = sets::owned(&bench.world, id);
    let set = bench.world.store.replica_sets.get(sets[0]).unwrap();
    let hash = set.template.labels.get("pod-template-hash").unwrap();
    assert_eq!(*set.meta.name, format!("web-{hash}"));
    let note = |key: &str| set.meta.annotations.get(key).map(ToString::to_string).unwrap_or_default();
    assert_eq!(note("deployment.kubernetes.io/revision"), "1");
    assert_eq!(note("deployment.kubernetes.io/desired-replicas"), "3");
    assert_eq!(note("deployment.kubernetes.io/max-replicas"), "4");
    let pod = bench.world.store.pods.get(bench.pods(Ref::ReplicaSet(sets[0]))[0]).unwrap();
    assert!(set.selector.matches(bench.world.store.labels.get(pod.meta.labels)));
    assert_eq!(
        bench.world.store.deployments.get(id).map(|it| (it.status, it.observed)),
        Some(([3, 3, 3], 1))
    );
}

/// Surge, unavailable, size: most pods, fewest ready ones seen in an update.
#[test]
fn a_rolling_update_stays_within_surge_and_unavailable() {
    let (int, share) = (IntOrPercent::Int, IntOrPercent::Percent);
    let rows = [
        (share(25), share(25), 4, 5, 3),
        (share(25), share(25), 3, 4, 3),
        (share(25), share(25), 10, 13, 8),
        (int(0), int(0), 3, 3, 2),
        (int(0), int(1), 3, 3, 2),
        (int(2), int(0), 3, 5, 3),
        (share(100), share(0), 2, 4, 2),
    ];
    for (surge, unavailable, replicas, most, fewest) in rows {
        let mut bench = Bench::new(3);
        let id = bench::deployment(&mut bench.world, "web", replicas);
        change(&mut bench, id, |it| (it.max_surge, it.max_unavailable) = (surge, unavailable));
        bench.settle();
        update(&mut bench, id, 5);
        let (mut seen_most, mut seen_fewest) = (0, replicas as usize);
        for _ in 0..4000 {
            bench.pass(Span::millis(10));
            let pods = sets::owned(&bench.world, id)
                .iter()
                .flat_map(|set| bench.pods(Ref::ReplicaSet(*set)))
                .collect::<Vec<_>>();
            let active = pods.iter().filter(|pod| {
                bench.world.store.pods.get(**pod).is_some_and(replank_world::object::Pod::active)
            });
            seen_most = seen_most.max(active.count());
            seen_fewest = seen_fewest.min(ready(&bench, id));
        }
        assert_eq!(sizes(&bench, id), [0, replicas], "{surge} {unavailable} {replicas}");
        assert_eq!((seen_most, seen_fewest), (most, fewest), "{surge} {unavailable} {replicas}");
    }
}

#[test]
fn an_update_that_never_gets_ready_stops() {
    let mut bench = Bench::new(3);
    let id = deployment(&mut bench, 4);
    update(&mut bench, id, 5);
    for _ in 0..100 {
        bench.pass(Span::millis(100));
        let names: Vec<String> = bench
            .world
            .store
            .pods
            .iter()
            .filter(|(_, pod)| !pod.ready.is)
            .map(|(_, pod)| pod.meta.name.to_string())
            .collect();
        bench.sick = names;
    }
    assert_eq!((sizes(&bench, id), ready(&bench, id)), (vec![3, 2], 3));
    // Going back takes up the old set again.
    update(&mut bench, id, 30);
    bench.settle();
    assert_eq!(sizes(&bench, id), [4, 0]);
    let first = sets::owned(&bench.world, id)[0];
    assert_eq!(bench.world.store.replica_sets.get(first).map(|set| set.revision), Some(3));
}

#[test]
fn recreate_lets_every_old_pod_go_first() {
    let mut bench = Bench::new(3);
    let id = bench::deployment(&mut bench.world, "web", 3);
    change(&mut bench, id, |it| it.recreate = true);
    bench.settle();
    update(&mut bench, id, 5);
    for _ in 0..1000 {
        bench.pass(Span::millis(10));
        let graces: std::collections::BTreeSet<i64> =
            bench.world.store.pods.iter().map(|(_, pod)| pod.template.spec.grace_seconds).collect();
        assert!(graces.len() <= 1, "two revisions at once");
    }
    bench.settle();
    assert_eq!((sizes(&bench, id), ready(&bench, id)), (vec![0, 3], 3));
}

#[test]
fn scaling_follows_and_during_an_update_in_proportion() {
    let mut bench = Bench::new(3);
    let id = deployment(&mut bench, 4);
    for size in [7, 0, 2] {
        change(&mut bench, id, |it| it.replicas = size);
        bench.settle();
        assert_eq!((sizes(&bench, id), ready(&bench, id)), (vec![size], size as usize));
    }
    // Kubernetes documentation, "Proportional scaling": 10 with surge 3 and unavailable 2, stuck at 8 and 5, to 15.
    let mut bench = Bench::new(3);
    let id = bench::deployment(&mut bench.world, "web", 10);
    change(&mut bench, id, |it| {
        (it.max_surge, it.max_unavailable) = (IntOrPercent::Int(3), IntOrPercent::Int(2));
    });
    bench.settle();
    update(&mut bench, id, 5);
    let freeze = |bench: &mut Bench| {
        for _ in 0..50 {
            bench.pass(Span::millis(100));
            bench.sick = bench
                .world
                .store
                .pods
                .iter()
                .filter(|(_, pod)| !pod.ready.is)
                .map(|(_, pod)| pod.meta.name.to_string())
                .collect();
        }
    };
    freeze(&mut bench);
    assert_eq!(sizes(&bench, id), [8, 5]);
    change(&mut bench, id, |it| it.replicas = 15);
    bench.pass(Span::millis(100));
    assert_eq!(sizes(&bench, id), [11, 7]);
}

#[test]
fn old_revisions_beyond_the_limit_are_forgotten() {
    let mut bench = Bench::new(3);
    let id = bench::deployment(&mut bench.world, "web", 1);
    bench.settle();
    for grace in 40..54 {
        update(&mut bench, id, grace);
        bench.settle();
    }
    assert_eq!(sets::owned(&bench.world, id).len(), 11);
    let last = *sets::owned(&bench.world, id).last().unwrap();
    assert_eq!(
        bench.world.store.replica_sets.get(last).map(|set| (set.revision, set.replicas)),
        Some((15, 1))
    );
}

#[test]
fn a_paused_deployment_scales_and_does_not_roll() {
    let mut bench = Bench::new(3);
    let id = deployment(&mut bench, 2);
    change(&mut bench, id, |it| it.paused = true);
    update(&mut bench, id, 5);
    change(&mut bench, id, |it| it.replicas = 3);
    bench.settle();
    assert_eq!(sizes(&bench, id), [3]);
    change(&mut bench, id, |it| it.paused = false);
    bench.settle();
    assert_eq!(sizes(&bench, id), [0, 3]);
}

/// What others write beside the numbers that pods change reaches a Deployment that had nothing to do.
#[test]
fn a_steady_deployment_still_follows_what_is_written() {
    let mut bench = Bench::new(3);
    let id = deployment(&mut bench, 3);
    let set = sets::owned(&bench.world, id)[0];
    let lose = |bench: &mut Bench| {
        let pod = bench.pods(Ref::ReplicaSet(set))[0];
        bench.world.remove_pod(pod);
    };
    let status = |bench: &Bench| bench.world.store.deployments.get(id).map(|it| it.status);
    lose(&mut bench);
    bench.pass(Span::millis(500));
    assert!(settled::is_steady(&bench.world, id));
    assert_eq!(status(&bench).map(|[_, ready, _]| ready), Some(2));
    bench.settle();
    assert_eq!(status(&bench), Some([3, 3, 3]));

    // An annotation of the Deployment changes no generation.
    let noted = |bench: &mut Bench, at: Ref, key: &str, value: &str| {
        let meta = bench.world.store.meta_mut(at).unwrap();
        std::sync::Arc::make_mut(&mut meta.annotations).insert(key.into(), value.into());
        bench.world.changed(at, Verb::Modified);
    };
    noted(&mut bench, Ref::Deployment(id), "example.com/team", "shop");
    lose(&mut bench);
    bench.settle();
    let copied =
        bench.world.store.replica_sets.get(set).unwrap().meta.annotations.get("example.com/team").cloned();
    assert_eq!(copied.as_deref(), Some("shop"));

    // Somebody scales the ReplicaSet and takes its note away: the Deployment scales it back.
    bench.world.store.replica_sets.get_mut(set).unwrap().replicas = 5;
    noted(&mut bench, Ref::ReplicaSet(set), "deployment.kubernetes.io/desired-replicas", "5");
    bench.settle();
    assert_eq!(sizes(&bench, id), [3]);
}
