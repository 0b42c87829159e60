//! `replank plan`: what an update would do, before it does it.

use anyhow::Result;
use jiff::SignedDuration;
use replank_core::preview::Preview;
use replank_core::problem::Outcome;
use replank_core::spec::Spec;
use replank_engine::wire::{Mirror, v1};
use replank_engine::words;
use replank_sim::session::Session;
use serde::Serialize;

use crate::cli::{Output, Plan};
use crate::exit::Exit;
use crate::printer::Printer;
use crate::settings;

/// How many nodes of the order are printed; the rest is a number.
const NODES_MAX: usize = 12;

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
        let what = "this cluster is large: the plan follows the same policy, but is projected and not rehearsed, \
                    and does not know where the scheduler would put each pod";
        Printer::complain(&format!("note: {what}"));
    }
    let mut exit = Exit::Done;
    for (spec, shown) in session.foresee()? {
        match flags.output {
            Output::Text => text(printer, &spec, &shown),
            Output::Json => json(printer, &spec, &shown)?,
        }
        if stops(&shown) {
            exit = Exit::Stuck;
        }
    }
    Ok(exit)
}

/// Whether the update would not reach its end.
fn stops(shown: &Preview) -> bool {
    shown.end.as_ref().is_none_or(|end| end.outcome != Outcome::Succeeded)
}

fn text(printer: &mut Printer, spec: &Spec, shown: &Preview) {
    let span = |length: SignedDuration| words::span(length);
    printer.line(&format!("Plan for node group {} of cluster {}", spec.group, spec.cluster));
    printer.line(&format!(
        "  to        release {} ({}), image {}",
        spec.target.release,
        spec.target.version,
        spec.target.image()
    ));
    let Some(measured) = &shown.measured else {
        printer.line("  nothing can be decided: the group cannot be read");
        return;
    };
    printer.line(&format!("  nodes     {} to replace, sizes {}", measured.old, words::sizes(&measured.home)));
    printer.line(&format!("  increment {}", words::increment_reason(spec, measured)));
    printer.line(&format!("  batch     {}", words::batch_reason(spec, measured)));
    let phases: Vec<String> = shown
        .phases
        .iter()
        .map(|(phase, length)| format!("{} {}", words::phase(*phase), span(*length)))
        .collect();
    printer.line(&format!("  phases    {}", phases.join(", ")));
    printer.line(&format!(
        "  takes     about {}, {} nodes at the peak, {} evictions",
        span(shown.total),
        shown.peak,
        shown.evictions
    ));
    let mut order: Vec<String> = shown.order.iter().take(NODES_MAX).map(ToString::to_string).collect();
    if shown.order.len() > NODES_MAX {
        order.push(format!("and {} more", shown.order.len() - NODES_MAX));
    }
    if !order.is_empty() {
        printer.line(&format!("  order     {}", order.join(", ")));
    }
    let (blocking, notes): (Vec<_>, Vec<_>) =
        shown.findings.iter().partition(|finding| finding.about.blocks());
    for (title, findings) in [("Pods that hold it up", blocking), ("Good to know", notes)] {
        if findings.is_empty() {
            continue;
        }
        printer.line(&format!("{title}:"));
        for finding in findings {
            printer.line(&format!("  {}", words::finding(finding)));
            if let Some(advice) = words::finding_advice(finding) {
                printer.line(&format!("    {advice}"));
            }
        }
    }
    verdict(printer, spec, shown);
}

fn verdict(printer: &mut Printer, spec: &Spec, shown: &Preview) {
    match (&shown.failure, &shown.end) {
        (Some(failure), _) => printer.line(&format!(
            "It would fail: {}: {} ({})",
            words::code(failure.code),
            words::failure(failure, &spec.group),
            words::failure_detail(failure)
        )),
        (None, Some(_)) => printer.line("It would succeed."),
        (None, None) => printer.line("It would wait for something that only a person can change."),
    }
}

/// A plan as JSON.
#[derive(Serialize)]
struct PlanJson<'a> {
    cluster: &'a str,
    group: &'a str,
    release: &'a str,
    version: &'a str,
    image: &'a str,
    numbers: Option<v1::Measured>,
    increment_reason: Option<String>,
    batch_reason: Option<String>,
    phases: Vec<(v1::Phase, i64)>,
    order: Vec<String>,
    seconds: i64,
    peak: u32,
    evictions: u64,
    findings: Vec<FindingJson>,
    failure: Option<v1::Failure>,
    outcome: Option<v1::Outcome>,
}

#[derive(Serialize)]
struct FindingJson {
    finding: v1::Finding,
    blocks: bool,
    text: String,
    advice: Option<String>,
}

fn json(printer: &mut Printer, spec: &Spec, shown: &Preview) -> Result<()> {
    let plan = PlanJson {
        cluster: spec.cluster.as_str(),
        group: spec.group.as_str(),
        release: &spec.target.release,
        version: &spec.target.version,
        image: spec.target.image().as_str(),
        numbers: shown.measured.as_ref().map(v1::Measured::of),
        increment_reason: shown.measured.as_ref().map(|measured| words::increment_reason(spec, measured)),
        batch_reason: shown.measured.as_ref().map(|measured| words::batch_reason(spec, measured)),
        phases: shown.phases.iter().map(|(phase, length)| (v1::Phase::of(phase), length.as_secs())).collect(),
        order: shown.order.iter().map(ToString::to_string).collect(),
        seconds: shown.total.as_secs(),
        peak: shown.peak,
        evictions: shown.evictions,
        findings: shown
            .findings
            .iter()
            .map(|finding| FindingJson {
                finding: v1::Finding::of(finding),
                blocks: finding.about.blocks(),
                text: words::finding(finding),
                advice: words::finding_advice(finding),
            })
            .collect(),
        failure: shown.failure.as_ref().map(v1::Failure::of),
        outcome: shown.end.as_ref().map(|end| v1::Outcome::of(&end.outcome)),
    };
    printer.line(&serde_json::to_string(&plan)?);
    Ok(())
}
