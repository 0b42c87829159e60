//! The controller: looks at every update that is declared and does the next thing with it. Level-triggered: a wake-up
//! carries no data, every round reads all objects anew, and what was done is found out from the service.

mod objects;
mod plans;
mod progress;
mod snapshots;
mod wakes;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt;
use replank_core::names::UpdateId;
use replank_engine::commands::{Command, CommandKind};
use replank_kube::Connection;
use replank_service::Service;
use replank_service::ports::Account;
use replank_service::ports::planner::Planner;
use replank_service::reconcile::Share;
use replank_service::start_update::{self, IdFrom, StartUpdate};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::api::{ApprovalRule, NodeGroupUpdate, NodeGroupUpdateStatus, UpdatePolicy};
use crate::approval::{self, Consent, Proof};
use crate::decide::{self, Progress, Step, Why, Wished};
use crate::governing::{self, Governing};
use crate::health::Health;
use crate::metrics::{Listed, Seen};
use crate::notify::Notices;
use crate::status::{self, Beside, Situation};
use crate::{request, tell};
use objects::{Listing, Objects};
use plans::Plans;
use progress::Known;
use snapshots::Snapshots;
use wakes::{Wake, Wakes};

/// How long changes are gathered before a round.
const GATHERS: Duration = Duration::from_millis(300);
/// How long a command may take until it is taken; the reconciler takes them several times a second.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);

/// Whether anything is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Updates are run.
    Act,
    /// What would be done is said, and nothing is written.
    DryRun,
}

/// Is told each step, once, in a line for people.
pub type Say = Box<dyn Fn(&str) + Send + Sync>;

/// What a controller works with.
pub struct Wiring<A> {
    /// The service that updates are asked of.
    pub service: Arc<Service<A>>,
    /// Name of the cluster there.
    pub cluster: String,
    /// Connection to the API server with the custom resources.
    pub connection: Connection,
    /// Which replica this is, and what is done by it; `None` when it does everything.
    pub among: Option<Among>,
    /// Is told how rounds go.
    pub health: Arc<Health>,
    /// Is told what became of updates, for others than the cluster.
    pub notices: Option<Notices>,
    /// Namespace in which whole reports of rehearsals are kept; without it they are not.
    pub reports: Option<String>,
    /// Whether anything is done.
    pub mode: Mode,
    /// Is told each step.
    pub say: Say,
}

/// One of several replicas.
#[derive(Clone)]
pub struct Among {
    /// Its name, which stands in the updates that it runs.
    pub replica: String,
    /// What is done by it.
    pub share: Share,
    /// Wakes when that may have changed.
    pub changes: watch::Receiver<()>,
}

/// The controller of the custom resources.
pub struct Controller<A> {
    service: Arc<Service<A>>,
    cluster: String,
    objects: Objects,
    known: Known<A>,
    plans: Plans<A>,
    snapshots: Snapshots<A>,
    health: Arc<Health>,
    notices: Option<Notices>,
    among: Option<Among>,
    mode: Mode,
    say: Say,
    /// The last step of an update that was told, so that it is told once.
    told: BTreeMap<String, Step>,
    /// The objects as they were listed last. When only time went on since, they are not asked for again.
    listed: Option<Listing>,
}

impl<A> fmt::Debug for Controller<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controller").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl<A: Account + Planner + Send + Sync> Controller<A> {
    /// A controller that has not begun.
    pub fn new(wiring: Wiring<A>) -> Self {
        let Wiring { service, cluster, connection, among, health, notices, reports, mode, say } = wiring;
        Self {
            objects: Objects::new(connection.client, mode),
            known: Known::new(service.clone()),
            plans: Plans::new(service.clone()),
            snapshots: Snapshots::new(service.clone(), cluster.clone(), reports),
            service,
            cluster,
            health,
            notices,
            among,
            mode,
            say,
            told: BTreeMap::new(),
            listed: None,
        }
    }

    /// Works until `stop` is cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        let done = [self.plans.done(), self.snapshots.done()];
        let mut wakes = Wakes::start(self.objects.client(), self.service.feed.news(), done);
        if let Some(among) = &self.among {
            wakes.wake_by(among.changes.clone());
        }
        let mut wake = Wake::Change;
        loop {
            if wake == Wake::Change || self.listed.as_ref().is_none_or(Listing::is_old) {
                self.listed = None;
            }
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.round() => outcome,
            };
            if let Err(why) = &outcome {
                self.listed = None;
                warn!("the custom resources could not be read: {why}");
            }
            self.health.round(outcome.is_ok(), Timestamp::now());
            tokio::select! {
                () = stop.cancelled() => return,
                woken = wakes.next() => wake = woken,
            }
            tokio::time::sleep(GATHERS).await;
        }
    }

    /// Looks at every object once.
    async fn round(&mut self) -> Result<(), String> {
        let Listing { updates, policies, snapshots, at } = match self.listed.take() {
            Some(listed) => listed,
            None => self.objects.list().await?,
        };
        let now = Timestamp::now();
        for policy in policies.iter().filter(|policy| self.is_ours(&policy.name_any())) {
            self.objects.write_policy(policy, now).await;
        }
        self.plans.forget_all_but(&updates);
        let ours = self.ours();
        self.snapshots.round(&self.objects, self.mode, (&snapshots, &policies), &*ours).await;
        let proof = self.proof(&updates, &policies).await;
        let mut listed = Vec::new();
        self.service.feed.runs_elsewhere(
            updates
                .iter()
                .filter(|it| !self.is_ours(&it.spec.node_group))
                .filter_map(progress::elsewhere)
                .collect(),
        );
        for update in &updates {
            if !self.is_ours(&update.spec.node_group) {
                self.told.remove(&update.name_any());
                continue;
            }
            let status = self.one(update, &updates, &policies, proof, now).await;
            listed.push(Listed::of(update, &status));
        }
        let reports = self.service.feed.updates().into_iter().filter_map(|id| self.service.feed.report(&id));
        self.health.saw(Seen { reports: reports.collect(), listed });
        self.listed = Some(Listing { updates, policies, snapshots, at });
        Ok(())
    }

    /// Whether something is done by this replica. What has become its own is so once it was taken up from the journal.
    fn is_ours(&self, what: &str) -> bool {
        (self.ours())(what)
    }

    fn ours(&self) -> Box<dyn Fn(&str) -> bool + Send + Sync> {
        let Some(Among { share, .. }) = self.among.clone() else { return Box::new(|_| true) };
        let service = self.service.clone();
        Box::new(move |what| service.feed.has_taken_up(share.generation()) && share.is_ours(what))
    }

    /// Since when the API server makes sure who approves; it is asked only where a policy wants that, and where there is
    /// an update that has not ended.
    async fn proof(&self, updates: &[NodeGroupUpdate], policies: &[UpdatePolicy]) -> Proof {
        let is_over =
            |it: &NodeGroupUpdate| it.status.as_ref().is_some_and(|status| status.outcome.is_some());
        let nobody_asks = policies.iter().all(|policy| policy.spec.approval == ApprovalRule::NotNeeded);
        if nobody_asks || updates.iter().all(is_over) {
            return None;
        }
        let asked = self.objects.proof().await;
        asked.unwrap_or_else(|why| {
            warn!("it cannot be read whether approvals are proven: {why}");
            None
        })
    }

    /// Does the next thing with an update, and writes its status, which it returns.
    async fn one(
        &mut self,
        update: &NodeGroupUpdate,
        all: &[NodeGroupUpdate],
        policies: &[UpdatePolicy],
        proof: Proof,
        now: Timestamp,
    ) -> NodeGroupUpdateStatus {
        let before = update.status.clone().unwrap_or_default();
        let governing = Governing::of(&update.spec, policies);
        let governed = governing.clone().unwrap_or_default();
        let progress = self.known.progress(update, all);
        let asked = request::of(&update.spec, &governed, &self.cluster, &update.uid().unwrap_or_default());
        let consent = if governed.needs_approval {
            approval::consent(update, &request::mark(&asked), proof)
        } else {
            Consent::NotNeeded
        };
        let given = (consent == Consent::Given).then(|| approval::by(update)).flatten();
        // An update under way is governed as before by a policy that can no longer be read: it is paused at most by hand.
        let (situation, plan) = match (&governing, &progress) {
            (Err(why), Progress::Open { .. }) if update.metadata.deletion_timestamp.is_none() => {
                (Situation::Refused(why.clone()), None)
            }
            (Ok(_) | Err(_), _) => self.act(update, &governed, (&asked, consent), progress, now).await,
        };
        let beside = Beside {
            generation: update.metadata.generation,
            plan: plan.or(before.plan.clone()),
            policy: governed.name.clone(),
            window: governing::told(governed.calendar.at(now)),
            replica: self.among.as_ref().map(|among| among.replica.clone()),
            update: self.known.begun(update).then(|| update.uid().unwrap_or_default()),
            // Once begun, who approved it stays, whatever is written into the object afterwards.
            approved_by: before.approved_by.clone().filter(|_| before.update.is_some()).or(given),
        };
        let after = status::of(&situation, beside, &before, now);
        if after != before && self.objects.write_status(update, &after).await {
            if let Some(notices) = &self.notices {
                notices.follow(update, &before, &after, now);
            }
            tell::follow(self.objects.client(), update, &before, &after).await;
        }
        after
    }

    /// Plans, decides and does.
    async fn act(
        &mut self,
        update: &NodeGroupUpdate,
        governing: &Governing,
        (asked, consent): (&StartUpdate, Consent),
        progress: Progress,
        now: Timestamp,
    ) -> (Situation, Option<crate::api::PlanSummary>) {
        let uid = update.uid().unwrap_or_default();
        let (progress, plan) = match progress {
            Progress::Open { busy, .. } => match self.plans.of(update, asked) {
                Ok(plan) => {
                    let planned = plan
                        .as_ref()
                        .map(|it| decide::Planned { seconds: it.seconds, succeeds: it.succeeds });
                    (Progress::Open { plan: planned, busy }, plan)
                }
                Err(why) if update.metadata.deletion_timestamp.is_none() => {
                    return (Situation::Refused(why), None);
                }
                Err(_) => (Progress::Open { plan: None, busy }, None),
            },
            Progress::Begun | Progress::Runs { .. } | Progress::Over => (progress, None),
        };
        let spec = &update.spec;
        let wished = Wished {
            approved: spec.approved,
            consent,
            paused: spec.paused,
            cancelled: spec.cancelled,
            // What nobody approved is not done to an update under way either.
            force: request::forces(spec, governing) && matches!(consent, Consent::NotNeeded | Consent::Given),
            is_going: update.metadata.deletion_timestamp.is_some(),
        };
        let step = decide::next(wished, progress, governing.allowed(now), now);
        self.tell(update, step);
        let situation = match (step, self.mode) {
            (Step::Plan, _) => {
                self.plans.begin(update, asked);
                Situation::Planning
            }
            (Step::Rest(Why::Runs | Why::Ended), _) | (_, Mode::DryRun) => self.known.situation(update),
            (Step::Rest(why), Mode::Act) => Situation::Open(why),
            (Step::Begin, Mode::Act) => {
                let asked = request::as_approved(asked, consent, plan.as_ref());
                self.begin(update, &asked).await
            }
            (Step::Ask(wish), Mode::Act) => {
                self.ask(&uid, wish).await;
                self.known.situation(update)
            }
            (Step::LetGo, Mode::Act) => {
                self.objects.let_go(update).await;
                self.known.situation(update)
            }
        };
        (situation, plan)
    }

    /// Asks the service for the update. The finalizer comes first, so that no object goes while its update runs.
    async fn begin(&self, update: &NodeGroupUpdate, asked: &StartUpdate) -> Situation {
        if let Err(why) = self.objects.hold(update).await {
            warn!(update = %update.name_any(), "the finalizer could not be set: {why}");
            return Situation::Planning;
        }
        let uid = update.uid().unwrap_or_default();
        let prepared = start_update::prepare(&self.service, asked, IdFrom::Given(&uid)).await;
        let begun =
            prepared.and_then(|prepared| start_update::begin(&self.service, &asked.tokened(), prepared));
        match begun {
            Ok(_) => Situation::Begun,
            Err(refusal) => Situation::Refused(refusal.message),
        }
    }

    /// Asks the update for something, and waits until that is taken.
    async fn ask(&self, uid: &str, wish: CommandKind) {
        let command = Command { update: UpdateId::new(uid), wish };
        let Some(answered) = self.service.feed.ask(command) else { return };
        self.service.wake();
        // Without an answer the next round looks whether it was taken.
        if let Ok(Ok(Err(why))) = tokio::time::timeout(TAKEN_WITHIN, answered).await {
            warn!(update = uid, "{wish:?} was refused: {why}");
        }
    }

    /// Tells a step that is another one than before.
    fn tell(&mut self, update: &NodeGroupUpdate, step: Step) {
        let name = update.name_any();
        if self.told.insert(name.clone(), step) == Some(step) {
            return;
        }
        let group = &update.spec.node_group;
        let would = if self.mode == Mode::DryRun { "would be done" } else { "is done" };
        match step.words() {
            Some(what) => (self.say)(&format!("{name} (node group {group}): {what} {would}")),
            None => (self.say)(&format!("{name} (node group {group}): nothing {would}")),
        }
    }
}
