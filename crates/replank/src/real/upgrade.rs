//! A node group update of a real cluster in this process: the record is in a directory, the lease in the cluster.

use anyhow::{Context, Result};
use jiff::SignedDuration;
use replank_core::node_group::spec::Spec;
use replank_kube::hand;
use replank_kwok::{ClusterPlanner, KwokAccount, KwokCloud, Waits, placer, sides};
use replank_service::records::UpdateConfigChange;
use replank_service::start_update::{self, IdFrom, StartUpdate};

use super::aws;
use super::connect::{Reached, reach};
use super::data_directory::{self, DataDirectory};
use super::kept::Kept;
use super::open::open;
use super::plan::PrintedPlan;
use super::resolve;
use super::run::{Running, to_its_end};
use crate::cli;
use crate::cli::remote::{Format, UpgradeNodegroup};
use crate::errors::bad;
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;
use crate::probe::DieAt;
use crate::settings;

/// Error when nothing can launch and terminate instances.
pub(super) const NO_CLOUD: &str = "--cloud is missing: say who launches and terminates the machines, --cloud aws or (for kwok nodes) \
    --cloud kwok. On any other cluster `replank drain` empties nodes, and `replank snapshot` with `replank rehearse` shows \
    what an update would do";

/// An update that is planned or run in this process.
#[derive(Debug)]
struct Local {
    reached: Reached,
    cloud: KwokCloud,
    kept: Kept,
    asked: StartUpdate,
}

/// Whether the flags name a real cluster instead of a server.
pub(crate) fn is_meant(flags: &UpgradeNodegroup) -> bool {
    let cli::remote::Local { reach, cloud, .. } = &flags.local;
    reach.is_given() || cloud.is_some()
}

/// Prints the plan, or runs the update.
pub(crate) fn run(flags: &UpgradeNodegroup, printer: &mut Printer) -> Result<Exit> {
    let local = &flags.local;
    if flags.no_wait {
        return Err(bad("--no-wait: only with a server; here the update runs in this process".to_owned()));
    }
    match local.cloud {
        Some(cli::remote::Cloud::Kwok) => {}
        Some(cli::remote::Cloud::Aws) => return aws::upgrade::run(flags, printer),
        None => return Err(bad(NO_CLOUD.into())),
    }
    for (given, flag, why) in [
        (
            flags.launch_template_version.is_some(),
            "--launch-template-version",
            "only with a server, or --cloud aws",
        ),
        (flags.image_id.is_some(), "--image-id", "only with --cloud aws; here the world file names it"),
        (flags.engine.is_some(), "--engine", "only with --cloud aws"),
        (local.limits.is_some(), "--limits", "only with --cloud aws; here the world file says them"),
        (local.assist, "--assist", "only with --cloud aws"),
        (local.events_queue.is_some(), "--events-queue", "only with --cloud aws"),
        (local.suspend_autoscaler.is_some(), "--suspend-autoscaler", "only with --cloud aws"),
        (local.account.region.is_some(), "--region", "only with --cloud aws"),
        (local.account.profile.is_some(), "--profile", "only with --cloud aws"),
    ] {
        if given {
            return Err(bad(format!("{flag}: {why}")));
        }
    }
    let least = settings::stalls_from(&local.stalls)?;
    let reached = reach(&local.reach)?;
    if flags.approve {
        reached.may_update()?;
    }
    let path = flags.server.data.clone().map_or_else(|| data_directory::usual(&reached, None), Ok)?;
    let place = DataDirectory::open(&path, flags.approve)?;
    let cloud = open(&place.data, &reached, local.world.as_deref(), Some(&flags.name))?;
    for assumed in &cloud.assumed {
        Printer::complain(&format!("note: {assumed}"));
    }
    let asked = asked(flags, &cloud)?;
    let kept = Kept::open(place, &reached, &asked.group)?;
    let one = Local { reached, cloud, kept, asked };
    if flags.approve { one.run(flags, least, printer) } else { one.plan(flags.server.output, least, printer) }
}

/// What the flags ask for, before what the world file says.
fn asked(flags: &UpgradeNodegroup, cloud: &KwokCloud) -> Result<StartUpdate> {
    let mut asked = cloud.start_update(&flags.name);
    asked.version = flags.kubernetes_version.clone().or(asked.version);
    asked.release_version = flags.release_version.clone().or(asked.release_version);
    let config = config(flags)?;
    if flags.max_unavailable.is_some() {
        asked.config.max_unavailable = config.max_unavailable;
        asked.config.max_unavailable_percentage = config.max_unavailable_percentage;
    }
    asked.config.update_strategy = config.update_strategy.or(asked.config.update_strategy);
    asked.force |= flags.force;
    Ok(cloud.with_release(asked))
}

/// Batch and strategy that the flags ask for.
pub(super) fn config(flags: &UpgradeNodegroup) -> Result<UpdateConfigChange> {
    let max_unavailable = flags.max_unavailable.as_deref().map(settings::max_unavailable).transpose()?;
    let (count, share) = max_unavailable.unwrap_or_default();
    Ok(UpdateConfigChange {
        max_unavailable: count.map(u64::from),
        max_unavailable_percentage: share.map(u64::from),
        update_strategy: flags.strategy.map(|strategy| strategy.word().to_owned()),
    })
}

impl Local {
    fn plan(self, format: Format, least: SignedDuration, printer: &mut Printer) -> Result<Exit> {
        self.kept.note_unfinished()?;
        let spec = self.spec()?;
        let planner = ClusterPlanner::new(&self.reached.cluster(), &self.cloud);
        let planned = planner.of(&self.cloud.session.world, &spec, least, Waits::Person);
        let planned = planned.map_err(|error| bad(error.to_string()))?;
        let shown = PrintedPlan::of(&spec, &planned, least);
        for note in shown.notes(&self.cloud.assumed).into_iter().chain(self.drained_by_hand()?) {
            Printer::complain(&format!("note: {note}"));
        }
        output::print(printer, format, &shown.value(), |printer| shown.text(printer));
        printer.flush();
        output::nothing_changed(format);
        Ok(shown.exit())
    }

    /// Notes on nodes of the group that are being drained by hand.
    fn drained_by_hand(&self) -> Result<Vec<String>> {
        let drains = self.reached.runtime.block_on(hand::drains(&self.reached.connection.client));
        let drains = match drains {
            Ok(drains) => drains,
            Err(why) => {
                return Ok(vec![format!("whether somebody drains nodes by hand cannot be read: {why}")]);
            }
        };
        let standing = self.reached.cache.standing(Some(self.kept.group.as_str()));
        let standing = standing.map_err(|error| bad(error.to_string()))?;
        let told = standing.iter().filter_map(|node| {
            let drain = drains.iter().find(|drain| drain.nodes.contains(&node.name))?;
            Some(format!(
                "node {} is being drained by hand ({}) since {}: an update takes other nodes first, and waits for it",
                node.name, drain.by, drain.since
            ))
        });
        Ok(told.collect())
    }

    /// The update by all rules of the service, which looks at what is there now.
    fn spec(&self) -> Result<Spec> {
        let rules = self.cloud.rules().context("the cluster has no node group")?;
        let account = KwokAccount::new(&self.reached.cluster(), &self.cloud, self.kept.claims.clone(), rules);
        let service = resolve::service(account, &self.cloud, &self.kept.journal, rules)?;
        let prepared = start_update::prepare(&service, &self.asked, IdFrom::Situation);
        let prepared = self.reached.runtime.block_on(prepared);
        Ok(prepared.map_err(|refusal| bad(refusal.to_string()))?.spec(rules))
    }

    /// Runs the update until it ends or the process is asked to end.
    fn run(mut self, flags: &UpgradeNodegroup, least: SignedDuration, printer: &mut Printer) -> Result<Exit> {
        let unfinished = self.kept.unfinished()?;
        let spec = match &unfinished {
            Some(recorded) => recorded.rollout.spec().clone(),
            None => self.spec()?,
        };
        let recorded = self.kept.begin(&self.reached, unfinished, spec, flags)?;
        let claim = self.kept.claim(&self.reached)?;
        let placer = placer(&self.reached.connection, self.cloud.over.clone());
        let world = self.cloud.session.world.clone();
        let sides = sides(&self.reached.cluster(), world, placer, claim.clone(), self.kept.group.as_str());
        let world = self.cloud.session.world.clone();
        let running = Running {
            reached: &self.reached,
            kept: &mut self.kept,
            claim,
            recorded,
            sides,
            changes: vec![self.cloud.changes()],
            probe: DieAt::from_environment(move || world.lock().faults.take_crash()),
        };
        to_its_end(running, flags, least, printer)
    }
}
