//! `replank upgrade cluster`: what bringing a cluster to another Kubernetes version would do; approved, it does it.

use anyhow::Result;
use replank_server::control::upgrade_api::{UpgradeBegun, UpgradePlan};
use replank_service::start_cluster_upgrade::StartClusterUpgrade;

use super::{upgrade, upgrades};
use crate::cli::upgrade_cluster::UpgradeCluster;
use crate::client::Client;
use crate::cluster_upgrade::{self, asked, tell};
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;

/// Plans, or acts.
pub(super) fn run(flags: &UpgradeCluster, printer: &mut Printer) -> Result<Exit> {
    if cluster_upgrade::is_meant(flags) {
        return cluster_upgrade::run(flags, printer);
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
