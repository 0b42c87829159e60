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
        On::Launches { zone, .. } => zone.as_ref().map(ToString::to_string).unwrap_or_default(),
        On::InstanceLeaving { instance }
        | On::TerminateRefused { instance, .. }
        | On::Lost { instance, .. } => instance.to_string(),
        other => other.pod().map(ToString::to_string).unwrap_or_default(),
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
