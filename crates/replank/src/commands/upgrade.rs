//! `replank upgrade nodegroup`: prints what an update would do; with `--approve`, starts and follows it.

use anyhow::Result;
use replank_server::control::api::{BegunAnswer, PlanAnswer, UpdateAnswer, UpdateRequest};
use serde::Serialize;

use super::control::{self, Followed};
use super::{resolve, upgrade_cluster, upgrade_several};
use crate::cli::remote::{Format, Upgrade, UpgradeNodegroup};
use crate::client::{Client, encoded};
use crate::exit::Exit;
use crate::output::{self, plan};
use crate::printer::Printer;
use crate::{real, settings};

/// Prints the plan, or runs the update.
pub(crate) fn run(what: &Upgrade, printer: &mut Printer) -> Result<Exit> {
    match what {
        Upgrade::Nodegroup(flags) => upgrade_several::run(flags, printer),
        Upgrade::Cluster(flags) => upgrade_cluster::run(flags, printer),
    }
}

/// Prints the plan of one node group, or updates it.
pub(super) fn one(flags: &UpgradeNodegroup, printer: &mut Printer) -> Result<Exit> {
    if real::upgrade::is_meant(flags) {
        return real::upgrade::run(flags, printer);
    }
    // Wrong flags are told before any server is asked.
    let asked = asked(flags)?;
    let client = Client::new(&flags.server)?;
    let group = resolve::group(&client, &flags.name, flags.cluster.cluster.as_deref())?;
    let asked = UpdateRequest { cluster: group.cluster, nodegroup: group.name, ..asked };
    if flags.approve {
        act(&client, flags, asked, printer)
    } else {
        show_plan(&client, flags, &asked, printer)
    }
}

/// The update that the flags ask for.
fn asked(flags: &UpgradeNodegroup) -> Result<UpdateRequest> {
    let max_unavailable = flags.max_unavailable.as_deref().map(settings::max_unavailable).transpose()?;
    let (count, share) = max_unavailable.unwrap_or_default();
    let strategy = flags.strategy.map(|strategy| strategy.word().to_owned());
    Ok(UpdateRequest {
        version: flags.kubernetes_version.clone(),
        release_version: flags.release_version.clone(),
        launch_template_version: flags.launch_template_version.clone(),
        force: flags.force,
        max_unavailable: count,
        max_unavailable_percentage: share,
        strategy,
        ..UpdateRequest::default()
    })
}

fn show_plan(
    client: &Client,
    flags: &UpgradeNodegroup,
    asked: &UpdateRequest,
    printer: &mut Printer,
) -> Result<Exit> {
    let answer: PlanAnswer = client.post("plan", &[], asked)?;
    let plan = answer.plan;
    if answer.projected {
        let why = answer.projected_because.unwrap_or_default();
        Printer::complain(&format!("note: {}", plan::projected(&why)));
    }
    output::print(printer, flags.server.output, &plan, |printer| plan::text(printer, &plan));
    printer.flush();
    output::nothing_changed(flags.server.output);
    Ok(Exit::from(&plan))
}

fn act(
    client: &Client,
    flags: &UpgradeNodegroup,
    asked: UpdateRequest,
    printer: &mut Printer,
) -> Result<Exit> {
    let asked = UpdateRequest { client_request_token: Some(token()), ..asked };
    let begun: BegunAnswer = client.begin("updates", &asked)?;
    let id = begun.update.clone();
    let said = format!("update {id} of node group {} has begun", flags.name);
    if announce(printer, flags.server.output, flags.no_wait, &begun, &said, &id) {
        return Ok(Exit::Done);
    }
    let update: UpdateAnswer = client.get(&format!("updates/{}", encoded(&id)), &[])?;
    let how =
        Followed { format: flags.server.output, plain: flags.plain, names_group: flags.is_one_of_several };
    control::to_its_end(client, update, how, printer)
}

/// Says that something has begun. Whether that is all: it is not followed.
pub(super) fn announce(
    printer: &mut Printer,
    format: Format,
    no_wait: bool,
    begun: &impl Serialize,
    said: &str,
    id: &str,
) -> bool {
    if no_wait {
        output::print(printer, format, begun, |printer| {
            printer.line(said);
            printer.line(&format!("follow it with: replank follow {id}"));
        });
    } else if format.is_for_people() {
        Printer::complain(said);
    }
    no_wait
}

/// Client token that no other command uses.
pub(super) fn token() -> String {
    let now = jiff::Timestamp::now().as_nanosecond();
    format!("replank-{}-{now}", std::process::id())
}
