//! The plan of an update of a self-managed group, projected from what AWS and the cluster show now.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_aws::AwsCloud;
use replank_aws::node_groups::NodeGroup;
use replank_aws::preflight::Concern;
use replank_core::node_group::plan::plan;
use replank_core::node_group::project::Paces;
use replank_core::node_group::spec::Spec;
use replank_core::observed::{Observation, Read};
use replank_engine::ports::Cloud;
use replank_engine::report::plan::PlanJson;
use replank_kube::KubeClusterPort;
use serde_json::json;

use super::super::connect::Reached;
use super::group::patiently;
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

/// Bounds of what counts as joining: a node that became Ready later did so again, after a restart for instance.
const JOINS_AFTER: SignedDuration = SignedDuration::from_secs(1);
const JOINS_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// A group that is planned for.
pub(super) struct Looked<'a> {
    pub(super) reached: &'a Reached,
    pub(super) cloud: &'a AwsCloud,
    pub(super) side: KubeClusterPort,
    pub(super) found: &'a NodeGroup,
    /// Whether the update is this process's, and not EKS's.
    pub(super) is_ours: bool,
}

/// Prints what the update would do if it began now.
pub(super) fn show(of: Looked<'_>, spec: &Spec, format: Format, printer: &mut Printer) -> Result<Exit> {
    let Looked { reached, cloud, side, found, is_ours } = of;
    let seen = look(reached, cloud, side)?;
    let paces = paces(&seen, reached.runtime.block_on(cloud.launches_take()));
    let plan = plan(spec.clone(), &seen, Timestamp::now(), paces, &BTreeMap::default());
    let shown = PlanJson::of(spec, &plan);
    Printer::complain(&format!(
        "note: {}",
        plan::projected("the scheduler is not asked for groups on AWS yet")
    ));
    let mut value = json!(shown);
    value["scalingGroup"] = found.group.name.clone().into();
    value["kind"] = found.kind.word().into();
    let more = plan.measured.as_ref().map_or(0, |measured| measured.increment);
    let mut concerns = concerns(reached, cloud, is_ours)?;
    concerns.extend(patiently(&reached.runtime, || cloud.room(more))?);
    let told =
        concerns.iter().map(|one| json!({ "blocks": one.blocks, "text": one.text, "advice": one.advice }));
    value["concerns"] = told.collect();
    output::print(printer, format, &value, |printer| {
        plan::text(printer, &shown);
        print_concerns(&concerns, printer);
    });
    printer.flush();
    output::nothing_changed(format);
    let blocks = concerns.iter().any(|one| one.blocks);
    Ok(if blocks { Exit::Stuck } else { Exit::from(&shown) })
}

/// How long things take here: launches as the group's activities tell, joining as its nodes did.
fn paces(seen: &Observation, launch: Option<SignedDuration>) -> Paces {
    let launch = launch.unwrap_or(PACES.launch);
    let mut joined: Vec<SignedDuration> = seen
        .members
        .iter()
        .filter_map(|(_, member)| {
            let (instance, node) = (member.instance.as_ref()?, member.node.as_ref()?);
            Some(node.ready_since?.duration_since(instance.launched_at) - launch)
        })
        .filter(|took| *took >= JOINS_AFTER && *took <= JOINS_WITHIN)
        .collect();
    joined.sort_unstable();
    Paces { launch, join: joined.get(joined.len() / 2).copied().unwrap_or(PACES.join), ..PACES }
}

fn print_concerns(concerns: &[Concern], printer: &mut Printer) {
    for (title, blocks) in [("What keeps it from beginning", true), ("What else may act on the group", false)]
    {
        let lines = concerns.iter().filter(|one| one.blocks == blocks);
        let lines: Vec<String> = lines.map(|one| format!("{}\n    {}", one.text, one.advice)).collect();
        printer.list(title, lines, usize::MAX);
    }
}

/// What there is to know of the group before anything moves.
pub(super) fn concerns(reached: &Reached, cloud: &AwsCloud, is_ours: bool) -> Result<Vec<Concern>> {
    patiently(&reached.runtime, || cloud.preflight(is_ours))
}

/// Both sides as the update would see them now.
fn look(reached: &Reached, cloud: &AwsCloud, mut side: KubeClusterPort) -> Result<Observation> {
    let mut seen = Observation::default();
    let mut cloud = cloud.clone();
    let read = reached.runtime.block_on(async {
        cloud.observe(&mut seen).await?;
        side.read_once(&mut seen).await
    });
    read.map_err(|error| bad(error.to_string()))?;
    seen.cloud_read = Read::Fresh;
    Ok(seen)
}
