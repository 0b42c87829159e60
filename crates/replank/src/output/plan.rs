//! Text of a plan, the same for every source of plans.

use jiff::SignedDuration;
use replank_core::node_group::event::Measured;
use replank_core::node_group::plan::Finding;
use replank_engine::messages;
use replank_engine::report::plan::PlanJson;
use replank_engine::serialized::SerializedForm;

use crate::printer::Printer;

/// Number of nodes that are printed of the order; the others are counted.
const NODES_MAX: usize = 12;
/// Number of pods that are printed of each list.
const PODS_MAX: usize = 12;

/// Note on a plan that was projected instead of rehearsed.
pub(crate) fn projected(why: &str) -> String {
    format!(
        "the plan follows the same policy, but is projected and not rehearsed, and does not know where the scheduler \
         would put each pod: {why}"
    )
}

/// Prints a plan as text.
pub(crate) fn text(printer: &mut Printer, plan: &PlanJson) {
    let span = |seconds: i64| messages::span(SignedDuration::from_secs(seconds));
    printer.line(&format!("Plan for node group {} of cluster {}", plan.group, plan.cluster));
    printer.line(&format!("  to        release {} ({}), image {}", plan.release, plan.version, plan.image));
    let Some(numbers) = plan.numbers.clone() else {
        printer.line("  nothing can be decided: the group cannot be read");
        return;
    };
    let measured: Measured = numbers.back();
    printer.line(&format!(
        "  nodes     {} to replace, sizes {}",
        measured.old,
        messages::sizes(&measured.original)
    ));
    printer.line(&format!("  increment {}", plan.increment_reason.as_deref().unwrap_or_default()));
    printer.line(&format!("  batch     {}", plan.batch_reason.as_deref().unwrap_or_default()));
    let phases = plan.phases.iter().map(|phase| format!("{} {}", phase.name(), span(phase.seconds)));
    printer.line(&format!("  phases    {}", phases.collect::<Vec<_>>().join(", ")));
    printer.line(&format!(
        "  takes     about {}, {} nodes at the peak, {} evictions",
        span(plan.seconds),
        plan.peak,
        plan.evictions
    ));
    let extra = SignedDuration::from_secs(plan.extra_node_seconds);
    printer.line(&format!("  costs     {} beyond the size of the group", messages::node_hours(extra)));
    let mut order: Vec<String> = plan.order.iter().take(NODES_MAX).cloned().collect();
    if plan.order.len() > NODES_MAX {
        order.push(format!("and {} more", plan.order.len() - NODES_MAX));
    }
    if !order.is_empty() {
        printer.line(&format!("  order     {}", order.join(", ")));
    }
    let (blocking, notes): (Vec<_>, Vec<_>) = plan.findings.iter().partition(|finding| finding.blocks);
    for (title, findings) in [("Pods that hold it up", blocking), ("Good to know", notes)] {
        if findings.is_empty() {
            continue;
        }
        printer.line(&format!("{title}:"));
        let findings: Vec<Finding> = findings.into_iter().map(|one| one.finding.clone().back()).collect();
        for (text, advice) in messages::findings(&findings) {
            printer.line(&format!("  {text}"));
            if let Some(advice) = advice {
                printer.line(&format!("    {advice}"));
            }
        }
    }
    for (title, pods) in messages::unplaced(&plan.unplaced.back()) {
        printer.list(title, pods, PODS_MAX);
    }
    if !plan.beside.is_empty() {
        printer.line("Beside it:");
    }
    for found in &plan.beside {
        printer.line(&format!("  {}", found.text));
        printer.line(&format!("    {}", found.advice));
    }
    printer.line(&plan.verdict);
}
