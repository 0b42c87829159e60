//! The plan of an update of a self-managed group, projected from what AWS and the cluster show now.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_aws::preflight::Concern;
use replank_core::node_group::preview::preview;
use replank_core::node_group::project::Paces;
use replank_core::node_group::spec::Spec;
use replank_core::observed::{Observation, Read};
use replank_engine::ports::Cloud;
use replank_engine::report::plan::PlanJson;
use serde_json::json;

use super::upgrade::SelfManaged;
use crate::cli::remote::Format;
use crate::errors::bad;
use crate::exit::Exit;
use crate::output::{self, plan};
use crate::printer::Printer;

/// How long things take where nothing tells; EC2 instances are usually nodes within one and a half minutes.
const PACES: Paces = Paces {
    launch: SignedDuration::from_secs(10),
    join: SignedDuration::from_secs(90),
    stop: SignedDuration::from_secs(30),
    start: SignedDuration::from_secs(15),
    terminate: SignedDuration::from_secs(90),
    job_back_off: SignedDuration::from_secs(10),
};

/// Prints what the update would do if it began now.
pub(super) fn show(
    one: &mut SelfManaged,
    spec: &Spec,
    format: Format,
    printer: &mut Printer,
) -> Result<Exit> {
    let seen = look(one)?;
    let preview = preview(spec.clone(), &seen, Timestamp::now(), PACES, &BTreeMap::default());
    let shown = PlanJson::of(spec, &preview);
    Printer::complain(&format!(
        "note: {}",
        plan::projected("the scheduler is not asked for groups on AWS yet")
    ));
    let mut value = json!(shown);
    value["scalingGroup"] = one.found.group.name.clone().into();
    value["kind"] = one.found.kind.word().into();
    let concerns = one.concerns()?;
    let told =
        concerns.iter().map(|one| json!({ "blocks": one.blocks, "text": one.text, "advice": one.advice }));
    value["concerns"] = told.collect();
    output::print(printer, format, &value, |printer| {
        plan::text(printer, &shown);
        print_concerns(&concerns, printer);
    });
    printer.flush();
    if format == Format::Table {
        Printer::complain("\nNothing was changed. The same command with --approve does it.");
    }
    let blocks = concerns.iter().any(|one| one.blocks);
    Ok(if blocks { Exit::Stuck } else { Exit::from(&shown) })
}

fn print_concerns(concerns: &[Concern], printer: &mut Printer) {
    for (title, blocks) in [("What keeps it from beginning", true), ("What else may act on the group", false)]
    {
        let lines = concerns.iter().filter(|one| one.blocks == blocks);
        let lines: Vec<String> = lines.map(|one| format!("{}\n    {}", one.text, one.advice)).collect();
        printer.list(title, lines, usize::MAX);
    }
}

/// Both sides as the update would see them now.
fn look(one: &mut SelfManaged) -> Result<Observation> {
    let mut seen = Observation::default();
    let (mut cloud, mut cluster) = (one.cloud.clone(), one.cluster_side());
    let read = one.reached.runtime.block_on(async {
        cloud.observe(&mut seen).await?;
        cluster.read_once(&mut seen).await
    });
    read.map_err(|error| bad(error.to_string()))?;
    seen.cloud_read = Read::Fresh;
    Ok(seen)
}
