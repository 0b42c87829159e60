//! A node group update of a real cluster in this process: the record is in a directory, the lease in the cluster.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use replank_core::names::NodeGroupName;
use replank_core::node_group::spec::Spec;
use replank_engine::commands::CommandError;
use replank_engine::data_dir::{DataDir, Holder};
use replank_engine::journal::{Journal, Recorded};
use replank_engine::report::{Narrator, Stalls};
use replank_engine::run::{self, Face, Input};
use replank_engine::turn::{Settings, Turned, Update};
use replank_kube::tell::Teller;
use replank_kube::{Claim, Claims, hand};
use replank_kwok::{ClusterPlanner, KwokAccount, KwokCloud, placer, sides};
use replank_service::start_update::{self, IdFrom, StartUpdate};

use super::connect::{Reached, reach};
use super::ending;
use super::holder;
use super::open::open;
use super::plan::PrintedPlan;
use super::resolve;
use crate::cli;
use crate::cli::remote::{Format, UpgradeNodegroup};
use crate::errors::bad;
use crate::exit::Exit;
use crate::follow::FollowPrinter;
use crate::interrupt::Interrupt;
use crate::output;
use crate::printer::Printer;
use crate::probe::DieAt;
use crate::settings;

/// Error when nothing can launch and terminate instances.
pub(super) const NO_CLOUD: &str = "--cloud is missing: only the machines of kwok nodes can be driven yet (--cloud kwok). On any other \
    cluster `replank drain` empties nodes, and `replank snapshot` with `replank rehearse` shows what an update would do";

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
    let Some(cli::remote::Cloud::Kwok) = local.cloud else { return Err(bad(NO_CLOUD.into())) };
    for (given, flag) in
        [(flags.no_wait, "--no-wait"), (flags.launch_template_version.is_some(), "--launch-template-version")]
    {
        if given {
            return Err(bad(format!("{flag}: only with a server; here the update runs in this process")));
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
        let client = self.reached.connection.client.clone();
        let claim = self.claims.of(self.group.as_str());
        self.reached.runtime.block_on(claim.hold()).map_err(bad)?;
        let recorded_at = recorded.rollout.started_at();
        let placer = placer(&self.reached.connection, self.cloud.over.clone());
        let world = self.cloud.session.world.clone();
        let (cluster, cloud) =
            sides(&self.reached.cluster(), world, placer, claim.clone(), self.group.as_str());
        let mut updates = [Update::new(recorded, cluster, cloud)];
        let world = self.cloud.session.world.clone();
        let probe = DieAt::from_environment(move || world.lock().faults.take_crash());
        let clock = self.reached.clock(vec![self.cloud.changes()]);
        let mut face = Watcher {
            narrator: Narrator::default(),
            begun: recorded_at,
            told: FollowPrinter::new(printer, format),
            teller: Teller::start(client, self.reached.runtime.handle()),
            interrupt: self.reached.interrupt.clone(),
            claim: claim.clone(),
            stalls: Stalls::new(least),
        };
        let ran = self.reached.runtime.block_on(run::run(
            &mut updates,
            &mut self.journal,
            &clock,
            &probe,
            Settings::default(),
            &mut face,
        ));
        let taken = claim.taken();
        // The lease is given back when nobody holds the claim: neither the sides nor the watcher.
        let [recorded] = updates.map(|update| update.recorded);
        let (mut told, stalls) = face.over();
        drop(claim);
        self.reached.runtime.block_on(self.claims.end());
        let ended = ran?;
        if let Some(taken) = taken {
            return Err(bad(format!("{taken}. This one has stopped.")));
        }
        let (_, events) = self.journal.load(&recorded.rollout.spec().update)?;
        let stalls = stalls.close(Timestamp::now(), recorded.rollout.end().is_none());
        let ending = ending::of(ended, &recorded.rollout, &events, &stalls, least);
        told.end(&ending);
        Ok(ending.exit)
    }
}

/// Prints the turns and collects stalls.
struct Watcher<'a> {
    narrator: Narrator,
    begun: Timestamp,
    told: FollowPrinter<'a>,
    teller: Teller,
    interrupt: Interrupt,
    claim: Arc<Claim>,
    stalls: Stalls,
}

impl<'a> Watcher<'a> {
    /// Data that is needed after the run.
    fn over(self) -> (FollowPrinter<'a>, Stalls) {
        (self.told, self.stalls)
    }
}

impl Face for Watcher<'_> {
    fn show(&mut self, turned: &Turned<'_>) {
        let lines = self.narrator.tell(turned, Vec::new());
        self.told.tell(Some(self.begun), &lines);
        self.teller.follow(turned);
        self.stalls.take(turned);
    }

    fn asked(&mut self) -> Vec<Input> {
        let leaves = self.interrupt.asked() || self.claim.taken().is_some();
        if leaves { vec![Input::Leave] } else { Vec::new() }
    }

    fn refused(&mut self, error: &CommandError) {
        Printer::complain(&format!("warning: {error}"));
    }
}
