//! `replank upgrade nodegroup`: what an update would do; approved, it does it and follows it.

use anyhow::{Context, Result};
use replank_engine::report::plan::PlanJson;
use serde_json::{Map, Value};

use super::aim::{self, Group};
use crate::cli::Strategy;
use crate::cli::remote::{Format, Upgrade, UpgradeNodegroup};
use crate::client::{Client, Trouble};
use crate::exit::Exit;
use crate::follow::{Remote, Teller, follow};
use crate::output::{self, plan, text};
use crate::printer::Printer;
use crate::{real, settings};

/// How often a beginning whose answer was lost is asked for again. The same token never begins it twice.
const TRIES: u32 = 3;

/// Plans, or acts.
pub(crate) fn run(what: &Upgrade, printer: &mut Printer) -> Result<Exit> {
    let Upgrade::Nodegroup(flags) = what;
    if real::upgrade::is_meant(flags) {
        return real::upgrade::run(flags, printer);
    }
    // Wrong flags are told before any server is asked.
    let wishes = wishes(flags)?;
    let client = Client::new(&flags.server)?;
    let group = aim::group(&client, &flags.name, flags.cluster.cluster.as_deref())?;
    let asked = asked(&group, wishes);
    if flags.approve { act(&client, flags, asked, printer) } else { foresee(&client, flags, &asked, printer) }
}

/// What the flags ask for, as the control API takes it.
fn wishes(flags: &UpgradeNodegroup) -> Result<Map<String, Value>> {
    let mut wishes = Map::new();
    let mut put = |name: &str, value: Value| drop(wishes.insert(name.to_owned(), value));
    let texts = [
        ("version", &flags.kubernetes_version),
        ("releaseVersion", &flags.release_version),
        ("launchTemplateVersion", &flags.launch_template_version),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            put(name, text.as_str().into());
        }
    }
    if let Some(text) = &flags.max_unavailable {
        match settings::max_unavailable(text)? {
            (Some(count), _) => put("maxUnavailable", count.into()),
            (None, share) => put("maxUnavailablePercentage", share.into()),
        }
    }
    if let Some(strategy) = flags.strategy {
        let strategy = match strategy {
            Strategy::Default => "DEFAULT",
            Strategy::Minimal => "MINIMAL",
        };
        put("strategy", strategy.into());
    }
    if flags.force {
        put("force", true.into());
    }
    Ok(wishes)
}

fn asked(group: &Group, wishes: Map<String, Value>) -> Value {
    let mut asked = Value::Object(wishes);
    asked["cluster"] = group.cluster.as_str().into();
    asked["nodegroup"] = group.name.as_str().into();
    asked
}

fn foresee(client: &Client, flags: &UpgradeNodegroup, asked: &Value, printer: &mut Printer) -> Result<Exit> {
    let answer = client.post("plan", &[], asked)?;
    let plan: PlanJson = serde_json::from_value(answer["plan"].clone()).context("the plan of the server")?;
    if answer["projected"] == true {
        let why = text(&answer, "projectedBecause");
        Printer::complain(&format!("note: {}", plan::projected(why)));
    }
    output::print(printer, flags.server.output, &answer["plan"], |printer| plan::text(printer, &plan));
    printer.flush();
    if flags.server.output == Format::Table {
        Printer::complain("\nNothing was changed. The same command with --approve does it.");
    }
    Ok(Exit::from(&plan))
}

fn act(client: &Client, flags: &UpgradeNodegroup, mut asked: Value, printer: &mut Printer) -> Result<Exit> {
    asked["clientRequestToken"] = token().into();
    let begun = begin(client, &asked)?;
    let id = text(&begun, "update").to_owned();
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
    follow(&mut Remote::new(client, &id)?, &mut Teller::new(printer, flags.server.output))
}

fn begin(client: &Client, asked: &Value) -> Result<Value> {
    let mut tries = 1;
    loop {
        match client.post("updates", &[], asked) {
            Ok(begun) => return Ok(begun),
            Err(Trouble::Broke { .. }) if tries < TRIES => tries += 1,
            Err(trouble) => return Err(trouble.into()),
        }
    }
}

/// A token that no other command uses.
fn token() -> String {
    let now = jiff::Timestamp::now().as_nanosecond();
    format!("replank-{}-{now}", std::process::id())
}
