//! The text of a plan: its numbers with their reasons, and findings about pods.

use replank_core::names::ObjectName;
use replank_core::node_group::batch::BATCH_QUOTA;
use replank_core::node_group::event::Measured;
use replank_core::node_group::plan::{About, Finding};
use replank_core::node_group::spec::{Batch, Increment, Spec, Strategy};
use replank_core::pod_rules::LossKind;

use super::budget::{expects_none, unsynced};
use super::job;
use super::list::{all, count, some};

/// How many nodes are replaced at a time, and which rule says so.
pub fn batch_reason(spec: &Spec, measured: &Measured) -> String {
    let Measured { batch, old, original, .. } = measured;
    let (rule, wanted) = match spec.batch {
        Batch::Count(wanted) => (format!("maxUnavailable is {wanted}"), wanted),
        Batch::Percent(percent) => {
            let wanted = u64::from(original.desired) * u64::from(percent) / 100;
            (
                format!("maxUnavailablePercentage is {percent} of {}, rounded down", original.desired),
                wanted as u32,
            )
        }
    };
    let cut = match wanted {
        0 => ", and at least one node goes".to_owned(),
        _ if wanted <= *batch => String::new(),
        _ if *batch == BATCH_QUOTA => format!(", and EKS takes {BATCH_QUOTA} at most"),
        _ => format!(
            ", and only {} left",
            if *old == 1 { "1 old node is".to_owned() } else { format!("{old} old nodes are") }
        ),
    };
    format!("{batch} at a time: {rule}{cut}")
}

/// How many extra nodes are asked for, and which rule says so.
pub fn increment_reason(spec: &Spec, measured: &Measured) -> String {
    let Measured { increment, ceiling, old, .. } = measured;
    let extra = count(*increment, "extra node");
    let stays = if spec.strategy == Strategy::Replace { "; new nodes stay" } else { "" };
    match (spec.strategy, spec.increment) {
        _ if *old == 0 => "no extra node: every node runs the target already".to_owned(),
        (Strategy::Minimal, _) => {
            "no extra node: the strategy MINIMAL stays within the configured size".to_owned()
        }
        (Strategy::Replace, _) if increment == old => {
            format!(
                "{extra}: one for each old node, and they stay; {ceiling} at most if a zone stays without"
            )
        }
        (Strategy::Default | Strategy::Replace, Increment::Ceiling) => {
            format!("{extra}: twice the zones, or the batch when that is larger{stays}")
        }
        (Strategy::Default | Strategy::Replace, Increment::Smallest) => format!(
            "{extra}: the fewest that are certain to give every zone a new node, and at least the batch; \
             {ceiling} at most if a zone stays without{stays}"
        ),
    }
}

/// A finding about a pod, in one line.
pub fn finding(finding: &Finding) -> String {
    let Finding { pod, node, about, .. } = finding;
    format!("pod {pod} on node {node} {}", predicate(about))
}

/// What was found, as the predicate of a sentence that begins with the pod.
fn predicate(about: &About) -> String {
    match about {
        About::BudgetStalls { budget, rule, healthy, desired, unhealthy, message } => {
            let counts =
                format!("budget {budget} ({rule}) would stay at {healthy} of {desired} healthy pods");
            let why =
                if unhealthy.is_empty() { String::new() } else { format!(", without {}", all(unhealthy)) };
            let place = message.as_ref().map_or(String::new(), |words| format!(" ({words})"));
            format!("would be held: {counts}{why}{place}")
        }
        About::BudgetUnsynced { budget } => {
            format!("would be held: the status of budget {budget} does not follow its spec")
        }
        About::EvictionRefused { message } => format!("would be held: its eviction is refused ({message})"),
        About::WouldHang { finalizers } if finalizers.is_empty() => {
            "would hang in termination: its node does not answer".to_owned()
        }
        About::WouldHang { finalizers } => {
            format!("would hang in termination, held by {}", all(finalizers))
        }
        About::StopsTooSlowly { grace_seconds } => {
            format!("would not stop in time: its grace is {grace_seconds} s")
        }
        About::JobOutlasts { job } => format!("runs Job {job}, which would not end in time"),
        About::BudgetNever { budget, rule, expected: 0, .. } => {
            format!(
                "cannot be evicted: budget {budget} ({rule}) expects 0 pods, so it allows no disruption"
            )
        }
        About::BudgetNever { budget, rule, desired, expected } => format!(
            "cannot be evicted: budget {budget} ({rule}) wants {desired} of {expected} pods healthy at all times"
        ),
        About::BudgetFailed { budget, message } => {
            format!("cannot be evicted: the numbers of budget {budget} cannot be worked out ({message})")
        }
        About::ManyBudgets { budgets } => format!(
            "cannot be evicted: {} select it ({}), and the eviction API refuses that",
            count(budgets.len() as u32, "budget"),
            all(budgets)
        ),
        About::NoPlace { message } => format!("would find no node ({message})"),
        About::ToleratesAll => "tolerates every taint and may come straight back".to_owned(),
        About::ToleratesCordon => "tolerates the cordon's taint and may come straight back".to_owned(),
        About::ComesBack => "comes back to a node that takes no new pods".to_owned(),
        About::Loses(loss) => loses(*loss).to_owned(),
        About::LossRefused(LossKind::Pod) => {
            "stays: no controller would bring it back, and the rules refuse to lose it".to_owned()
        }
        About::LossRefused(LossKind::EmptyDir) => {
            "stays: its emptyDir would be lost, and the rules refuse that".to_owned()
        }
        About::LossRefused(LossKind::PodAndEmptyDir) => {
            "stays: no controller would bring it back, its emptyDir would be lost, and the rules refuse both"
                .to_owned()
        }
        About::JobInterrupted => {
            "runs a Job: its work begins again, and the eviction counts as a failure unless a podFailurePolicy of the \
             Job ignores it"
                .to_owned()
        },
        About::JobEvicted(loss) => job::evicted(loss),
        About::JobWaitedFor => "runs a Job that is waited for".to_owned(),
        About::Hanging { finalizers } => format!("hangs in termination, held by {}", all(finalizers)),
        About::NotReady => "is not Ready, so its budget may allow no disruption".to_owned(),
    }
}

/// Most pods that are named where several have the same finding.
const NAMED_MAX: usize = 5;

/// Findings in lines, each with its advice. Pods of one owner that a budget holds in the same way are one line, and so
/// are the losses of `emptyDir` content, which most pods have, at the end.
pub fn findings<'f>(found: impl IntoIterator<Item = &'f Finding>) -> Vec<(String, Option<String>)> {
    let (scratch, others): (Vec<&Finding>, Vec<&Finding>) =
        found.into_iter().partition(|one| one.about == About::Loses(LossKind::EmptyDir));
    let line = |one: &Finding| (finding(one), finding_advice(one));
    let mut lines = Vec::new();
    for (place, one) in others.iter().enumerate() {
        let is_like = |other: &&&Finding| other.about == one.about && other.owner == one.owner;
        let is_told = others[..place].iter().any(|other| is_like(&other));
        let alike: Vec<&Finding> = others.iter().filter(is_like).copied().collect();
        if alike.len() < 2 || !is_of_budget(&one.about) {
            lines.push(line(one));
        } else if !is_told {
            let of = one.owner.as_ref().map_or(String::new(), |owner| format!(" of {owner}"));
            let what = format!("{} pods{of} ({}) {}", alike.len(), names(&alike), predicate(&one.about));
            lines.push((what, finding_advice(one)));
        }
    }
    if let [one] = &*scratch {
        lines.push(line(one));
    } else if !scratch.is_empty() {
        let lost = format!("{} pods lose the content of their emptyDir: {}", scratch.len(), names(&scratch));
        lines.push((lost, None));
    }
    lines
}

/// The first few pods of findings, and how many more there are.
fn names(found: &[&Finding]) -> String {
    let named: Vec<&ObjectName> = found.iter().take(NAMED_MAX).map(|one| &one.pod).collect();
    some(&named, found.len() as u32)
}

/// Whether a budget holds the pod, so that all of its pods are held alike.
fn is_of_budget(about: &About) -> bool {
    match about {
        About::BudgetStalls { .. }
        | About::BudgetUnsynced { .. }
        | About::BudgetNever { .. }
        | About::BudgetFailed { .. }
        | About::ManyBudgets { .. } => true,
        About::EvictionRefused { .. }
        | About::WouldHang { .. }
        | About::StopsTooSlowly { .. }
        | About::JobOutlasts { .. }
        | About::NoPlace { .. }
        | About::ToleratesAll
        | About::ToleratesCordon
        | About::ComesBack
        | About::Loses(_)
        | About::LossRefused(_)
        | About::JobInterrupted
        | About::JobEvicted(_)
        | About::JobWaitedFor
        | About::Hanging { .. }
        | About::NotReady => false,
    }
}

/// What is lost with a pod, as the predicate of a sentence that begins with the pod.
pub fn loses(loss: LossKind) -> &'static str {
    match loss {
        LossKind::Pod => "is lost: no controller brings it back",
        LossKind::EmptyDir => "loses the content of its emptyDir",
        LossKind::PodAndEmptyDir => "is lost with the content of its emptyDir: no controller brings it back",
    }
}

/// What a person can do about a finding; `None` where nothing needs to be done.
pub fn finding_advice(finding: &Finding) -> Option<String> {
    let pod = &finding.pod;
    Some(match &finding.about {
        About::BudgetStalls { message: Some(_), budget, .. } => format!(
            "Make room for the pods of budget {budget}, or loosen their spread, affinity or volumes, or relax it."
        ),
        About::BudgetStalls { budget, .. } => {
            format!("Mend the pods of budget {budget} that are not Ready, or relax it.")
        }
        About::BudgetUnsynced { budget } => unsynced(budget),
        About::EvictionRefused { .. } => format!("Ask whoever refuses to let pod {pod} go."),
        About::StopsTooSlowly { .. } => {
            format!("Shorten the grace of pod {pod}, cap it for the update, or wait longer for a drain.")
        }
        About::JobOutlasts { job } => {
            format!("Begin when Job {job} is done, or let its pods be evicted.")
        }
        About::BudgetNever { budget, rule, expected: 0, .. } => expects_none(budget, rule),
        About::BudgetNever { budget, expected, .. } => {
            format!("Scale what budget {budget} covers to more than {expected}, or relax it.")
        }
        About::BudgetFailed { budget, .. } => {
            format!(
                "Give budget {budget} a whole number as minAvailable, or let it select only pods whose controller can be \
                 scaled."
            )
        }
        About::ManyBudgets { .. } => format!("Leave one budget that selects pod {pod}."),
        About::NoPlace { .. } => format!("Make room for pod {pod}, or loosen what it asks of a node."),
        About::ToleratesAll | About::ToleratesCordon => {
            format!("Let the owner of pod {pod} tolerate less, or run it as a DaemonSet.")
        }
        About::ComesBack => format!("Let the owner of pod {pod} leave spec.nodeName to the scheduler."),
        About::LossRefused(LossKind::Pod | LossKind::EmptyDir) => {
            format!("Delete pod {pod} yourself when it may be lost, or allow that loss.")
        }
        About::LossRefused(LossKind::PodAndEmptyDir) => {
            format!("Delete pod {pod} yourself when both may be lost, or allow both losses.")
        }
        About::Hanging { .. } | About::WouldHang { .. } => {
            format!("Find the controller that should release pod {pod}.")
        }
        About::NotReady => {
            format!("Find out why: `kubectl -n {} describe pod {}`.", pod.namespace, pod.name)
        }
        About::JobEvicted(loss) => return job::advice(loss),
        About::Loses(_) | About::JobInterrupted | About::JobWaitedFor => return None,
    })
}
