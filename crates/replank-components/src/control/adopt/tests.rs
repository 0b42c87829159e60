//! Cases of `control::adopt`: who takes in what has no controller.

use super::*;
use crate::apiserver::{self};
use crate::control::bench::{self, Bench};
use replank_world::api::Propagation;
use replank_world::object::Phase;

/// Pods without a controller: those of a replica set that was deleted without them.
fn orphans(bench: &mut Bench, app: &str, count: i64) -> Vec<String> {
    let set = Ref::ReplicaSet(bench::replica_set(&mut bench.world, app, count));
    bench.settle();
    let names = bench.names(set);
    let _ = apiserver::delete(&mut bench.world, set, Propagation::Orphan);
    bench.settle();
    names
}

/// App of the orphans, how many there are and how many of them ended, size of the set: how many it takes in, how many
/// it makes, and how many it deletes as too many.
#[test]
fn a_replica_set_takes_in_the_active_pods_it_selects() {
    for (app, there, ended, size, taken, made) in [
        ("web", 2, 0, 3, 2, 1),
        ("web", 3, 0, 3, 3, 0),
        ("web", 3, 1, 3, 2, 1),
        ("web", 3, 0, 1, 1, 0),
        ("other", 3, 0, 2, 0, 2),
    ] {
        let mut bench = Bench::new(2);
        let names = orphans(&mut bench, app, there);
        for name in names.iter().take(ended) {
            let pod = bench.pod(name).unwrap();
            bench.world.edit_pod(pod, |pod| pod.phase = Phase::Failed);
        }
        let set = Ref::ReplicaSet(bench::replica_set(&mut bench.world, "web", size));
        bench.settle();
        let own = bench.names(set);
        let (old, new): (Vec<_>, Vec<_>) = own.iter().partition(|name| names.contains(name));
        assert_eq!((old.len(), new.len()), (taken, made), "{app} {there} {ended} {size}");
    }
}

#[test]
fn one_that_comes_later_is_one_too_many() {
    let mut bench = Bench::new(2);
    let set = Ref::ReplicaSet(bench::replica_set(&mut bench.world, "web", 2));
    bench.settle();
    let before = bench.names(set);
    let template = bench::template(&mut bench.world, "web", |_| {});
    let owner =
        OwnerRef { kind: "Test".into(), name: "t".into(), uid: replank_world::object::Uid(1), at: None };
    let order = make::Order::new(owner, "shop".into(), "bare".into(), template);
    let pod = make::pod(&mut bench.world, order).unwrap();
    world_forgets_owner(&mut bench, pod);
    bench.settle();
    assert_eq!(bench.names(set), before, "the newest goes first");
    assert!(bench.pod("bare").is_none());
}

fn world_forgets_owner(bench: &mut Bench, pod: PodId) {
    bench.world.store.pods.get_mut(pod).unwrap().meta.owner = None;
    orphaned(&mut bench.world, pod);
}

#[test]
fn a_deployment_made_again_takes_its_replica_set_back() {
    let mut bench = Bench::new(2);
    let first = Ref::Deployment(bench::deployment(&mut bench.world, "web", 3));
    bench.settle();
    let set = bench.world.store.index.owned_by(first).next().unwrap();
    let pods = bench.names(set);
    let _ = apiserver::delete(&mut bench.world, first, Propagation::Orphan);
    bench.settle();
    assert!(bench.world.store.meta(set).is_some_and(|meta| meta.owner.is_none()));
    let again = Ref::Deployment(bench::deployment(&mut bench.world, "web", 3));
    bench.settle();
    assert_eq!(bench.world.store.index.owned_by(again).collect::<Vec<_>>(), [set]);
    assert_eq!(bench.names(set), pods);
}

#[test]
fn a_stateful_set_takes_in_only_what_is_named_like_a_member() {
    let mut bench = Bench::new(2);
    let stray = orphans(&mut bench, "db", 1);
    let set = bench::stateful_set(&mut bench.world, "db", 2, |_| {});
    bench.settle();
    let pods = bench.names(Ref::StatefulSet(set));
    let _ = apiserver::delete(&mut bench.world, Ref::StatefulSet(set), Propagation::Orphan);
    bench.settle();
    let again = bench::stateful_set(&mut bench.world, "db", 2, |_| {});
    bench.settle();
    assert_eq!(bench.names(Ref::StatefulSet(again)), pods);
    assert!(
        bench.pod(&stray[0]).is_some_and(|pod| {
            bench.world.store.pods.get(pod).is_some_and(|pod| pod.meta.owner.is_none())
        })
    );
}
