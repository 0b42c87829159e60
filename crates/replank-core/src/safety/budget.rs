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
pub fn check<'a>(pod: &'a Pod, pods: &'a Pods) -> Verdict<'a> {
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

/// Whether a pod surely goes free where nobody asks the server: no budget protects it by its rules, and where that
/// hangs on numbers, the pods that are seen bear them out. A status tells of pods that were there a moment ago.
pub fn surely_free(pod: &Pod, pods: &Pods) -> bool {
    if check(pod, pods) != Verdict::Free {
        return false;
    }
    let budget = match &*pod.budgets {
        [one] if pod.phase == PodPhase::Running && pod.deleting.is_none() => pods.budget(one),
        _ => None,
    };
    let Some(budget) = budget.filter(|budget| budget.unhealthy_policy == UnhealthyPolicy::IfHealthyBudget)
    else {
        return true;
    };
    let serves = |other: &&Pod| other.healthy() && other.deleting.is_none();
    pods.under(&budget.name).filter(serves).count() as u64 >= u64::from(budget.desired)
}
