//! Which eviction: what the budgets over a pod say of letting it go now.

use crate::names::ObjectName;
use crate::observed::{Budget, Pod, PodPhase, Pods, UnhealthyPolicy};

/// What the budgets say.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<'a> {
    /// It may go, and no budget is charged.
    Free,
    /// It may go if this budget has a disruption left.
    Charges(&'a Budget),
    /// Several budgets select it; the eviction API refuses whatever the numbers say.
    Many,
    /// The budget's status is older than its spec.
    Unsynced(&'a ObjectName),
}

/// Judges `pod` as the eviction subresource does (Kubernetes: pods that do not run are free; several budgets
/// are refused; pods that are not Ready are free when the budget has enough healthy ones or says so).
pub fn judge<'a>(pod: &'a Pod, pods: &'a Pods) -> Verdict<'a> {
    if pod.phase != PodPhase::Running || pod.deleting.is_some() {
        return Verdict::Free;
    }
    let name = match &*pod.budgets {
        [] => return Verdict::Free,
        [one] => one,
        _ => return Verdict::Many,
    };
    let Some(budget) = pods.budget(name) else { return Verdict::Free };
    if !pod.healthy() {
        match budget.unhealthy_policy {
            UnhealthyPolicy::AlwaysAllow => return Verdict::Free,
            UnhealthyPolicy::IfHealthyBudget if budget.healthy >= budget.desired && budget.desired > 0 => {
                return Verdict::Free;
            }
            UnhealthyPolicy::IfHealthyBudget => {}
        }
    }
    if budget.synced { Verdict::Charges(budget) } else { Verdict::Unsynced(name) }
}
