//! `replank upgrade cluster`: what bringing a cluster to another Kubernetes version would do; approved, it does it.

use anyhow::Result;
use jiff::SignedDuration;
use replank_engine::cluster_upgrade::report::{StepReport, UpgradeReport};
use replank_engine::messages;
use replank_server::control::upgrade_api::{UpgradeBegun, UpgradePlan};
use replank_service::records;
use replank_service::start_cluster_upgrade::StartClusterUpgrade;

use super::{upgrade, upgrades};
use crate::cli::upgrade_cluster::{Gate, UpgradeCluster};
use crate::client::Client;
use crate::errors::bad;
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;
use crate::real;
use crate::real::cluster::INSIGHT;

/// Plans, or acts.
pub(super) fn run(flags: &UpgradeCluster, printer: &mut Printer) -> Result<Exit> {
    if real::cluster::is_meant(flags) {
        return real::cluster::run(flags, printer);
    }
    let client = Client::new(&flags.server)?;
    let asked = asked(flags)?;
    let plan: UpgradePlan = client.post("upgrades/plan", &[], &asked)?;
    if !flags.approve {
        output::print(printer, flags.server.output, &plan, |printer| tell(printer, &plan, flags.approve));
        return Ok(if plan.findings.is_empty() { Exit::Done } else { Exit::Stuck });
    }
    if flags.server.output.is_for_people() {
        tell(printer, &plan, flags.approve);
        printer.flush();
    }
    let token = Some(upgrade::token());
    let asked = StartClusterUpgrade { client_request_token: token, ..asked };
    let begun: UpgradeBegun = client.begin("upgrades", &asked)?;
    let Some(id) = begun.upgrade.as_deref() else {
        if !flags.server.output.is_for_people() {
            output::print(printer, flags.server.output, &begun, |_| ());
        }
        return Ok(Exit::Done);
    };
    let said = format!("upgrade {id} of cluster {} has begun", flags.name);
    if upgrade::announce(printer, flags.server.output, flags.no_wait, &begun, &said, id) {
        return Ok(Exit::Done);
    }
    upgrades::follow(&client, id, flags.server.output, printer)
}

/// What the flags ask for.
pub(crate) fn asked(flags: &UpgradeCluster) -> Result<StartClusterUpgrade> {
    Ok(StartClusterUpgrade {
        cluster: flags.name.clone(),
        version: flags.to.clone(),
        all: flags.all,
        gate: match flags.gate {
            Gate::Each => records::Gate::Each,
            Gate::Cluster => records::Gate::Cluster,
            Gate::None => records::Gate::None,
        },
        skip_workers: flags.skip_workers,
        accept: accepted(&flags.accept)?,
        client_request_token: None,
    })
}

/// The ids of checks that were given, if there are such checks.
fn accepted(ids: &[String]) -> Result<Vec<String>> {
    let known = || {
        let own = replank_check::CHECKS.iter().flat_map(|checks| checks.iter()).map(|check| check.id);
        own.chain([INSIGHT])
    };
    match ids.iter().find(|id| !known().any(|known| known == id.as_str())) {
        Some(unknown) => Err(bad(format!(
            "--accept {unknown}: there is no such check; all are in docs/reference/findings.md, and the plan names those \
             that hold it up"
        ))),
        None => Ok(ids.to_vec()),
    }
}

/// The plan for people, the first and the last line in the words of eksctl.
pub(crate) fn tell(printer: &mut Printer, plan: &UpgradePlan, is_approved: bool) {
    let UpgradePlan { cluster, version, .. } = plan;
    let Some(report) = &plan.plan else {
        printer.line(&format!("cluster \"{cluster}\" control plane is already at version \"{version}\""));
        return;
    };
    let would = if is_approved { "will" } else { "(plan) would" };
    let verb = if report.is_rollback() { "roll back" } else { "upgrade" };
    printer.line(&format!(
        "{would} {verb} cluster \"{cluster}\" control plane from current version \"{version}\" to \"{}\"",
        report.to
    ));
    if is_approved {
        return;
    }
    steps(printer, report);
    for finding in &plan.findings {
        printer.line(&format!("it would be held up: {finding}"));
    }
    for finding in &plan.breaking {
        printer.line(&format!("would stop working: {finding}"));
    }
    printer.line("no changes were applied, run again with '--approve' to apply the changes");
}

fn steps(printer: &mut Printer, report: &UpgradeReport) {
    printer.line("");
    for step in &report.steps {
        let StepReport { number, does, disturbs, guard, seconds, .. } = step;
        let lasts = match *seconds {
            0 => String::new(),
            seconds => format!(", about {}", messages::span(SignedDuration::from_secs(seconds))),
        };
        printer.line(&format!("{number:>3}. {does}{lasts}"));
        if step.kind != "gate" && step.kind != "check" {
            printer.line(&format!("     disturbs: {disturbs}"));
            printer.line(&format!("     guarded by: {guard}"));
        }
    }
    let whole: i64 = report.steps.iter().map(|step| step.seconds).sum();
    let whole = messages::span(SignedDuration::from_secs(whole));
    printer.line("");
    printer.line(&format!("{} steps, about {whole} where nothing holds it up", report.steps.len()));
}
