//! Cases of `control::stateful_set`: tables of what is given and what must come of it.

use super::*;
use crate::control::bench::{self, Bench};
use replank_core::behaviour::ServerVersion;
use replank_world::time::Span;
use replank_world::vocab::percent::IntOrPercent;

fn set(bench: &mut Bench, replicas: i64, management: PodManagement) -> StatefulSetId {
    let set = bench::stateful_set(&mut bench.world, "db", replicas, |set| set.management = management);
    bench.pass(Span::secs(30));
    set
}

fn change(bench: &mut Bench, id: StatefulSetId, change: impl FnOnce(&mut StatefulSet)) {
    change(bench.world.store.stateful_sets.get_mut(id).unwrap());
    bench.world.changed(Ref::StatefulSet(id), Verb::Modified);
}

const BOTH: [PodManagement; 2] = [PodManagement::OrderedReady, PodManagement::Parallel];

#[test]
fn members_come_one_by_one_or_all_at_once() {
    for (management, early) in [(PodManagement::OrderedReady, 1), (PodManagement::Parallel, 3)] {
        let mut bench = Bench::new(3);
        let id = bench::stateful_set(&mut bench.world, "db", 3, |set| set.management = management);
        bench.pass(Span::millis(100));
        assert_eq!(bench.pods(Ref::StatefulSet(id)).len(), early, "{management:?}");
        bench.settle();
        assert_eq!(bench.names(Ref::StatefulSet(id)), ["db-0", "db-1", "db-2"]);
        assert_eq!(bench.world.store.stateful_sets.get(id).unwrap().status, [3, 3, 3]);
    }
}

#[test]
fn a_member_returns_under_its_name_only_when_the_old_one_is_gone() {
    for management in BOTH {
        let mut bench = Bench::new(3);
        let id = set(&mut bench, 3, management);
        let uid = |bench: &Bench| {
            let pod = bench.pod("db-1").and_then(|pod| bench.world.store.pods.get(pod));
            pod.map(|pod| pod.meta.uid)
        };
        let old = uid(&bench);
        bench.delete("db-1");
        bench.pass(Span::millis(900));
        assert_eq!((uid(&bench), bench.pods(Ref::StatefulSet(id)).len()), (old, 3), "{management:?}");
        bench.pass(Span::millis(200));
        assert!(uid(&bench).is_some_and(|new| Some(new) != old), "{management:?}");
    }
}

#[test]
fn an_unready_lower_member_blocks_a_higher_one() {
    for (management, returns) in [(PodManagement::OrderedReady, false), (PodManagement::Parallel, true)] {
        let mut bench = Bench::new(3);
        set(&mut bench, 3, management);
        bench.sick.push("db-0".to_owned());
        bench.delete("db-0");
        bench.delete("db-2");
        bench.settle();
        assert_eq!((bench.pod("db-0").is_some(), bench.pod("db-2").is_some()), (true, returns));
        bench.sick.clear();
        bench.settle();
        assert!(bench.pod("db-2").is_some());
    }
}

#[test]
fn two_members_evicted_together_come_back_one_by_one() {
    let mut bench = Bench::new(3);
    set(&mut bench, 3, PodManagement::OrderedReady);
    bench.delete("db-1");
    bench.delete("db-2");
    bench.pass(Span::millis(1500));
    assert_eq!((bench.pod("db-1").is_some(), bench.pod("db-2").is_some()), (true, false));
    bench.settle();
    assert!(bench.pod("db-2").is_some());
}

#[test]
fn a_failed_member_is_deleted_and_made_again() {
    for (management, phase) in BOTH.into_iter().flat_map(|it| [(it, Phase::Failed), (it, Phase::Succeeded)]) {
        let mut bench = Bench::new(3);
        let id = set(&mut bench, 2, management);
        let old = bench.pod("db-1").unwrap();
        bench.world.edit_pod(old, |pod| pod.phase = phase);
        bench.settle();
        assert!(bench.pod("db-1").is_some_and(|new| new != old) && bench.ready(Ref::StatefulSet(id)) == 2);
    }
}

#[test]
fn scaling_down_takes_the_highest_first_and_keeps_its_claim() {
    let mut bench = Bench::new(3);
    let id = bench::stateful_set(&mut bench.world, "db", 3, |_| {});
    bench.settle();
    let claim = bench.world.store.claims.find("shop", "data-db-2").unwrap();
    change(&mut bench, id, |set| set.replicas = 1);
    bench.pass(Span::millis(1100));
    assert_eq!(bench.names(Ref::StatefulSet(id)), ["db-0", "db-1"]);
    bench.settle();
    assert_eq!(bench.names(Ref::StatefulSet(id)), ["db-0"]);
    change(&mut bench, id, |set| set.replicas = 3);
    bench.settle();
    let pod = bench.pod("db-2").and_then(|pod| bench.world.store.pods.get(pod)).unwrap();
    assert_eq!(pod.claims, [claim]);
    assert_eq!(bench.world.store.claims.len(), 3);
}

#[test]
fn ordinals_start_where_they_are_told() {
    let mut bench = Bench::new(3);
    let id = bench::stateful_set(&mut bench.world, "db", 2, |set| set.first = 5);
    bench.settle();
    assert_eq!(bench.names(Ref::StatefulSet(id)), ["db-5", "db-6"]);
}

#[test]
fn members_carry_their_labels() {
    let mut bench = Bench::new(1);
    set(&mut bench, 1, PodManagement::Parallel);
    let labels = bench.world.store.pods.get(bench.pod("db-0").unwrap()).unwrap().meta.labels;
    let labels = bench.world.store.labels.get(labels);
    let get = |key: &str| labels.get(key).map(ToString::to_string).unwrap_or_default();
    assert_eq!(get("statefulset.kubernetes.io/pod-name"), "db-0");
    assert_eq!((get("apps.kubernetes.io/pod-index"), get("app")), ("0".to_owned(), "db".to_owned()));
    assert!(get("controller-revision-hash").starts_with("db-"));
}

/// Members of the new revision after an update, by partition; `None` is `OnDelete`.
#[test]
fn a_rolling_update_goes_from_the_highest_down_to_the_partition() {
    for (partition, wanted) in [(Some(0), vec![0, 1, 2]), (Some(2), vec![2]), (None, vec![])] {
        for management in BOTH {
            let mut bench = Bench::new(3);
            let id = set(&mut bench, 3, management);
            let template = bench::template(&mut bench.world, "db", |spec| spec.grace_seconds = 5);
            change(&mut bench, id, |set| (set.template, set.partition) = (template, partition));
            let mut order = Vec::new();
            for _ in 0..3000 {
                bench.pass(Span::millis(10));
                for (ordinal, pod) in pods_by_ordinal(&bench.world, id) {
                    let new = is(&bench.world, pod, |pod| pod.template.spec.grace_seconds == 5);
                    if new && !order.contains(&ordinal) {
                        order.push(ordinal);
                    }
                }
                assert!(bench.ready(Ref::StatefulSet(id)) >= 2, "one at a time");
            }
            order.reverse();
            assert_eq!(order, wanted, "{partition:?} {management:?}");
            // A member below the partition returns as it was.
            bench.delete("db-0");
            bench.settle();
            let pod = bench.pod("db-0").unwrap();
            let new = is(&bench.world, pod, |pod| pod.template.spec.grace_seconds == 5);
            assert_eq!(new, partition != Some(2), "{partition:?}");
        }
    }
}

/// By version: how many members are down at once under `maxUnavailable: 2`. Seen on 1.34, 1.36.3 and 1.37.
#[test]
fn several_members_are_updated_at_once_where_the_version_does_so() {
    for (version, most) in [((34, 4), 1), ((35, 3), 2), ((35, 4), 1), ((36, 3), 1), ((37, 2), 2)] {
        for management in BOTH {
            let mut bench = Bench::new(3);
            bench.world.known.version = ServerVersion::of(version.0, version.1);
            let id = set(&mut bench, 4, management);
            let template = bench::template(&mut bench.world, "db", |spec| spec.grace_seconds = 5);
            change(&mut bench, id, |set| {
                (set.template, set.max_unavailable) = (template, Some(IntOrPercent::Percent(50)));
            });
            let mut least = 4;
            for _ in 0..4000 {
                bench.pass(Span::millis(10));
                least = least.min(bench.ready(Ref::StatefulSet(id)));
            }
            assert_eq!(4 - least, most, "{version:?} {management:?}");
            let new = |pod: &PodId| is(&bench.world, *pod, |pod| pod.template.spec.grace_seconds == 5);
            assert_eq!(bench.pods(Ref::StatefulSet(id)).iter().filter(|pod| new(pod)).count(), 4);
        }
    }
}

/// A parallel set of 1.37 gives up its sick members first, and then takes no well one.
#[test]
fn sick_members_of_a_parallel_set_go_first() {
    for (management, gone) in [(PodManagement::Parallel, vec!["db-0"]), (PodManagement::OrderedReady, vec![])]
    {
        let mut bench = Bench::new(3);
        bench.world.known.version = ServerVersion::of(37, 2);
        let id = set(&mut bench, 3, management);
        let sick = bench.pod("db-0").unwrap();
        bench.world.edit_pod(sick, |pod| pod.ready.is = false);
        let template = bench::template(&mut bench.world, "db", |spec| spec.grace_seconds = 5);
        change(&mut bench, id, |set| set.template = template);
        bench.pass(Span::millis(100));
        let terminating = bench
            .pods(Ref::StatefulSet(id))
            .into_iter()
            .filter(|pod| is(&bench.world, *pod, Pod::terminating));
        let names: Vec<String> =
            terminating.map(|pod| bench.world.store.pods.get(pod).unwrap().meta.name.to_string()).collect();
        assert_eq!(names, gone, "{management:?}");
    }
}

#[test]
fn min_ready_seconds_hold_the_next_member() {
    let mut bench = Bench::new(3);
    let id = bench::stateful_set(&mut bench.world, "db", 2, |set| set.min_ready = Span::secs(10));
    bench.pass(Span::secs(8));
    assert_eq!(bench.pods(Ref::StatefulSet(id)).len(), 1);
    bench.pass(Span::secs(8));
    assert_eq!(bench.pods(Ref::StatefulSet(id)).len(), 2);
}

/// When scaled, when deleted: claims left of three after it shrank to one, and after it was deleted.
#[test]
fn claims_stay_or_go_with_their_members_and_their_set() {
    use replank_world::object::Fate::{Delete, Retain};
    for (scaled, deleted, after_scale, after_delete) in
        [(Retain, Retain, 3, 3), (Delete, Retain, 1, 1), (Retain, Delete, 3, 0), (Delete, Delete, 1, 0)]
    {
        let mut bench = Bench::new(3);
        let id = bench::stateful_set(&mut bench.world, "db", 3, |set| {
            (set.claims_when_scaled, set.claims_when_deleted) = (scaled, deleted);
        });
        bench.settle();
        let claims = |bench: &Bench| bench.world.store.claims.iter().count();
        assert_eq!(claims(&bench), 3);
        let evicted = bench.pod("db-1").unwrap();
        make::delete(&mut bench.world, evicted);
        bench.settle();
        assert_eq!(claims(&bench), 3, "an eviction takes no claim");
        for (replicas, wanted) in [(1, after_scale), (3, 3)] {
            bench.world.store.stateful_sets.get_mut(id).unwrap().replicas = replicas;
            bench.world.changed(Ref::StatefulSet(id), Verb::Modified);
            bench.settle();
            assert_eq!((bench.names(Ref::StatefulSet(id)).len() as i64, claims(&bench)), (replicas, wanted));
        }
        bench.world.store.stateful_sets.get_mut(id).unwrap().replicas = 1;
        bench.world.changed(Ref::StatefulSet(id), Verb::Modified);
        bench.settle();
        drop(crate::apiserver::delete(
            &mut bench.world,
            Ref::StatefulSet(id),
            replank_world::api::Propagation::Background,
        ));
        bench.settle();
        assert_eq!(claims(&bench), after_delete, "{scaled:?} {deleted:?}");
    }
}
