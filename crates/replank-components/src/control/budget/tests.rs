//! Cases of `control::budget`: tables of what is given and what must come of it.

use super::*;
use crate::apiserver::testing::{Is, budget, create, pod, workload, world};
use crate::apiserver::{self};
use IntOrPercent::{Int, Percent};
use Keep::{MaxUnavailable, MinAvailable};
use replank_world::api::{Act, DeleteOptions, PodDeletion, Scaled};
use replank_world::store::NodeId;

/// A world with an owner `web`, pods of it, and a budget that was looked at once.
fn looked_at(kind: Option<(&str, i64)>, pods: &[Is], keep: Keep) -> (World, NodeId, BudgetId, Option<Ref>) {
    let (mut world, node) = world();
    let owner = kind.map(|(kind, replicas)| create(&mut world, workload(kind, "web", replicas)));
    for (number, is) in pods.iter().enumerate() {
        pod(&mut world, node, &format!("web-{number}"), "web", *is, owner);
    }
    let id = budget(&mut world, "web", "web", keep);
    sync(&mut world, id);
    (world, node, id, owner)
}

fn numbers(world: &World, id: BudgetId) -> [i64; 4] {
    let status = &world.store.budgets.get(id).unwrap().status;
    [status.expected, status.desired, status.healthy, status.allowed]
}

#[test]
fn the_arithmetic_is_that_of_the_table() {
    let ready = |count| vec![Is::Ready; count];
    // Replicas, pods, budget; expected, desired, healthy, allowed.
    let table = [
        (3, ready(3), MinAvailable(Int(2)), [3, 2, 3, 1]),
        (3, ready(3), MaxUnavailable(Percent(34)), [3, 1, 3, 2]),
        (3, ready(3), MaxUnavailable(Percent(1)), [3, 2, 3, 1]),
        (10, ready(10), MaxUnavailable(Percent(25)), [10, 7, 10, 3]),
        (1, ready(1), MinAvailable(Int(1)), [1, 1, 1, 0]),
        (4, ready(5), MaxUnavailable(Int(1)), [4, 3, 5, 2]),
        (3, ready(3), MinAvailable(Percent(50)), [3, 2, 3, 1]),
        (3, ready(3), MaxUnavailable(Int(9)), [3, 0, 3, 3]),
        (3, ready(3), Keep::Unset, [0, 0, 3, 0]),
        (3, vec![Is::Ready, Is::Unready, Is::Ended], MinAvailable(Int(1)), [3, 1, 1, 0]),
        (3, vec![], MaxUnavailable(Int(1)), [0, 0, 0, 0]),
    ];
    for (number, (replicas, pods, keep, expected)) in table.into_iter().enumerate() {
        for kind in ["ReplicaSet", "StatefulSet"] {
            let (world, _, id, _) = looked_at(Some((kind, replicas)), &pods, keep);
            assert_eq!(numbers(&world, id), expected, "row {number}, {kind}");
            let status = &world.store.budgets.get(id).unwrap().status;
            let reason = if expected[3] > 0 {
                BudgetCondition::SufficientPods
            } else {
                BudgetCondition::InsufficientPods
            };
            assert_eq!((status.observed, status.condition.clone()), (1, Some(reason)), "row {number}");
        }
    }
}

#[test]
fn a_terminating_pod_counts_as_expected_by_an_integer_alone() {
    // 5 replicas, one terminating, its replacement pending: six in the list.
    let mut pods = vec![Is::Ready; 5];
    pods.push(Is::Pending);
    let (mut world, _, id, _) = looked_at(Some(("ReplicaSet", 5)), &pods, MinAvailable(Int(4)));
    let first = world.store.pods.find("shop", "web-0").unwrap();
    apiserver::delete_pod(&mut world, first, DeleteOptions::default()).unwrap();
    sync(&mut world, id);
    assert_eq!(numbers(&world, id), [6, 4, 4, 0]);
}

#[test]
fn owners_without_a_scale_make_the_budget_refuse_everything() {
    let why = |world: &World, id| match &world.store.budgets.get(id).unwrap().status.condition {
        Some(BudgetCondition::SyncFailed(why)) => why.to_string(),
        other => format!("{other:?}"),
    };
    for (kind, message) in [
        ("Job", "jobs.batch does not implement the scale subresource"),
        ("DaemonSet", "daemonsets.apps does not implement the scale subresource"),
    ] {
        for keep in [MaxUnavailable(Int(1)), MinAvailable(Percent(50))] {
            let (world, _, id, _) = looked_at(Some((kind, 0)), &[Is::Ready], keep);
            assert_eq!(why(&world, id), message);
            // Never looked at with success: the server calls it still being processed (finding 5).
            assert_eq!(world.store.budgets.get(id).unwrap().status.observed, 0);
        }
        // An integer needs no scale.
        let (world, _, id, _) = looked_at(Some((kind, 0)), &[Is::Ready, Is::Ready], MinAvailable(Int(1)));
        assert_eq!(numbers(&world, id), [2, 1, 2, 1]);
    }
    // Looked at before the first pod came: it keeps the numbers of then, and says so (finding 5).
    let (mut world, node, id, owner) = looked_at(Some(("Job", 0)), &[], MaxUnavailable(Int(1)));
    pod(&mut world, node, "web-0", "web", Is::Ready, owner);
    sync(&mut world, id);
    assert_eq!(why(&world, id), "jobs.batch does not implement the scale subresource");
    let refused = apiserver::evict(&mut world, "shop", "web-0", DeleteOptions::default()).unwrap_err();
    assert_eq!(refused.causes[0].1, "The disruption budget web needs 0 healthy pods and has 0 currently");
    assert_eq!(refused.retry_after_seconds, None);
    // The controller itself is gone.
    let (mut world, _, id, owner) = looked_at(Some(("ReplicaSet", 1)), &[Is::Ready], MaxUnavailable(Int(1)));
    world.remove(owner.unwrap());
    sync(&mut world, id);
    assert_eq!(why(&world, id), "found no controllers for pod \"web-0\"");
    assert_eq!(numbers(&world, id), [1, 0, 1, 0]);
}

#[test]
fn bare_pods_are_seen_by_an_integer_minimum_alone() {
    for (keep, expected, words) in [
        (MaxUnavailable(Int(1)), [0, 0, 1, 0], "needs 0 healthy pods and has 1 currently"),
        (MinAvailable(Percent(50)), [0, 0, 1, 0], "needs 0 healthy pods and has 1 currently"),
        (MinAvailable(Int(1)), [1, 1, 1, 0], "needs 1 healthy pods and has 1 currently"),
    ] {
        let (mut world, _, id, _) = looked_at(None, &[Is::Ready], keep);
        assert_eq!(numbers(&world, id), expected);
        let refused = apiserver::evict(&mut world, "shop", "web-0", DeleteOptions::default()).unwrap_err();
        assert_eq!(refused.causes[0].1, format!("The disruption budget web {words}"));
    }
}

#[test]
fn two_replica_sets_of_a_deployment_count_once() {
    let (mut world, node) = world();
    let deployment = create(&mut world, workload("Deployment", "web", 4));
    let sets = ["web-old", "web-new"].map(|name| {
        let set = create(&mut world, workload("ReplicaSet", name, 4));
        let of = world.store.meta(deployment).unwrap();
        let owner = OwnerRef {
            kind: Arc::from("Deployment"),
            name: of.name.clone(),
            uid: of.uid,
            at: Some(deployment),
        };
        world.store.meta_mut(set).unwrap().owner = Some(owner);
        set
    });
    for (number, set) in [sets[0], sets[0], sets[1], sets[1]].into_iter().enumerate() {
        pod(&mut world, node, &format!("web-{number}"), "web", Is::Ready, Some(set));
    }
    let id = budget(&mut world, "web", "web", MaxUnavailable(Percent(25)));
    sync(&mut world, id);
    assert_eq!(numbers(&world, id), [4, 3, 4, 1]);
}

#[test]
fn one_eviction_is_three_writes_of_the_budget() {
    let (mut world, _, id, owner) =
        looked_at(Some(("ReplicaSet", 3)), &[Is::Ready; 3], MaxUnavailable(Int(1)));
    // No replacement comes in between.
    world.queue.cancel(Work::Budget(id));
    apiserver::evict(&mut world, "shop", "web-0", DeleteOptions::default()).unwrap();
    let seen = |world: &World| {
        let status = &world.store.budgets.get(id).unwrap().status;
        (status.allowed, status.healthy, status.disrupted.len())
    };
    assert_eq!(seen(&world), (0, 3, 1));
    world.now = world.now + world.timings.control;
    sync(&mut world, id);
    assert_eq!(seen(&world), (0, 2, 1));
    world.now = world.now + world.timings.control;
    sync(&mut world, id);
    assert_eq!(seen(&world), (0, 2, 0));
    // The same again writes nothing.
    let before = world.store.changes.version;
    sync(&mut world, id);
    assert_eq!(world.store.changes.version, before);
    assert!(owner.is_some());
}

#[test]
fn an_entry_that_never_terminates_is_dropped_after_two_minutes() {
    let (mut world, _, id, _) = looked_at(Some(("ReplicaSet", 3)), &[Is::Ready; 3], MaxUnavailable(Int(1)));
    let now = world.now;
    world.store.budgets.get_mut(id).unwrap().status.disrupted.insert(Arc::from("web-0"), now);
    for (later, allowed, entries) in [(0, 0, 1), (120, 0, 1), (121, 1, 0)] {
        world.now = now + Span::secs(later);
        world.queue.cancel(Work::Budget(id));
        sync(&mut world, id);
        let status = &world.store.budgets.get(id).unwrap().status;
        assert_eq!((status.allowed, status.disrupted.len()), (allowed, entries), "after {later} s");
        if entries == 1 {
            assert!(world.queue.has(Work::Budget(id)), "it looks again");
        }
    }
}

#[test]
fn a_new_scale_is_not_seen_until_the_next_look_and_a_new_spec_blocks_until_then() {
    let (mut world, _, id, _) = looked_at(Some(("StatefulSet", 3)), &[Is::Ready; 3], MaxUnavailable(Int(1)));
    let (namespace, name): (Arc<str>, Arc<str>) = (Arc::from("shop"), Arc::from("web"));
    let scale = Act::Scale { kind: Scaled::StatefulSet, namespace, name, replicas: 9 };
    world.request(scale).unwrap();
    assert_eq!(numbers(&world, id), [3, 2, 3, 1]);
    let dry = DeleteOptions { dry_run: true, ..DeleteOptions::default() };
    assert!(apiserver::evict(&mut world, "shop", "web-0", dry).is_ok());
    let object = serde_json::json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    });
    world.request(Act::Apply { object }).unwrap();
    let refused = apiserver::evict(&mut world, "shop", "web-0", dry).unwrap_err();
    assert_eq!(refused.causes[0].1, "The disruption budget web is still being processed by the server.");
    sync(&mut world, id);
    assert_eq!(numbers(&world, id), [3, 1, 3, 2]);
    let act = Act::Evict { namespace: "shop".into(), name: "web-0".into(), options: PodDeletion::default() };
    assert!(world.request(act).is_ok());
}

#[test]
fn a_second_budget_over_the_same_pods_goes_stale() {
    let (mut world, node) = world();
    let ids = ["a", "b"].map(|name| budget(&mut world, name, "web", MinAvailable(Int(1))));
    world.advance_to(world.now + Span::secs(1));
    pod(&mut world, node, "web-0", "web", Is::Ready, None);
    world.advance_to(world.now + Span::secs(1));
    assert_eq!(ids.map(|id| numbers(&world, id)), [[1, 1, 1, 0], [0, 1, 0, 0]]);
    assert!(world.events.iter().any(|event| event.reason == "MultiplePodDisruptionBudgets"));
}

#[test]
fn pods_without_a_controller_are_told_of_by_budgets_that_ask_controllers() {
    for (keep, told) in [
        (MaxUnavailable(Int(1)), true),
        (MaxUnavailable(Percent(50)), true),
        (MinAvailable(Percent(50)), true),
        (MinAvailable(Int(1)), false),
    ] {
        for owner in [None, Some(("ReplicaSet", 1))] {
            let (world, _, _, _) = looked_at(owner, &[Is::Ready], keep);
            let found = world.events.iter().any(|event| event.reason == "UnmanagedPods");
            assert_eq!(found, told && owner.is_none(), "{keep:?} {owner:?}");
        }
    }
}

/// Whether the pod is being deleted, seconds since it was marked, whether it is marked still.
#[test]
fn a_mark_without_a_deletion_is_taken_back_after_two_minutes() {
    for (deleted, seconds, marked) in [(false, 119, true), (false, 121, false), (true, 121, true)] {
        let (mut world, node) = world();
        let id = pod(&mut world, node, "web-0", "web", Is::Ready, None);
        world.store.pods.get_mut(id).unwrap().meta.finalizers = vec!["example.com/held".into()];
        world.edit_pod(id, |pod| pod.disruption = Some("EvictionByEvictionAPI"));
        if deleted {
            apiserver::delete_pod(&mut world, id, DeleteOptions::default()).unwrap();
        }
        world.advance_to(world.now + Span::secs(seconds));
        let found = world.store.pods.get(id).map(|pod| pod.disruption.is_some());
        assert_eq!(found, Some(marked), "deleted {deleted}, after {seconds} s");
    }
}
