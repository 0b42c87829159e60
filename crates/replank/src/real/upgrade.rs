//! A node group update of a real cluster, run in this process: its record in a directory, its claim in the cluster.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use replank_core::names::NodeGroupName;
use replank_core::observed::Observation;
use replank_core::preview::{Preview, preview};
use replank_core::spec::Spec;
use replank_engine::clock::Clock;
use replank_engine::commands::CommandError;
use replank_engine::data_dir::{DataDir, Holder};
use replank_engine::journal::{Journal, Recorded};
use replank_engine::ports::{Cloud, Cluster};
use replank_engine::report::plan::PlanJson;
use replank_engine::report::{Narrator, Stalls};
use replank_engine::run::{self, Face, Input};
use replank_engine::turn::{Settings, Turned, Update};
use replank_kube::tell::Teller;
use replank_kube::{ClusterSide, WallClock, Whose};
use replank_sim::face::CloudFace;
use serde_json::json;

use super::claim::{Claim, Claimed, Claims};
use super::ending;
use super::kwok::Kwok;
use super::reach::{Reached, reach};
use crate::cli;
use crate::cli::remote::{Format, UpgradeNodegroup};
use crate::commands::plan;
use crate::demo::interrupt::Interrupt;
use crate::demo::probe::DieAt;
use crate::exit::Exit;
use crate::follow::Teller as Follower;
use crate::output;
use crate::printer::Printer;
use crate::settings::{self, bad};

/// What is said when nobody launches and terminates machines.
pub(super) const NO_CLOUD: &str = "--cloud is missing: only the machines of kwok nodes can be driven yet (--cloud kwok). On any other \
    cluster `replank drain` empties nodes, and `replank snapshot` with `replank rehearse` shows what an update would do";

/// An update that is about to be planned or run.
#[derive(Debug)]
struct Local {
    reached: Reached,
    cloud: Kwok,
    journal: Journal,
    group: NodeGroupName,
    data: DataDir,
}

/// Where a record is kept when nobody says: with the user's other state (XDG base directories).
pub(super) fn usual_place(context: Option<&str>, what: &str) -> Result<PathBuf> {
    let home = std::env::home_dir().context("there is no home directory: name one with --data")?;
    let state = std::env::var_os("XDG_STATE_HOME").map_or_else(|| home.join(".local/state"), PathBuf::from);
    let plain = |text: &str| text.replace(|it: char| !it.is_ascii_alphanumeric() && !"-_.".contains(it), "_");
    Ok(state.join("replank").join(format!("{}-{}", plain(context.unwrap_or("pod")), plain(what))))
}

/// Whether a real cluster is meant, and no server.
pub(crate) fn is_meant(flags: &UpgradeNodegroup) -> bool {
    let cli::remote::Local { reach, cloud, .. } = &flags.local;
    reach.context.is_some() || reach.kubeconfig.is_some() || cloud.is_some()
}

/// Plans, or acts.
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
    let update = cli::Update {
        release_version: flags.release_version.clone(),
        kubernetes_version: flags.kubernetes_version.clone(),
        max_unavailable: flags.max_unavailable.clone(),
        strategy: flags.strategy,
        force: flags.force,
        ..cli::Update::default()
    };
    let cloud = Kwok::open(&data, &reached, local.world.as_deref(), Some(&flags.name), &update)?;
    for assumed in &cloud.assumed {
        Printer::complain(&format!("note: {assumed}"));
    }
    let one = Local::new(reached, cloud, data, &flags.name)?;
    if flags.approve {
        one.run(flags.server.output, least, printer)
    } else {
        one.plan(flags.server.output, printer)
    }
}

impl Local {
    /// The update of a group.
    fn new(reached: Reached, cloud: Kwok, data: DataDir, group: &str) -> Result<Self> {
        let journal = data.journal().map_err(|error| bad(error.to_string()))?;
        Ok(Self { reached, cloud, journal, group: NodeGroupName::from(group), data })
    }

    /// The update that a process left unfinished.
    fn unfinished(&self) -> Result<Option<Recorded>> {
        Ok(self.journal.unfinished()?.into_iter().find(|one| one.rollout.spec().group == self.group))
    }

    fn plan(self, format: Format, printer: &mut Printer) -> Result<Exit> {
        if let Some(recorded) = self.unfinished()? {
            let update = &recorded.rollout.spec().update;
            Printer::complain(&format!("note: update {update} is unfinished; --approve goes on with it"));
        }
        let (spec, shown) = self.foresee()?;
        let plan = PlanJson::of(&spec, &shown);
        output::print(printer, format, &json!(plan), |printer| plan::text(printer, &plan));
        printer.flush();
        if format == Format::Table {
            Printer::complain("\nNothing was changed. The same command with --approve does it.");
        }
        Ok(if plan.succeeds() { Exit::Done } else { Exit::Stuck })
    }

    /// What the update would do, from what both sides show now. Where the scheduler would put pods it does not know.
    fn foresee(&self) -> Result<(Spec, Preview)> {
        let spec = self.spec()?;
        let (mut cluster, mut cloud) = self.sides();
        let limit = Settings::default().deadlines.observe;
        let mut seen = Observation::default();
        let clock = WallClock::new(Vec::new());
        self.reached.runtime.block_on(async {
            let read = clock.within(limit, async {
                cloud.observe(&mut seen).await?;
                cluster.observe(&mut seen).await
            });
            match read.await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(bad(error.to_string())),
                Err(elapsed) => Err(bad(format!("the cluster: {elapsed}"))),
            }
        })?;
        let (now, paces) = (Timestamp::now(), self.cloud.session.paces());
        let shown = preview(spec.clone(), &seen, now, paces, &std::collections::BTreeMap::default());
        Ok((spec, shown))
    }

    fn spec(&self) -> Result<Spec> {
        let number = self.journal.list()?.len();
        let specs = self.cloud.session.specs(|at| self.cloud.session.update_id(number + at));
        specs.into_iter().find(|spec| spec.group == self.group).context("the group has no target")
    }

    fn sides(&self) -> (ClusterSide, CloudFace) {
        let (client, mirror) = (self.reached.connection.client.clone(), self.reached.mirror.clone());
        let cluster = ClusterSide::new(client, mirror, Whose::Group(self.group.clone()));
        (cluster, CloudFace::new(self.cloud.session.world.clone(), self.group.as_str()))
    }

    /// Runs the update to its end, or until it is time to leave.
    fn run(mut self, format: Format, least: SignedDuration, printer: &mut Printer) -> Result<Exit> {
        let recorded = match self.unfinished()? {
            Some(recorded) => recorded,
            None => self.journal.start(self.spec()?, Timestamp::now())?,
        };
        let (connection, runtime) = (self.reached.connection.clone(), self.reached.runtime.handle().clone());
        let client = connection.client.clone();
        let claims = Claims::new(connection, &self.data, runtime)?;
        let claim = claims.of(self.group.as_str());
        self.reached.runtime.block_on(claim.hold()).map_err(bad)?;
        let recorded_at = recorded.rollout.started_at();
        let (cluster, cloud) = self.sides();
        let (cluster, cloud) = (Claimed::new(cluster, claim.clone()), Claimed::new(cloud, claim.clone()));
        let mut updates = [Update::new(recorded, cluster, cloud)];
        let probe = DieAt::from_environment(self.cloud.session.world.clone());
        let mut clock = self.reached.clock(vec![self.cloud.changes()]);
        let mut face = Watcher {
            narrator: Narrator::default(),
            begun: recorded_at,
            told: Follower::new(printer, format),
            teller: Teller::start(client, self.reached.runtime.handle()),
            interrupt: self.reached.interrupt.clone(),
            claim: claim.clone(),
            stalls: Stalls::new(least),
        };
        let ran = self.reached.runtime.block_on(run::run(
            &mut updates,
            &mut self.journal,
            &mut clock,
            &probe,
            Settings::default(),
            &mut face,
        ));
        let taken = claim.taken();
        // The lease is given back when nobody holds the claim: neither the sides nor the watcher.
        let [recorded] = updates.map(|update| update.recorded);
        let (mut told, stalls) = face.over();
        drop(claim);
        self.reached.runtime.block_on(claims.end());
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

/// Who shows the turns.
struct Watcher<'a> {
    narrator: Narrator,
    begun: Timestamp,
    told: Follower<'a>,
    teller: Teller,
    interrupt: Interrupt,
    claim: Arc<Claim>,
    stalls: Stalls,
}

impl<'a> Watcher<'a> {
    /// What is needed after the run.
    fn over(self) -> (Follower<'a>, Stalls) {
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
