//! The plan of an update of a group on AWS: rehearsed on a snapshot of the cluster with what the cloud tells of the group,
//! else projected from what both show now.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_aws::AwsCloud;
use replank_aws::node_groups::NodeGroup;
use replank_aws::preflight::{self, Concern};
use replank_core::node_group::plan::{beside, plan};
use replank_core::node_group::project::Paces;
use replank_core::node_group::spec::Spec;
use replank_core::observed::{Observation, Read};
use replank_engine::ports::Cloud;
use replank_kube::KubeClusterPort;
use replank_kwok::ClusterPlan;
use serde_json::json;

use super::super::connect::Reached;
use super::super::plan::PrintedPlan;
use super::group::patiently;
use super::rehearsal::Rehearsing;
use crate::cli::remote::Format;
use crate::errors::bad;
use crate::exit::Exit;
use crate::output;
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
pub(super) fn show(
    of: Looked<'_>,
    spec: &Spec,
    least: SignedDuration,
    format: Format,
    printer: &mut Printer,
) -> Result<Exit> {
    let Looked { reached, cloud, side, found, is_ours } = of;
    let seen = look(reached, cloud, side)?;
    let paces = paces(&seen, reached.runtime.block_on(cloud.launches_take()));
    let planned = planned(&Rehearsing { reached, cloud, found, paces }, spec, &seen, least);
    let shown = PrintedPlan::of(spec, &planned, least);
    for note in shown.notes(&[]) {
        Printer::complain(&format!("note: {note}"));
    }
    let plan = &planned.plan;
    let mut value = shown.value();
    value["scalingGroup"] = found.group.name.clone().into();
    value["kind"] = found.kind.word().into();
    let more = plan.measured.as_ref().map_or(0, |measured| measured.increment);
    let mut concerns = concerns(reached, cloud, is_ours)?;
    concerns.extend(patiently(&reached.runtime, || cloud.room(more))?);
    if is_ours {
        concerns.extend(preflight::untold(spec));
        let (cluster, makes) = (spec.cluster.as_str(), cloud.makes_version(&spec.target.content));
        concerns.extend(patiently(&reached.runtime, || cloud.missing_rights(cluster, makes))?);
    }
    let told =
        concerns.iter().map(|one| json!({ "blocks": one.blocks, "text": one.text, "advice": one.advice }));
    value["concerns"] = told.collect();
    output::print(printer, format, &value, |printer| {
        shown.text(printer);
        print_concerns(&concerns, printer);
    });
    printer.flush();
    output::nothing_changed(format);
    let blocks = concerns.iter().any(|one| one.blocks);
    Ok(if blocks { Exit::Stuck } else { shown.exit() })
}

/// The update as it is rehearsed, or projected where it cannot be.
pub(super) fn planned(
    staged: &Rehearsing<'_>,
    spec: &Spec,
    seen: &Observation,
    least: SignedDuration,
) -> ClusterPlan {
    let now = Timestamp::now();
    let projected = plan(spec.clone(), seen, now, staged.paces, &BTreeMap::default());
    let rehearsed = match projected.measured.as_ref().map(|measured| measured.old) {
        Some(0) => Err("every node runs what is asked for already".to_owned()),
        _ => staged.rehearsed(spec, least),
    };
    let shown = rehearsed.as_ref().ok().and_then(|rehearsed| rehearsed.run.groups.first());
    let mut plan = shown.map_or(projected, |group| group.plan.clone());
    // A snapshot has neither the status of an autoscaler nor its Events.
    plan.beside = beside(spec, seen, plan.begun);
    ClusterPlan { plan, rehearsed }
}

/// How many more nodes the update would ask for at first.
pub(super) fn more(spec: &Spec, seen: &Observation, paces: Paces) -> u32 {
    let projected = plan(spec.clone(), seen, Timestamp::now(), paces, &BTreeMap::default());
    projected.measured.map_or(0, |measured| measured.increment)
}

/// How long things take here: launches as the group's activities tell, joining as its nodes did.
pub(super) fn paces(seen: &Observation, launch: Option<SignedDuration>) -> Paces {
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
pub(super) fn look(reached: &Reached, cloud: &AwsCloud, mut side: KubeClusterPort) -> Result<Observation> {
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
