//! The names by which runs are counted: waits, phases, outcomes.

use replank_core::node_group::phase::Phase;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::wait::On;

/// The names of all waits that runs count.
pub const WAITS: [&str; 35] = [
    "reading",
    "template-version",
    "group-pointed",
    "sizes-taken",
    "nodes-joining",
    "lost",
    "closed",
    "launches",
    "guarding",
    "unmarking",
    "cordon",
    "uncordoned",
    "replacements",
    "hold",
    "paused",
    "budget",
    "budget-never",
    "budget-failed",
    "budget-unsynced",
    "many-budgets",
    "webhook",
    "throttled",
    "eviction-refused",
    "eviction-sent",
    "terminating",
    "stuck-terminating",
    "job-runs",
    "loss-refused",
    "comes-back",
    "place",
    "no-room",
    "occupied",
    "settling",
    "instance-leaving",
    "terminate-refused",
];

/// Word by which stories and timelines know a kind of wait, such as `template-version`.
pub fn wait_name(on: &On) -> &'static str {
    match on {
        On::Reading { .. } => "reading",
        On::TemplateVersion => "template-version",
        On::GroupPointed => "group-pointed",
        On::SizesTaken => "sizes-taken",
        On::Unanswered => "unanswered",
        On::NodesJoining { .. } => "nodes-joining",
        On::NotJoining { .. } => "not-joining",
        On::Lost { .. } => "lost",
        On::Closed { .. } => "closed",
        On::Launches { .. } => "launches",
        On::Guarding { .. } => "guarding",
        On::Unmarking { .. } => "unmarking",
        On::Cordon => "cordon",
        On::Uncordoned { .. } => "uncordoned",
        On::Replacements { .. } => "replacements",
        On::Hold { .. } => "hold",
        On::DrainedByHand { .. } => "drained-by-hand",
        On::Paused => "paused",
        On::Budget(_) => "budget",
        On::BudgetNever(_) => "budget-never",
        On::BudgetFailed { .. } => "budget-failed",
        On::BudgetUnsynced { .. } => "budget-unsynced",
        On::ManyBudgets { .. } => "many-budgets",
        On::Webhook { .. } => "webhook",
        On::Throttled { .. } => "throttled",
        On::EvictionRefused { .. } => "eviction-refused",
        On::EvictionSent { .. } => "eviction-sent",
        On::Terminating { .. } => "terminating",
        On::StuckTerminating { .. } => "stuck-terminating",
        On::JobRuns { .. } => "job-runs",
        On::LossRefused { .. } => "loss-refused",
        On::ComesBack { .. } => "comes-back",
        On::Place { .. } => "place",
        On::NoRoom { .. } => "no-room",
        On::Occupied { .. } => "occupied",
        On::Deregistering => "settling",
        On::InstanceLeaving { .. } => "instance-leaving",
        On::TerminateRefused { .. } => "terminate-refused",
    }
}

/// Word by which stories know a phase, such as `scale-up`.
pub fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Setup => "setup",
        Phase::ScaleUp => "scale-up",
        Phase::Guard => "guard",
        Phase::Upgrade => "upgrade",
        Phase::ScaleDown => "scale-down",
        Phase::Restore => "restore",
        Phase::Done => "done",
    }
}

/// Word by which stories know how an update ended, such as `succeeded`.
pub fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Cancelled => "cancelled",
    }
}
