//! No eviction that a budget forbids. The numbers are counted from the pods, not taken from the budget's status.

use replank_core::action::PodId;

use super::pod::{self, Found};
use replank_world::object::{Budget, Keep, Phase, Pod, UnhealthyPolicy};
use replank_world::store::{BudgetId, Ref};
use replank_world::world::World;

/// An eviction that a budget forbids, as seen before it is requested.
#[derive(Clone, Debug)]
pub(super) struct Before {
    /// Why it must not be accepted.
    forbidden: String,
    id: PodId,
    pod: Found,
}

/// Examines the pod of that name before its eviction; `None` when no budget forbids it.
pub(super) fn before(world: &World, id: &PodId, found: &Found) -> Option<Before> {
    let pod = pod::find(world, id).filter(|pod| !pod.terminating() && pod.phase == Phase::Running)?;
    let forbidden = objection(world, pod)?;
    Some(Before { forbidden, id: id.clone(), pod: found.clone() })
}

/// Whether a budget forbids the eviction of the pod now.
pub(super) fn protects(world: &World, id: &PodId) -> bool {
    let found = Found::of(world, id).filter(|found| found.is_meant);
    found.is_some_and(|found| before(world, id, &found).is_some())
}

/// The objection, if the eviction was accepted all the same.
pub(super) fn after(world: &World, before: &Before) -> Option<String> {
    before.pod.has_left(world, &before.id).then(|| before.forbidden.clone())
}

fn objection(world: &World, pod: &Pod) -> Option<String> {
    let labels = world.store.labels.get(pod.meta.labels);
    let selects = |budget: &Budget| budget.selector.as_ref().is_some_and(|it| it.matches(labels));
    let mut over =
        world.store.budgets.in_namespace(&pod.meta.namespace).filter(|(_, budget)| selects(budget));
    let name = format!("{}/{}", pod.meta.namespace, pod.meta.name);
    let (id, budget) = over.next()?;
    if let Some((_, other)) = over.next() {
        let (one, other) = (&budget.meta.name, &other.meta.name);
        return Some(format!("pod {name} was evicted under two budgets, {one} and {other}"));
    }
    let count = Count::of(world, id, budget);
    let spare = count.healthy - count.desired;
    let free = !pod.ready.is && (budget.unhealthy == UnhealthyPolicy::AlwaysAllow || spare >= 0);
    // The controller needs a moment to see a pod fall ill; until then the server goes by what it saw last, less what
    // it has debited since (a pod debited before that has left the sum, though its entry may still be there). Room
    // beyond that sum was never counted by anybody.
    let (room, seen) = (budget.status.allowed, budget.status.healthy);
    let debited = (seen - budget.status.desired).max(0) - room;
    let unseen = debited >= 0 && seen - debited > count.healthy;
    let seen_free = !pod.ready.is && seen >= budget.status.desired;
    if free || spare > 0 || (unseen && (room > 0 || seen_free)) {
        return None;
    }
    Some(format!(
        "pod {name} was evicted while budget {} had {} of {} healthy pods it needs",
        budget.meta.name, count.healthy, count.desired
    ))
}

/// The pods of a budget, counted.
struct Count {
    /// Pods that are Ready, active and not debited.
    healthy: i64,
    /// How many must stay healthy.
    desired: i64,
}

impl Count {
    fn of(world: &World, id: BudgetId, budget: &Budget) -> Self {
        let pods: Vec<&Pod> = world
            .selected_by(Ref::Budget(id))
            .into_iter()
            .filter_map(|pod| world.store.pods.get(pod))
            .collect();
        let well = |pod: &&&Pod| pod.ready.is && pod.active();
        let debited = |pod: &&&Pod| budget.status.disrupted.contains_key(&pod.meta.name);
        let healthy = pods.iter().filter(well).filter(|pod| !debited(pod)).count() as i64;
        Self { healthy, desired: desired(world, budget, &pods) }
    }
}

/// `desiredHealthy` (Kubernetes: the expected pods are the scale of the controllers).
fn desired(world: &World, budget: &Budget, pods: &[&Pod]) -> i64 {
    let expected = || {
        let mut owners: Vec<Ref> =
            pods.iter().filter_map(|pod| pod.meta.owner.as_ref()?.at).map(|at| top(world, at)).collect();
        owners.sort_unstable();
        owners.dedup();
        owners.into_iter().map(|at| scale(world, at)).sum::<i64>()
    };
    match budget.keep {
        Keep::MinAvailable(replank_world::vocab::percent::IntOrPercent::Int(count)) => count,
        Keep::MinAvailable(share) => share.up(expected()),
        Keep::MaxUnavailable(count) => {
            let expected = expected();
            (expected - count.up(expected)).max(0)
        }
        Keep::Unset => i64::MAX,
    }
}

/// The controller whose scale counts: a ReplicaSet's Deployment, if it has one.
fn top(world: &World, at: Ref) -> Ref {
    let Ref::ReplicaSet(_) = at else { return at };
    world.store.meta(at).and_then(|meta| meta.owner.as_ref()?.at).unwrap_or(at)
}

fn scale(world: &World, at: Ref) -> i64 {
    let store = &world.store;
    let wanted = match at {
        Ref::Deployment(id) => store.deployments.get(id).map(|it| it.replicas),
        Ref::ReplicaSet(id) => store.replica_sets.get(id).map(|it| it.replicas),
        Ref::StatefulSet(id) => store.stateful_sets.get(id).map(|it| it.replicas),
        _ => None,
    };
    wanted.unwrap_or(0)
}
