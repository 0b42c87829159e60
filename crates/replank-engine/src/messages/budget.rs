//! Budgets that allow no disruption: their numbers, and which pods are not healthy and why.

use jiff::Timestamp;
use replank_core::names::ObjectName;
use replank_core::node_group::wait::{BudgetWait, Unhealthy};
use replank_core::observed::{GATED, Readiness};

use super::list::count;
use super::time::span;

/// A pod held by a budget that may allow its eviction later.
pub(super) fn held(wait: &BudgetWait, now: Timestamp) -> String {
    let BudgetWait { budget, healthy, desired, allowed, .. } = wait;
    let pods = pods(wait);
    let numbers =
        format!("{desired} healthy needed, {healthy} there: {} allowed", count(*allowed, "disruption"));
    let base = format!("{pods} held by budget {budget} ({numbers})");
    match causes(wait, now) {
        Some(causes) => format!("{base} since {causes}"),
        None => base,
    }
}

/// A pod held by a budget that can never allow its eviction.
pub(super) fn never(wait: &BudgetWait) -> String {
    let BudgetWait { budget, rule, desired, expected, .. } = wait;
    let why = if is_unset(rule) {
        rule.to_string()
    } else if *expected == 0 {
        format!("{rule}, and it expects 0 pods, since no controller of its pods asks for any")
    } else {
        format!("{rule}: {desired} of {expected} pods have to stay healthy")
    };
    format!("{} held by budget {budget}, which can never allow a disruption ({why})", pods(wait))
}

/// Whether a budget says nothing of how many pods it keeps: the disruption controller then allows no disruption.
pub(super) fn is_unset(rule: &str) -> bool {
    !rule.contains(':')
}

/// What helps with a budget that expects no pods although it selects some (Kubernetes: the event `UnmanagedPods` of the
/// disruption controller advises an integer `minAvailable`).
pub(super) fn expects_none(budget: &ObjectName, rule: &str) -> String {
    if is_unset(rule) {
        return format!("Give budget {budget} minAvailable or maxUnavailable, or delete it.");
    }
    format!(
        "Give budget {budget} a whole number as minAvailable, smaller than the number of its pods: for {rule} only pods of \
         controllers that can be scaled count."
    )
}

/// What helps with a budget whose status stays behind: its controller runs in kube-controller-manager.
pub(super) fn unsynced(budget: &ObjectName) -> String {
    format!(
        "It takes moments; when it stays so, look at the disruption controller in kube-controller-manager, which has not seen \
         budget {budget} as it is now."
    )
}

fn pods(wait: &BudgetWait) -> String {
    match wait.more_pods {
        0 => format!("pod {} is", wait.pod),
        more => format!("pod {} and {more} more on its node are", wait.pod),
    }
}

/// Which pods the budget does not count as healthy, and why; `None` when all are.
fn causes(wait: &BudgetWait, now: Timestamp) -> Option<String> {
    if wait.unhealthy.is_empty() {
        return None;
    }
    let named: Vec<String> = wait.unhealthy.iter().map(|pod| cause(pod, now)).collect();
    let more = match wait.unhealthy_count.saturating_sub(named.len() as u32) {
        0 => String::new(),
        1 => " and 1 more is not healthy".to_owned(),
        more => format!(" and {more} more are not healthy"),
    };
    Some(format!("{}{more}", named.join(" and ")))
}

fn cause(unhealthy: &Unhealthy, now: Timestamp) -> String {
    let pod = &unhealthy.pod;
    match (&unhealthy.readiness, &unhealthy.unschedulable, unhealthy.terminating) {
        (_, _, true) => format!("pod {pod} is terminating"),
        (_, Some(message), false) => format!("no node fits pod {pod} ({message})"),
        (Readiness::Ready, None, false) => format!("pod {pod} is Ready again and not counted yet"),
        (Readiness::NotReady { since, why }, None, false) => {
            let length = span(now.duration_since(*since));
            match why {
                Some(why) if why.starts_with(GATED) => {
                    let gates = &why[GATED.len()..];
                    format!("pod {pod} is not scheduled for {length}: scheduling gate {gates} holds it")
                }
                Some(why) => format!("pod {pod} is not Ready for {length} ({})", kubelet(why)),
                None => format!("pod {pod} is not Ready for {length}"),
            }
        }
    }
}

/// A container's waiting reason (kubelet) in plain words; unknown ones unchanged.
pub(super) fn kubelet(reason: &str) -> &str {
    match reason {
        "ImagePullBackOff" | "ErrImagePull" | "InvalidImageName" => "image cannot be pulled",
        "CrashLoopBackOff" => "a container keeps ending",
        "CreateContainerConfigError" => "a ConfigMap or Secret it needs is missing",
        "ContainerCreating" | "PodInitializing" => "containers are being made",
        "ContainersNotReady" => "a container does not answer its readiness probe",
        other => other,
    }
}
