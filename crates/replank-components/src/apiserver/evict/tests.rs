//! Cases of `apiserver::evict`: tables of what is given and what must come of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::apiserver::testing::{self, Is, budget, map, pod, world};
use replank_world::object::{BudgetStatus, Keep, Uid};
use replank_world::time::{Span, Time};
use replank_world::vocab::percent::IntOrPercent;
use replank_world::vocab::selector::Selector;

const WEB: Keep = Keep::MinAvailable(IntOrPercent::Int(2));

/// A budget `web` whose status is as given: observed generation, allowed, healthy, desired.
fn with_status(world: &mut World, observed: u64, allowed: i64, healthy: i64, desired: i64) -> BudgetId {
    let id = budget(world, "web", "web", WEB);
    let status =
        BudgetStatus { observed, allowed, healthy, desired, expected: healthy, ..BudgetStatus::default() };
    world.store.budgets.get_mut(id).unwrap().status = status;
    id
}

fn ask(world: &mut World) -> Result<Deleted, Refusal> {
    evict(world, "shop", "web-1", DeleteOptions::default())
}

fn violates(cause: &str, retry_after_seconds: Option<u32>) -> Refusal {
    Refusal {
        code: 429,
        reason: "TooManyRequests",
        message: "Cannot evict pod as it would violate the pod's disruption budget.".to_owned(),
        causes: vec![("DisruptionBudget", cause.to_owned())],
        retry_after_seconds,
    }
}

#[test]
fn the_budget_is_asked_as_the_table_says() {
    use UnhealthyPolicy::{AlwaysAllow, IfHealthyBudget};
    // Pod; policy; allowed, healthy, desired; goes, is debited.
    let table = [
        (Is::Ready, IfHealthyBudget, (1, 3, 2), true, true),
        (Is::Ready, IfHealthyBudget, (0, 2, 2), false, false),
        (Is::Ready, AlwaysAllow, (0, 2, 2), false, false),
        (Is::Ended, IfHealthyBudget, (0, 2, 2), true, false),
        (Is::Pending, IfHealthyBudget, (0, 0, 2), true, false),
        (Is::Unready, AlwaysAllow, (0, 0, 2), true, false),
        (Is::Unready, IfHealthyBudget, (0, 2, 2), true, false),
        (Is::Unready, IfHealthyBudget, (0, 1, 2), false, false),
        (Is::Unready, IfHealthyBudget, (0, 0, 0), false, false),
        (Is::Unready, IfHealthyBudget, (1, 1, 2), true, true),
    ];
    for (number, (is, policy, (allowed, healthy, desired), goes, debited)) in table.into_iter().enumerate() {
        let (mut world, node) = world();
        pod(&mut world, node, "web-1", "web", is, None);
        let id = with_status(&mut world, 1, allowed, healthy, desired);
        world.store.budgets.get_mut(id).unwrap().unhealthy = policy;
        assert_eq!(ask(&mut world).is_ok(), goes, "row {number}");
        let status = &world.store.budgets.get(id).unwrap().status;
        assert_eq!(status.allowed, allowed - i64::from(debited), "row {number}");
        assert_eq!(status.disrupted.contains_key("web-1"), debited, "row {number}");
        assert_eq!((world.tally.evicted, world.tally.refused), (u64::from(goes), u64::from(!goes)));
    }
}

#[test]
fn a_budget_refuses_in_the_words_of_the_server() {
    let still = "The disruption budget web is still being processed by the server.";
    let forbidden = |why: &str| {
        let message = format!("poddisruptionbudget.policy \"web\" is forbidden: {why}");
        Refusal::new(403, "Forbidden", message)
    };
    // Observed generation, allowed, healthy, desired, entries; the answer.
    let table = [
        (0, 5, 2, 2, 0, violates(still, Some(10))),
        (1, -1, 2, 2, 0, forbidden("pdb disruptions allowed is negative")),
        (
            1,
            1,
            3,
            2,
            2001,
            forbidden("DisruptedPods map too big - too many evictions not confirmed by PDB controller"),
        ),
        (1, 0, 2, 2, 0, violates("The disruption budget web needs 2 healthy pods and has 2 currently", None)),
        (1, 0, 0, 0, 0, violates("The disruption budget web needs 0 healthy pods and has 0 currently", None)),
    ];
    for (number, (observed, allowed, healthy, desired, entries, answer)) in table.into_iter().enumerate() {
        let (mut world, node) = world();
        pod(&mut world, node, "web-1", "web", Is::Ready, None);
        let id = with_status(&mut world, observed, allowed, healthy, desired);
        let names = (0..entries).map(|entry| (Arc::from(format!("old-{entry}")), Time(0)));
        world.store.budgets.get_mut(id).unwrap().status.disrupted = names.collect();
        assert_eq!(ask(&mut world), Err(answer), "row {number}");
    }
    // 2000 entries are not too many.
    let (mut world, node) = world();
    pod(&mut world, node, "web-1", "web", Is::Ready, None);
    let id = with_status(&mut world, 1, 1, 3, 2);
    let names = (0..2000).map(|entry| (Arc::from(format!("old-{entry}")), Time(0)));
    world.store.budgets.get_mut(id).unwrap().status.disrupted = names.collect();
    assert_eq!(ask(&mut world), Ok(Deleted::Terminating));
}

#[test]
fn an_eviction_writes_budget_condition_and_deletion_in_this_order() {
    let (mut world, node) = world();
    let id = pod(&mut world, node, "web-1", "web", Is::Ready, None);
    let budget = with_status(&mut world, 1, 1, 3, 2);
    let before = world.store.changes.version;
    assert_eq!(ask(&mut world), Ok(Deleted::Terminating));
    let written: Vec<_> =
        world.store.changes.since(before).unwrap().map(|change| (change.at, change.verb)).collect();
    let (of_budget, of_pod) = ((Ref::Budget(budget), Verb::Modified), (Ref::Pod(id), Verb::Modified));
    assert_eq!(written, [of_budget, of_pod, of_pod]);
    assert_eq!(world.store.pods.get(id).unwrap().disruption, Some("EvictionByEvictionAPI"));
    let status = &world.store.budgets.get(budget).unwrap().status;
    assert_eq!(status.condition, Some(BudgetCondition::InsufficientPods));
    // Asked again: accepted, and nothing is written.
    let before = world.store.changes.version;
    assert_eq!((ask(&mut world), world.store.changes.version), (Ok(Deleted::Unchanged), before));
}

#[test]
fn several_budgets_a_webhook_and_an_ending_namespace_refuse_for_themselves() {
    let (mut world, node) = world();
    pod(&mut world, node, "web-1", "web", Is::Ready, None);
    with_status(&mut world, 1, 1, 3, 2);
    let second = budget(&mut world, "web-too", "web", WEB);
    let several = Refusal::new(
        500,
        "",
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
    assert_eq!(ask(&mut world), Err(several));
    // A pending pod is not asked about.
    pod(&mut world, node, "web-2", "web", Is::Pending, None);
    assert_eq!(evict(&mut world, "shop", "web-2", DeleteOptions::default()), Ok(Deleted::Gone));
    world.remove(Ref::Budget(second));
    world.webhooks.push(Webhook {
        name: Arc::from("evict.example.com"),
        namespaces: BTreeSet::from([Arc::from("shop")]),
        selector: Some(Selector::of_labels(&map(&[("app", "web")]))),
        message: Arc::from("not during the day"),
    });
    let denied = "admission webhook \"evict.example.com\" denied the request: not during the day";
    assert_eq!(ask(&mut world), Err(Refusal::new(403, "Forbidden", denied)));
    pod(&mut world, node, "api-1", "api", Is::Ready, None);
    assert!(evict(&mut world, "shop", "api-1", DeleteOptions::default()).is_ok());
    world.store.index.ending.insert(Arc::from("shop"));
    let refused = ask(&mut world).unwrap_err();
    let message = "pods \"web-1\" is forbidden: unable to create new content in namespace shop because it is being \
                   terminated";
    assert_eq!((refused.code, refused.message.as_str()), (403, message));
    assert_eq!(refused.causes, [("NamespaceTerminating", "namespace shop is being terminated".to_owned())]);
}

#[test]
fn an_unknown_pod_is_404_and_another_identity_409_after_the_debit() {
    let (mut world, node) = world();
    assert_eq!(ask(&mut world), Err(Refusal::new(404, "NotFound", "pods \"web-1\" not found")));
    pod(&mut world, node, "web-1", "web", Is::Ready, None);
    let budget = with_status(&mut world, 1, 1, 3, 2);
    let options = DeleteOptions { uid: Some(Uid(1)), ..DeleteOptions::default() };
    let refused = evict(&mut world, "shop", "web-1", options).unwrap_err();
    assert_eq!((refused.code, refused.reason), (409, "Conflict"));
    // The debit stays until the controller drops it.
    assert_eq!(world.store.budgets.get(budget).unwrap().status.allowed, 0);
}

#[test]
fn a_dry_run_writes_nothing() {
    let (mut world, node) = world();
    pod(&mut world, node, "web-1", "web", Is::Ready, None);
    with_status(&mut world, 1, 1, 3, 2);
    let before = world.store.changes.version;
    let options = DeleteOptions { dry_run: true, ..DeleteOptions::default() };
    assert_eq!(evict(&mut world, "shop", "web-1", options), Ok(Deleted::Terminating));
    assert_eq!((world.store.changes.version, world.tally.evicted), (before, 0));
}

#[test]
fn an_empty_selector_selects_every_pod_and_none_selects_none() {
    for (selector, refused) in [(Some(Selector::default()), true), (None, false)] {
        let (mut world, node) = world();
        pod(&mut world, node, "web-1", "web", Is::Ready, None);
        let mut all = testing::budget_of(&mut world, "all", WEB);
        all.selector = selector;
        world.add(|store| &mut store.budgets, all, Ref::Budget);
        assert_eq!(ask(&mut world).is_err(), refused);
    }
}

#[test]
fn the_grace_of_the_request_is_kept() {
    let (mut world, node) = world();
    let id = pod(&mut world, node, "web-1", "web", Is::Ready, None);
    let options = DeleteOptions { grace_seconds: Some(5), ..DeleteOptions::default() };
    assert_eq!(evict(&mut world, "shop", "web-1", options), Ok(Deleted::Terminating));
    let deletion = world.store.pods.get(id).unwrap().meta.deletion.unwrap();
    assert_eq!(deletion.until, world.now + Span::secs(5));
}

/// By version: the status of the budget, and the causes of the refusal.
#[test]
fn each_version_gives_its_reasons() {
    let failed =
        || Some(BudgetCondition::SyncFailed("jobs.batch does not implement the scale subresource".into()));
    let numbers = "The disruption budget web needs 2 healthy pods and has 2 currently";
    let refuses = "The disruption budget web does not allow evicting pods currently";
    let sync =
        format!("{refuses} because it failed sync: jobs.batch does not implement the scale subresource");
    let negative = format!("{refuses}: pdb disruptions allowed is negative");
    let table = [
        ((34, 6), failed(), (0, 2, 2), 429, Some(numbers.to_owned())),
        ((35, 0), failed(), (0, 2, 2), 429, Some(sync.clone())),
        ((35, 0), Some(BudgetCondition::InsufficientPods), (0, 2, 2), 429, Some(numbers.to_owned())),
        ((35, 0), Some(BudgetCondition::InsufficientPods), (0, 3, 2), 429, Some(refuses.to_owned())),
        ((37, 2), None, (0, 3, 2), 429, Some(refuses.to_owned())),
        ((36, 3), None, (-1, 3, 2), 403, None),
        ((37, 2), None, (-1, 3, 2), 403, Some(negative)),
    ];
    for ((minor, patch), condition, (allowed, healthy, desired), code, cause) in table {
        let (mut world, node) = world();
        world.known.version = ServerVersion::of(minor, patch);
        pod(&mut world, node, "web-1", "web", Is::Ready, None);
        let id = with_status(&mut world, 1, allowed, healthy, desired);
        world.store.budgets.get_mut(id).unwrap().status.condition = condition;
        let refusal = ask(&mut world).unwrap_err();
        let causes: Vec<String> = refusal.causes.iter().map(|(_, cause)| cause.clone()).collect();
        assert_eq!((refusal.code, causes), (code, cause.into_iter().collect()), "1.{minor}.{patch}");
    }
}
