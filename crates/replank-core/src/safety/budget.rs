//! Whether the budgets over a pod allow its eviction now.

use crate::names::ObjectName;
use crate::observed::{Budget, Pod, PodPhase, Pods, UnhealthyPolicy};

/// What the eviction API would say of a pod, going by its budgets.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<'a> {
    /// It may be evicted and no budget is charged.
    Free,
    /// It may be evicted if this budget has a disruption left.
    Charges(&'a Budget),
    /// Several budgets select it; the eviction API refuses it whatever their numbers.
    Many,
    /// The budget's status is older than its spec; the eviction API refuses until it is not.
    Unsynced(&'a ObjectName),
}

/// Judges `pod` as the eviction subresource does (Kubernetes, `registry/core/pod/storage/eviction.go`): pods that are
/// not running are free, pods under several budgets are refused, and pods that are not Ready are free when their budget
/// has enough healthy ones or always allows them.
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
    // One that cannot be worked out is not brought up to date either: its controller says why, which says more.
    if budget.synced || budget.sync_failed.is_some() {
        Verdict::Charges(budget)
    } else {
        Verdict::Unsynced(name)
    }
}

/// Whether evicting the pod is certain to charge no budget, without asking the server. Where that depends on the
/// numbers of a budget, the pods as seen must confirm them, since a status may be behind.
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
