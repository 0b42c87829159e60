//! The subresource `pods/eviction`: whether a budget allows the eviction, and its debit (Kubernetes: registry of
//! `pods/eviction`, in its order of checks).
//!
//! The debit is written here and not by the disruption controller, so that simultaneous evictions cannot overdraw
//! a budget.

use super::delete;
use replank_core::behaviour::{Behaviour, ServerVersion};
use replank_world::api::{DeleteOptions, Deleted, EVICTED, Webhook};
use replank_world::object::{Budget, BudgetCondition, Phase, Pod, UnhealthyPolicy};
use replank_world::refusal::Refusal;
use replank_world::store::{BudgetId, PodId, Ref, Verb};
use replank_world::world::World;

/// With more entries than this in `disruptedPods` evictions are refused: the disruption controller does not keep
/// up.
const DISRUPTED_MAX: usize = 2000;
/// Message of every refusal because of a budget.
const VIOLATES: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
/// Type of the cause in such a refusal.
const CAUSE: &str = "DisruptionBudget";

/// Evicts a pod. Success is the server's 201: accepted, not gone.
pub(crate) fn evict(
    world: &mut World,
    namespace: &str,
    name: &str,
    options: DeleteOptions,
) -> Result<Deleted, Refusal> {
    let answer = answer(world, namespace, name, options);
    match answer {
        Ok(_) if !options.dry_run => world.tally.evicted += 1,
        Err(_) if !options.dry_run => world.tally.refused += 1,
        Ok(_) | Err(_) => {}
    }
    answer
}

/// The checks in the order of the API server.
fn answer(
    world: &mut World,
    namespace: &str,
    name: &str,
    options: DeleteOptions,
) -> Result<Deleted, Refusal> {
    super::create::namespace_open(world, namespace, "pods", name)?;
    webhooks(world, namespace, name)?;
    let Some(id) = world.store.pods.find(namespace, name) else {
        return Err(Refusal::not_found("pods", name));
    };
    let Some(pod) = world.store.pods.get(id) else { return Err(Refusal::not_found("pods", name)) };
    if !ignores_budgets(pod) {
        let (place, labels) = (pod.meta.namespace.clone(), pod.meta.labels);
        match world.users(&place, labels).budgets[..] {
            [] => {}
            [budget] => check(world, id, budget, options.dry_run)?,
            [_, _, ..] => {
                return Err(Refusal::new(
                    500,
                    "",
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                ));
            }
        }
    }
    condition_and_delete(world, id, options)
}

/// Whether budgets do not apply: the pod is terminating or does not run (Kubernetes: `canIgnorePDB`).
fn ignores_budgets(pod: &Pod) -> bool {
    pod.terminating() || pod.phase != Phase::Running
}

/// Refuses with 403 if a webhook does.
fn webhooks(world: &World, namespace: &str, name: &str) -> Result<(), Refusal> {
    let pod = world.store.pods.find(namespace, name).and_then(|id| world.store.pods.get(id));
    let protects = |hook: &&Webhook| {
        let labels = || pod.map(|pod| world.store.labels.get(pod.meta.labels));
        (hook.namespaces.is_empty() || hook.namespaces.contains(namespace))
            && hook.selector.as_ref().is_none_or(|selector| labels().is_some_and(|it| selector.matches(it)))
    };
    let Some(hook) = world.webhooks.iter().find(protects) else { return Ok(()) };
    let message = format!("admission webhook \"{}\" denied the request: {}", hook.name, hook.message);
    Err(Refusal::new(403, "Forbidden", message))
}

/// Checks the pod's only budget and debits it, unless an unready pod needs no debit.
fn check(world: &mut World, id: PodId, budget: BudgetId, dry_run: bool) -> Result<(), Refusal> {
    let (Some(pod), Some(budget_now)) = (world.store.pods.get(id), world.store.budgets.get(budget)) else {
        return Ok(());
    };
    if goes_free(pod, budget_now) {
        return Ok(());
    }
    may_debit(budget_now, world.known.version)?;
    if dry_run {
        return Ok(());
    }
    let (name, now) = (pod.meta.name.clone(), world.now);
    if let Some(budget) = world.store.budgets.get_mut(budget) {
        budget.status.allowed -= 1;
        if budget.status.allowed == 0 {
            budget.status.condition = Some(BudgetCondition::InsufficientPods);
        }
        budget.status.disrupted.insert(name, now);
    }
    world.changed(Ref::Budget(budget), Verb::Modified);
    Ok(())
}

/// Whether an unready pod may be evicted without a debit (`unhealthyPodEvictionPolicy`).
fn goes_free(pod: &Pod, budget: &Budget) -> bool {
    let satisfied = budget.status.healthy >= budget.status.desired && budget.status.desired > 0;
    !pod.ready.is && (budget.unhealthy == UnhealthyPolicy::AlwaysAllow || satisfied)
}

/// Checks whether a budget allows one disruption; the error is worded as an API server of that version words it.
fn may_debit(budget: &Budget, version: ServerVersion) -> Result<(), Refusal> {
    let (name, status) = (&budget.meta.name, &budget.status);
    let forbidden = |why: &str, short: &str| {
        let message = format!("poddisruptionbudget.policy \"{name}\" is forbidden: {why}");
        let cause = format!("The disruption budget {name} does not allow evicting pods currently: {short}");
        let causes =
            if version.has(Behaviour::ForbiddenHasCause) { vec![(CAUSE, cause)] } else { Vec::new() };
        Err(Refusal { causes, ..Refusal::new(403, "Forbidden", message) })
    };
    if status.observed < budget.meta.generation {
        let cause = format!("The disruption budget {name} is still being processed by the server.");
        return Err(Refusal {
            causes: vec![(CAUSE, cause)],
            retry_after_seconds: Some(10),
            ..Refusal::new(429, "TooManyRequests", VIOLATES)
        });
    }
    if status.allowed < 0 {
        let why = "pdb disruptions allowed is negative";
        return forbidden(why, why);
    }
    if status.disrupted.len() > DISRUPTED_MAX {
        let short = "too many pending evictions not confirmed by PDB controller";
        let why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return forbidden(why, short);
    }
    if status.allowed == 0 {
        return Err(Refusal {
            causes: vec![(CAUSE, why_none(budget, version))],
            ..Refusal::new(429, "TooManyRequests", VIOLATES)
        });
    }
    Ok(())
}

/// Why a budget allows no disruption. Versions that give their reasons look at a failed sync first, since the numbers
/// say nothing then.
fn why_none(budget: &Budget, version: ServerVersion) -> String {
    let (name, status) = (&budget.meta.name, &budget.status);
    let (desired, healthy) = (status.desired, status.healthy);
    let numbers =
        format!("The disruption budget {name} needs {desired} healthy pods and has {healthy} currently");
    let refuses = format!("The disruption budget {name} does not allow evicting pods currently");
    match &status.condition {
        _ if !version.has(Behaviour::ReasonedRefusal) => numbers,
        Some(BudgetCondition::SyncFailed(why)) if !why.is_empty() => {
            format!("{refuses} because it failed sync: {why}")
        }
        _ if healthy <= desired => numbers,
        // The other conditions have no message, which is what such an answer would quote.
        Some(
            BudgetCondition::SyncFailed(_)
            | BudgetCondition::SufficientPods
            | BudgetCondition::InsufficientPods,
        )
        | None => refuses,
    }
}

/// Sets condition `DisruptionTarget`, then deletes: two writes, with the preconditions checked before the first.
fn condition_and_delete(world: &mut World, id: PodId, options: DeleteOptions) -> Result<Deleted, Refusal> {
    if options.dry_run {
        return delete::delete_pod(world, id, options);
    }
    let Some(pod) = world.store.pods.get(id) else { return Err(Refusal::not_found("pods", "")) };
    delete::preconditions(pod, options)?;
    if pod.disruption != Some(EVICTED) {
        world.edit_pod(id, |pod| pod.disruption = Some(EVICTED));
    }
    delete::delete_pod(world, id, DeleteOptions { version: None, ..options })
}

#[cfg(test)]
mod tests;
