//! The disruption controller (Kubernetes: `pkg/controller/disruption`): computes the status of budgets, and so
//! how many evictions they allow.
//!
//! It writes only when something changed. On an error the budget allows nothing, and its other numbers stay.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kubernetes::{components, components_mut};
use replank_world::event_log::Severity;
use replank_world::object::{Budget, BudgetCondition, BudgetStatus, Keep, OwnerRef, Uid};
use replank_world::queue::Work;
use replank_world::store::{BudgetId, PodId, Ref, Users, Verb, Whose};
use replank_world::time::{Span, Time};
use replank_world::vocab::percent::IntOrPercent;
use replank_world::world::World;

/// How long an evicted pod may stay in `disruptedPods` without terminating before it counts as healthy again
/// (Kubernetes: `DeletionTimeout`, 2 min).
const DELETION_TIMEOUT: Span = Span::secs(120);
/// Source of its Events.
const SOURCE: &str = "controllermanager";

/// The pods that a budget selects, counted.
#[derive(Default)]
struct Found {
    pods: i64,
    healthy: i64,
    /// By controller, in the order of [`Whose`].
    owners: Vec<(Whose, i64)>,
}

/// Recomputes the status of a budget.
pub(crate) fn sync(world: &mut World, id: BudgetId) {
    let Some(budget) = world.store.budgets.get(id) else { return };
    let (namespace, keep) = (budget.meta.namespace.clone(), budget.keep);
    let found = find(world, id, &namespace);
    if found.pods == 0 {
        world.record(Ref::Budget(id), Severity::Normal, SOURCE, "NoPods", "No matching pods found");
    }
    let (expected, desired) = match wanted(world, &found, keep) {
        Ok(numbers) => numbers,
        Err(whose) => return fail(world, id, whose),
    };
    let by_scale = !matches!(keep, Keep::Unset | Keep::MinAvailable(IntOrPercent::Int(_)));
    if by_scale && found.owners.iter().any(|(whose, _)| whose.is_none()) {
        say_unmanaged(world, id);
    }
    let (disrupted, unhealthy, recheck_at) = disrupted(world, id);
    let Some(budget) = world.store.budgets.get_mut(id) else { return };
    let healthy = found.healthy - unhealthy;
    let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
    let condition =
        if allowed > 0 { BudgetCondition::SufficientPods } else { BudgetCondition::InsufficientPods };
    let (observed, condition) = (budget.meta.generation, Some(condition));
    let status = BudgetStatus { observed, allowed, healthy, desired, expected, disrupted, condition };
    if budget.status != status {
        budget.status = status;
        write(world, id);
    }
    if let Some(time) = recheck_at {
        world.queue.at(time, Work::Budget(id));
    }
}

/// Warns that pods without a controller are not among the expected pods of this budget (Event `UnmanagedPods`).
fn say_unmanaged(world: &mut World, id: BudgetId) {
    let Some(budget) = world.store.budgets.get(id) else { return };
    let selector = &budget.raw["spec"]["selector"];
    let message = format!(
        "Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be unmanaged. As a result, \
         the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account \
         for these pods please set \".spec.minAvailable\" field of the PDB to an integer value."
    );
    world.record(Ref::Budget(id), Severity::Warning, SOURCE, "UnmanagedPods", message);
}

/// Whether a pod has condition `DisruptionTarget` though it is neither terminating nor finished.
fn is_marked(pod: &replank_world::object::Pod) -> bool {
    pod.disruption.is_some() && !pod.terminating() && !pod.finished()
}

/// Schedules the removal of condition `DisruptionTarget`, in case no deletion follows (Kubernetes:
/// `stalePodDisruptionTimeout`).
fn watch_mark(world: &mut World, id: PodId) {
    let work = Work::StaleDisruption(id);
    match world.store.pods.get(id) {
        Some(pod) if is_marked(pod) => {
            if !world.queue.has(work) {
                world.after(DELETION_TIMEOUT, work);
            }
        }
        Some(_) | None => world.queue.cancel(work),
    }
}

/// Removes condition `DisruptionTarget` from a pod that was not deleted in time.
pub(crate) fn disruption_stale(world: &mut World, id: PodId) {
    if world.store.pods.get(id).is_some_and(is_marked) {
        world.edit_pod(id, |pod| pod.disruption = None);
    }
}

/// Writes the status. The write triggers one more sync, which then finds nothing to do.
fn write(world: &mut World, id: BudgetId) {
    world.changed(Ref::Budget(id), Verb::Modified);
}

fn find(world: &World, id: BudgetId, namespace: &Arc<str>) -> Found {
    let index = &world.store.index;
    let mut found = Found::default();
    for labels in index.sets_of.get(&Ref::Budget(id)).into_iter().flatten() {
        let Some(count) = index.standing.of(namespace, *labels) else { continue };
        found.pods += count.pods;
        found.healthy += count.healthy;
        for (whose, pods) in &count.owners {
            match found.owners.binary_search_by_key(whose, |(known, _)| *known) {
                Ok(place) => found.owners[place].1 += pods,
                Err(place) => found.owners.insert(place, (*whose, *pods)),
            }
        }
    }
    found
}

/// `expectedPods` and `desiredHealthy`; the error is the owner whose scale is unknown.
fn wanted(world: &World, found: &Found, keep: Keep) -> Result<(i64, i64), (Uid, Option<Ref>)> {
    Ok(match keep {
        Keep::Unset => (0, 0),
        Keep::MinAvailable(IntOrPercent::Int(count)) => (found.pods, count),
        Keep::MinAvailable(share) => {
            let expected = scale(world, found)?;
            (expected, share.up(expected))
        }
        Keep::MaxUnavailable(most) => {
            let expected = scale(world, found)?;
            (expected, (expected - most.up(expected)).max(0))
        }
    })
}

/// The sum of `spec.replicas` over the distinct controllers of the pods; pods without a controller are left out.
fn scale(world: &World, found: &Found) -> Result<i64, (Uid, Option<Ref>)> {
    let mut scales: Vec<(Uid, i64)> = Vec::new();
    for (uid, at) in found.owners.iter().filter_map(|(whose, _)| *whose) {
        let known = at.and_then(|at| controller(world, uid, at));
        let foreign = || Some((uid, components(&world.state).operators.owner(uid)?.replicas?));
        let (uid, replicas) = known.or_else(foreign).ok_or((uid, at))?;
        if scales.iter().all(|(known, _)| *known != uid) {
            scales.push((uid, replicas));
        }
    }
    Ok(scales.iter().map(|(_, replicas)| replicas).sum())
}

/// `expectedPods` or the message of `SyncFailed` from the status that a snapshot brought; `None` when it has
/// neither or is stale.
fn said(budget: &Budget) -> Option<Result<i64, String>> {
    if !budget.raw.may_have("status") {
        return None;
    }
    let (status, meta) = (&budget.raw["status"], &budget.raw["metadata"]);
    let mut conditions = status["conditions"].as_array().into_iter().flatten();
    let failed = conditions
        .find(|condition| condition["type"] == "DisruptionAllowed" && condition["reason"] == "SyncFailed");
    if let Some(failed) = failed {
        return Some(Err(failed["message"].as_str().unwrap_or_default().to_owned()));
    }
    let is_new = meta["generation"].is_null() || meta["generation"] == status["observedGeneration"];
    status["expectedPods"].as_i64().filter(|_| is_new).map(Ok)
}

/// Derives the scale of owners that the world does not run from `expectedPods` of the budgets in a snapshot: a
/// budget synced by scale is evidence that its owners serve the subresource.
pub fn learn_scales(world: &mut World) {
    let budgets: Vec<BudgetId> = world.store.budgets.iter().map(|(id, _)| id).collect();
    for id in budgets {
        let Some(budget) = world.store.budgets.get(id) else { continue };
        let by_scale = !matches!(budget.keep, Keep::Unset | Keep::MinAvailable(IntOrPercent::Int(_)));
        let Some(Ok(expected)) = said(budget).filter(|_| by_scale) else { continue };
        let found = find(world, id, &budget.meta.namespace);
        let mut rest = expected;
        let mut foreign: Vec<(Uid, i64)> = Vec::new();
        let mut whole = true;
        for (whose, pods) in &found.owners {
            let Some((uid, at)) = *whose else { continue };
            match at.and_then(|at| controller(world, uid, at)) {
                Some((_, replicas)) => rest -= replicas,
                None if components_mut(&mut world.state).operators.owner(uid).is_some() => {
                    foreign.push((uid, *pods));
                }
                None => whole = false,
            }
        }
        // Of several the pods that are there are theirs; the last has what is left.
        let Some((last, _)) = foreign.pop().filter(|_| whole) else { continue };
        for (uid, pods) in foreign {
            rest -= pods;
            components_mut(&mut world.state).operators.scale(uid, pods);
        }
        components_mut(&mut world.state).operators.scale(last, rest.max(0));
    }
}

/// The controller whose scale counts, with its replicas: the Deployment for a ReplicaSet, so that a rollout
/// counts once.
fn controller(world: &World, uid: Uid, at: Ref) -> Option<(Uid, i64)> {
    let store = &world.store;
    match at {
        Ref::ReplicaSet(id) => {
            let set = store.replica_sets.get(id)?;
            let deployment = set.meta.owner.as_ref().and_then(|owner| match owner.at {
                Some(Ref::Deployment(id)) => store.deployments.get(id),
                _ => None,
            });
            Some(deployment.map_or((uid, set.replicas), |it| (it.meta.uid, it.replicas)))
        }
        Ref::Deployment(id) => store.deployments.get(id).map(|it| (uid, it.replicas)),
        Ref::StatefulSet(id) => store.stateful_sets.get(id).map(|it| (uid, it.replicas)),
        Ref::DaemonSet(_)
        | Ref::Job(_)
        | Ref::CronJob(_)
        | Ref::Pod(_)
        | Ref::Node(_)
        | Ref::Budget(_)
        | Ref::Service(_)
        | Ref::Claim(_)
        | Ref::StorageClass(_)
        | Ref::Other(_) => None,
    }
}

/// The evicted pods not seen terminating yet with the time of eviction, how many healthy ones are among them, and
/// when to sync again.
fn disrupted(world: &World, id: BudgetId) -> (BTreeMap<Arc<str>, Time>, i64, Option<Time>) {
    let mut kept = BTreeMap::new();
    let (mut healthy, mut recheck_at) = (0, None::<Time>);
    let Some(budget) = world.store.budgets.get(id) else { return (kept, healthy, recheck_at) };
    for (name, since) in &budget.status.disrupted {
        let Some(pod) = selected(world, id, budget, name) else { continue };
        let expires_at = *since + DELETION_TIMEOUT;
        // The write to the pod comes later than the debit, and so does the news of it: the controller first sees
        // the entry alone (two writes of its own for one eviction).
        let unseen_until = pod.meta.deletion.map(|deletion| deletion.asked_at + world.timings.control);
        let look_at = match unseen_until {
            Some(until) if until < world.now => continue,
            Some(until) => until + world.timings.control,
            None if expires_at < world.now => continue,
            None => expires_at + Span(1),
        };
        kept.insert(name.clone(), *since);
        healthy += i64::from(pod.ready.is && !pod.terminating());
        recheck_at = Some(recheck_at.map_or(look_at, |at| at.min(look_at)));
    }
    (kept, healthy, recheck_at)
}

fn selected<'a>(
    world: &'a World,
    id: BudgetId,
    budget: &Budget,
    name: &str,
) -> Option<&'a replank_world::object::Pod> {
    let pod = world.store.pods.get(world.store.pods.find(&budget.meta.namespace, name)?)?;
    let sets = world.store.index.sets_of.get(&Ref::Budget(id))?;
    sets.contains(&pod.meta.labels).then_some(pod)
}

/// Sets condition `SyncFailed` and allows no disruption (Kubernetes: `failSafe`).
fn fail(world: &mut World, id: BudgetId, (uid, at): (Uid, Option<Ref>)) {
    let foreign = components_mut(&mut world.state).operators.owner(uid).filter(|_| at.is_none());
    // What the cluster said of the same budget names the resource as its server does.
    let said = world.store.budgets.get(id).and_then(said).and_then(Result::err);
    let there = at.is_some_and(|at| world.store.meta(at).is_some());
    let why = match at {
        None if foreign.is_some() => said.unwrap_or_else(|| {
            let resource = foreign.map(super::operator::Foreign::resource).unwrap_or_default();
            format!("{resource} does not implement the scale subresource")
        }),
        Some(at) if there => {
            format!("{} does not implement the scale subresource", crate::apiserver::resource(at))
        }
        _ => {
            let owned = |owner: &OwnerRef| owner.uid == uid;
            let mut pods = world.selected_by(Ref::Budget(id)).into_iter();
            let pod = pods.find_map(|pod| {
                let meta = &world.store.pods.get(pod)?.meta;
                meta.owner.as_ref().is_some_and(owned).then(|| meta.name.clone())
            });
            format!("found no controllers for pod \"{}\"", pod.unwrap_or_default())
        }
    };
    let event = format!("Failed to calculate the number of expected pods: {why}");
    world.record(Ref::Budget(id), Severity::Warning, SOURCE, "CalculateExpectedPodCountFailed", event);
    let Some(budget) = world.store.budgets.get_mut(id) else { return };
    let before = budget.status.clone();
    budget.status.allowed = 0;
    budget.status.condition = Some(BudgetCondition::SyncFailed(Arc::from(why)));
    if budget.status != before {
        write(world, id);
    }
}

/// Reacts to a change of a pod. Where several budgets select it only the first is synced, as upstream does, with
/// an Event `MultiplePodDisruptionBudgets`.
pub(crate) fn pod_changed(world: &mut World, id: PodId, users: &Users) {
    watch_mark(world, id);
    let Some(first) = users.budgets.first() else { return };
    world.soon(Work::Budget(*first));
    if users.budgets.len() < 2 {
        return;
    }
    let (Some(pod), Some(budget)) = (world.store.pods.get(id), world.store.budgets.get(*first)) else {
        return;
    };
    let message = format!(
        "Pod \"{}\"/\"{}\" matches multiple PodDisruptionBudgets.  Chose \"{}\" arbitrarily.",
        pod.meta.namespace, pod.meta.name, budget.meta.name
    );
    world.record(Ref::Pod(id), Severity::Warning, SOURCE, "MultiplePodDisruptionBudgets", message);
}

#[cfg(test)]
mod tests;
