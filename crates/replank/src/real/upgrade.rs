//! A node group update of a real cluster in this process: the record is in a directory, the lease in the cluster.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use replank_core::names::NodeGroupName;
use replank_core::node_group::spec::Spec;
use replank_engine::data_dir::{DataDir, Holder};
use replank_engine::journal::{Journal, Recorded};
use replank_kube::{Claims, hand};
use replank_kwok::{ClusterPlanner, KwokAccount, KwokCloud, placer, sides};
use replank_service::start_update::{self, IdFrom, StartUpdate};

use super::aws;
use super::connect::{Reached, reach};
use super::holder;
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
    journal: Journal,
    group: NodeGroupName,
    asked: StartUpdate,
    claims: Arc<Claims>,
    /// Held as long as the update runs.
    _data: DataDir,
}

/// Default data directory: in the state directory of the user (XDG base directories).
pub(super) fn usual_place(context: Option<&str>, what: &str) -> Result<PathBuf> {
    let home = std::env::home_dir().context("there is no home directory: name one with --data")?;
    let state = std::env::var_os("XDG_STATE_HOME").map_or_else(|| home.join(".local/state"), PathBuf::from);
    let plain = |text: &str| text.replace(|it: char| !it.is_ascii_alphanumeric() && !"-_.".contains(it), "_");
    Ok(state.join("replank").join(format!("{}-{}", plain(context.unwrap_or("pod")), plain(what))))
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
        (local.account.region.is_some(), "--region", "only with --cloud aws"),
        (local.account.profile.is_some(), "--profile", "only with --cloud aws"),
    ] {
        if given {
            return Err(bad(format!("{flag}: {why}")));
        }
    }
    let path = match &local.data {
        Some(path) => path.clone(),
        None => usual_place(local.reach.context.as_deref(), &flags.name)?,
    };
    let least = settings::stalls_from(&local.stalls)?;
    let reached = reach(&local.reach)?;
    if flags.approve {
        reached.may_update()?;
    }
    let data = DataDir::open(&path, &Holder::this_process(Timestamp::now()))
        .map_err(|error| bad(error.to_string()))?;
    let cloud = open(&data, &reached, local.world.as_deref(), Some(&flags.name))?;
    for assumed in &cloud.assumed {
        Printer::complain(&format!("note: {assumed}"));
    }
    let asked = asked(flags, &cloud)?;
    let one = Local::new(reached, cloud, data, asked)?;
    if flags.approve {
        one.run(flags.server.output, least, printer)
    } else {
        one.plan(flags.server.output, least, printer)
    }
}

/// What the flags ask for, before what the world file says.
fn asked(flags: &UpgradeNodegroup, cloud: &KwokCloud) -> Result<StartUpdate> {
    let mut asked = cloud.start_update(&flags.name);
    asked.version = flags.kubernetes_version.clone().or(asked.version);
    asked.release_version = flags.release_version.clone().or(asked.release_version);
    if let Some(text) = &flags.max_unavailable {
        let (count, share) = settings::max_unavailable(text)?;
        asked.config.max_unavailable = count.map(u64::from);
        asked.config.max_unavailable_percentage = share.map(u64::from);
    }
    if let Some(strategy) = flags.strategy {
        asked.config.update_strategy = Some(strategy.word().to_owned());
    }
    asked.force |= flags.force;
    Ok(cloud.with_release(asked))
}

impl Local {
    /// Opens the journal for updates of a group.
    fn new(reached: Reached, cloud: KwokCloud, data: DataDir, asked: StartUpdate) -> Result<Self> {
        let journal = data.journal().map_err(|error| bad(error.to_string()))?;
        let group = NodeGroupName::from(asked.group.as_str());
        let claims = Claims::new(
            reached.connection.clone(),
            holder::of_data(&data)?,
            reached.runtime.handle().clone(),
        );
        Ok(Self { reached, cloud, journal, group, asked, claims, _data: data })
    }

    /// The update of this group that an earlier process left unfinished.
    fn unfinished(&self) -> Result<Option<Recorded>> {
        Ok(self.journal.unfinished()?.into_iter().find(|one| one.rollout.spec().group == self.group))
    }

    fn plan(self, format: Format, least: SignedDuration, printer: &mut Printer) -> Result<Exit> {
        if let Some(recorded) = self.unfinished()? {
            let update = &recorded.rollout.spec().update;
            Printer::complain(&format!(
                "note: update {update} is unfinished; --approve goes on with it. This plan is \
                 one of an update that begins anew from here"
            ));
        }
        let spec = self.spec()?;
        let planner = ClusterPlanner::new(&self.reached.cluster(), &self.cloud);
        let planned = planner.of(&self.cloud.session.world, &spec, least);
        let planned = planned.map_err(|error| bad(error.to_string()))?;
        let shown = PrintedPlan::of(&spec, &planned, least);
        for note in shown.notes(&self.cloud.assumed).into_iter().chain(self.drained_by_hand()?) {
            Printer::complain(&format!("note: {note}"));
        }
        output::print(printer, format, &shown.value(), |printer| shown.text(printer));
        printer.flush();
        if format == Format::Table {
            Printer::complain("\nNothing was changed. The same command with --approve does it.");
        }
        Ok(Exit::from(&shown.plan))
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
        let standing = self.reached.cache.standing(Some(self.group.as_str()));
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
        let account = KwokAccount::new(&self.reached.cluster(), &self.cloud, self.claims.clone(), rules);
        let service = resolve::service(account, &self.cloud, &self.journal, rules)?;
        let prepared = start_update::prepare(&service, &self.asked, IdFrom::Situation);
        let prepared = self.reached.runtime.block_on(prepared);
        Ok(prepared.map_err(|refusal| bad(refusal.to_string()))?.spec(rules))
    }

    /// Runs the update until it ends or the process is asked to end.
    fn run(mut self, format: Format, least: SignedDuration, printer: &mut Printer) -> Result<Exit> {
        let unfinished = self.unfinished()?;
        let spec = match &unfinished {
            Some(recorded) => recorded.rollout.spec().clone(),
            None => self.spec()?,
        };
        if spec.force {
            self.reached.may_force()?;
        }
        let recorded = match unfinished {
            Some(recorded) => recorded,
            None => self.journal.start(spec, Timestamp::now())?,
        };
        let claim = self.claims.of(self.group.as_str());
        self.reached.runtime.block_on(claim.hold()).map_err(bad)?;
        let placer = placer(&self.reached.connection, self.cloud.over.clone());
        let world = self.cloud.session.world.clone();
        let sides = sides(&self.reached.cluster(), world, placer, claim.clone(), self.group.as_str());
        let world = self.cloud.session.world.clone();
        let running = Running {
            reached: &self.reached,
            journal: &mut self.journal,
            claims: &self.claims,
            claim,
            recorded,
            sides,
            changes: vec![self.cloud.changes()],
            probe: DieAt::from_environment(move || world.lock().faults.take_crash()),
        };
        to_its_end(running, format, least, printer)
    }
}
