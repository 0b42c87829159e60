//! `replank upgrade nodegroup`: prints what an update would do; with `--approve`, starts and follows it.

use anyhow::Result;
use replank_server::control::api::{BegunAnswer, PlanAnswer, UpdateRequest};

use super::{resolve, upgrade_cluster};
use crate::cli::remote::{Format, Upgrade, UpgradeNodegroup};
use crate::client::{Client, Trouble};
use crate::exit::Exit;
use crate::follow::{FollowPrinter, Remote, follow};
use crate::output::{self, plan};
use crate::printer::Printer;
use crate::{real, settings};

/// Number of attempts to start an update when the answer is lost. The client token is the same, so it starts once.
const TRIES: u32 = 3;

/// Prints the plan, or runs the update.
pub(crate) fn run(what: &Upgrade, printer: &mut Printer) -> Result<Exit> {
    let flags = match what {
        Upgrade::Nodegroup(flags) => flags,
        Upgrade::Cluster(flags) => return upgrade_cluster::run(flags, printer),
    };
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
    if flags.server.output == Format::Table {
        Printer::complain("\nNothing was changed. The same command with --approve does it.");
    }
    Ok(Exit::from(&plan))
}

fn act(
    client: &Client,
    flags: &UpgradeNodegroup,
    asked: UpdateRequest,
    printer: &mut Printer,
) -> Result<Exit> {
    let asked = UpdateRequest { client_request_token: Some(token()), ..asked };
    let begun = begin(client, &asked)?;
    let id = begun.update.clone();
    if flags.no_wait {
        output::print(printer, flags.server.output, &begun, |printer| {
            printer.line(&format!("update {id} of node group {} has begun", flags.name));
            printer.line(&format!("follow it with: replank follow {id}"));
        });
        return Ok(Exit::Done);
    }
    if flags.server.output == Format::Table {
        Printer::complain(&format!("update {id} of node group {} has begun", flags.name));
    }
    follow(&mut Remote::new(client, &id)?, &mut FollowPrinter::new(printer, flags.server.output))
}

fn begin(client: &Client, asked: &UpdateRequest) -> Result<BegunAnswer> {
    let mut tries = 1;
    loop {
        match client.post("updates", &[], asked) {
            Ok(begun) => return Ok(begun),
            Err(Trouble::Broke { .. }) if tries < TRIES => tries += 1,
            Err(trouble) => return Err(trouble.into()),
        }
    }
}

/// Client token that no other command uses.
pub(super) fn token() -> String {
    let now = jiff::Timestamp::now().as_nanosecond();
    format!("replank-{}-{now}", std::process::id())
}
