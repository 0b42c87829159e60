//! Keys of waits and problems without their numbers and times, by which a wait that goes on is recognised as the same.

use replank_core::node_group::problem::Problem;
use replank_core::node_group::wait::{On, Wait};
use replank_core::observed::Readiness;

/// Key of a wait: node, kind, and the object it is about.
pub fn topic(wait: &Wait) -> String {
    let node = wait.node.as_ref().map_or("", |node| node.as_str());
    format!("{node} {:?} {}", std::mem::discriminant(&wait.on), object(&wait.on))
}

/// What a wait says besides its numbers and times. While it stays the same the wait need not be reported again.
pub fn substance(wait: &Wait) -> String {
    match &wait.on {
        On::Budget(held) => {
            let first = held.unhealthy.first().map(|unhealthy| match &unhealthy.readiness {
                Readiness::NotReady { why: Some(why), .. } => why.to_string(),
                Readiness::NotReady { why: None, .. } | Readiness::Ready => String::new(),
            });
            first.unwrap_or_default()
        }
        On::Reading { why: message, .. }
        | On::EvictionRefused { message, .. }
        | On::Webhook { message, .. }
        | On::TerminateRefused { message, .. } => plain(message),
        On::BudgetFailed { message, .. } => plain(message),
        On::Launches { trouble, .. } => format!("{trouble:?}"),
        On::NotJoining { trouble, .. } => format!("{trouble:?}"),
        On::Lost { how, by, .. } => format!("{how:?} {by:?}"),
        On::Closed { closures } => {
            closures.iter().map(|closure| format!("{:?} {:?} ", closure.what, closure.by)).collect()
        }
        On::StuckTerminating { finalizers, .. } => format!("{finalizers:?}"),
        On::Place { placement, .. } => format!("{:?}", std::mem::discriminant(placement)),
        On::Uncordoned { by } => format!("{by:?}"),
        On::TemplateVersion
        | On::GroupPointed
        | On::SizesTaken
        | On::Unanswered
        | On::NodesJoining { .. }
        | On::Guarding { .. }
        | On::Unmarking { .. }
        | On::Cordon
        | On::Replacements { .. }
        | On::DrainedByHand { .. }
        | On::Hold { .. }
        | On::Paused
        | On::BudgetNever(_)
        | On::BudgetUnsynced { .. }
        | On::ManyBudgets { .. }
        | On::Throttled { .. }
        | On::EvictionSent { .. }
        | On::Terminating { .. }
        | On::JobRuns { .. }
        | On::LossRefused { .. }
        | On::ComesBack { .. }
        | On::Deregistering
        | On::InstanceLeaving { .. }
        | On::NoRoom { .. }
        | On::Occupied { .. } => String::new(),
    }
}

/// A message without words that contain digits, which are durations, times and ids.
pub fn plain(message: &str) -> String {
    let words =
        message.split_whitespace().filter(|word| !word.contains(|letter: char| letter.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

/// The object that a wait is about.
fn object(on: &On) -> String {
    match on {
        On::Budget(held) | On::BudgetNever(held) => held.budget.to_string(),
        On::Launches { zone, .. } => zone.as_ref().map(ToString::to_string).unwrap_or_default(),
        On::InstanceLeaving { instance }
        | On::TerminateRefused { instance, .. }
        | On::NotJoining { instance, .. }
        | On::Lost { instance, .. } => instance.to_string(),
        other => other.pod().map(ToString::to_string).unwrap_or_default(),
    }
}

/// Key of a problem.
pub fn problem_topic(problem: &Problem) -> String {
    match problem {
        Problem::SizesKept { .. } => "sizes".to_owned(),
        Problem::TerminationStuck { instance, .. } => format!("termination {instance}"),
        Problem::NotInGroup { nodes, count } => format!("outside {count} {nodes:?}"),
        Problem::Autoscaler(found) => format!("autoscaler {:?}", found.kind),
        Problem::KeepNodes { .. } => "keep nodes".to_owned(),
        Problem::ActRefused { subject, message } => format!("refused {subject} {message}"),
    }
}
