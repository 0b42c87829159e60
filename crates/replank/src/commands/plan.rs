//! `replank plan`: what an update would do, before it does it.

use anyhow::Result;
use jiff::SignedDuration;
use replank_core::node_group::event::Measured;
use replank_engine::report::plan::PlanJson;
use replank_engine::wire::Mirror;
use replank_engine::words;
use replank_sim::session::{REHEARSED_MAX, Session};

use crate::cli::{Output, Plan};
use crate::exit::Exit;
use crate::printer::Printer;
use crate::settings;

/// How many nodes of the order are printed; the rest is a number.
const NODES_MAX: usize = 12;
/// How many pods of each list are printed.
const PODS_MAX: usize = 12;

/// What to know of a plan that was not rehearsed.
pub(crate) fn projected(why: &str) -> String {
    format!(
        "the plan follows the same policy, but is projected and not rehearsed, and does not know where the scheduler \
         would put each pod: {why}"
    )
}

/// Prints a plan for every node group that would be updated.
pub(crate) fn run(flags: &Plan, printer: &mut Printer) -> Result<Exit> {
    let definition = settings::definition(&flags.world, &flags.update)?;
    let session = Session::new(definition).map_err(|error| settings::bad(error.to_string()))?;
    for warning in session.warnings() {
        Printer::complain(&format!("warning: {warning}"));
    }
    if session.is_scripted() {
        let what =
            "a plan looks at the world as it stands: the acts and faults of the world file are left out";
        Printer::complain(&format!("note: {what}"));
    }
    if session.is_projected() {
        let why = format!("the world has more than {REHEARSED_MAX} pods");
        Printer::complain(&format!("note: {}", projected(&why)));
    }
    let mut exit = Exit::Done;
    for (spec, shown) in session.foresee()? {
        let plan = PlanJson::of(&spec, &shown);
        match flags.output {
            Output::Text => text(printer, &plan),
            Output::Json => printer.line(&serde_json::to_string(&plan)?),
        }
        exit = exit.or_worse(Exit::from(&plan));
    }
    Ok(exit)
}

/// Prints a plan for people, wherever it was made.
pub(crate) fn text(printer: &mut Printer, plan: &PlanJson) {
    let span = |seconds: i64| words::span(SignedDuration::from_secs(seconds));
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
        words::sizes(&measured.original)
    ));
    printer.line(&format!("  increment {}", plan.increment_reason.as_deref().unwrap_or_default()));
    printer.line(&format!("  batch     {}", plan.batch_reason.as_deref().unwrap_or_default()));
    let phases = plan.phases.iter().cloned();
    let phases = phases.map(|(phase, length)| format!("{} {}", words::phase(phase.back()), span(length)));
    printer.line(&format!("  phases    {}", phases.collect::<Vec<_>>().join(", ")));
    printer.line(&format!(
        "  takes     about {}, {} nodes at the peak, {} evictions",
        span(plan.seconds),
        plan.peak,
        plan.evictions
    ));
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
        for finding in findings {
            printer.line(&format!("  {}", finding.text));
            if let Some(advice) = &finding.advice {
                printer.line(&format!("    {advice}"));
            }
        }
    }
    for (title, pods) in words::unplaced(&plan.unplaced.back()) {
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
