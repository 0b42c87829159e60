//! What a wait or a problem is about, apart from its numbers and times: two waits with one topic are the same wait
//! going on.

use replank_core::problem::Problem;
use replank_core::wait::{On, Wait};

/// Tells waits apart.
pub fn topic(wait: &Wait) -> String {
    let node = wait.node.as_ref().map_or("", |node| node.as_str());
    format!("{node} {:?} {}", std::mem::discriminant(&wait.on), object(&wait.on))
}

/// The object a wait is about, so that two waits of one kind are told apart.
fn object(on: &On) -> String {
    match on {
        On::Budget(held) | On::BudgetNever(held) => held.budget.to_string(),
        On::ManyBudgets { pod, .. }
        | On::BudgetFailed { pod, .. }
        | On::BudgetUnsynced { pod, .. }
        | On::Webhook { pod, .. }
        | On::Throttled { pod, .. }
        | On::EvictionSent { pod }
        | On::EvictionRefused { pod, .. }
        | On::StuckTerminating { pod, .. }
        | On::Terminating { pod, .. }
        | On::JobRuns { pod, .. }
        | On::LossRefused { pod, .. }
        | On::ComesBack { pod } => pod.to_string(),
        On::Launches { zone, .. } => zone.as_ref().map(ToString::to_string).unwrap_or_default(),
        On::InstanceLeaving { instance } | On::TerminateRefused { instance, .. } => instance.to_string(),
        On::Reading { .. }
        | On::TemplateVersion
        | On::GroupPointed
        | On::SizesTaken
        | On::NodesJoining { .. }
        | On::Guarding { .. }
        | On::Unmarking { .. }
        | On::Cordon
        | On::Replacements { .. }
        | On::Hold { .. }
        | On::Paused
        | On::Settling => String::new(),
    }
}

/// Tells problems apart.
pub fn problem_topic(problem: &Problem) -> String {
    match problem {
        Problem::SizesKept { .. } => "sizes".to_owned(),
        Problem::TerminationStuck { instance, .. } => format!("termination {instance}"),
        Problem::NotInGroup { node } => format!("outside {node}"),
        Problem::ActRefused { subject, message } => format!("refused {subject} {message}"),
    }
}
