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
use replank_service::start_update::{self, IdFrom, StartUpdate};
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
use objects::Objects;
use plans::Plans;
use progress::Known;
use snapshots::Snapshots;
use wakes::Wakes;

pub use progress::Past;

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
    /// Updates that the journal had when this process began.
    pub past: BTreeMap<String, Past>,
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
    mode: Mode,
    say: Say,
    /// The last step of an update that was told, so that it is told once.
    told: BTreeMap<String, Step>,
}

impl<A> fmt::Debug for Controller<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controller").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl<A: Account + Planner + Send + Sync> Controller<A> {
    /// A controller that has not begun.
    pub fn new(wiring: Wiring<A>) -> Self {
        let Wiring { service, cluster, connection, past, health, notices, reports, mode, say } = wiring;
        Self {
            objects: Objects::new(connection.client, mode),
            known: Known::new(service.clone(), past),
            plans: Plans::new(service.clone()),
            snapshots: Snapshots::new(service.clone(), cluster.clone(), reports),
            service,
            cluster,
            health,
            notices,
            mode,
            say,
            told: BTreeMap::new(),
        }
    }

    /// Works until `stop` is cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        let done = [self.plans.done(), self.snapshots.done()];
        let mut wakes = Wakes::start(self.objects.client(), self.service.feed.news(), done);
        loop {
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.round() => outcome,
            };
            if let Err(why) = &outcome {
                warn!("the custom resources could not be read: {why}");
            }
            self.health.round(outcome.is_ok(), Timestamp::now());
            tokio::select! {
                () = stop.cancelled() => return,
                () = wakes.next() => {}
            }
            tokio::time::sleep(GATHERS).await;
        }
    }

    /// Looks at every object once.
    async fn round(&mut self) -> Result<(), String> {
        let (updates, policies) = self.objects.list().await?;
        let now = Timestamp::now();
        for policy in &policies {
            self.objects.write_policy(policy, now).await;
        }
        self.plans.forget_all_but(&updates);
        self.snapshots.round(&self.objects, self.mode, &policies).await?;
        let proof = self.proof(&updates, &policies).await;
        let mut listed = Vec::new();
        for update in &updates {
            let status = self.one(update, &updates, &policies, proof, now).await;
            listed.push(Listed::of(update, &status));
        }
        let reports = self.service.feed.updates().into_iter().filter_map(|id| self.service.feed.report(&id));
        self.health.saw(Seen { reports: reports.collect(), listed });
        Ok(())
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
