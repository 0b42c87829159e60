//! How far an update is, from its status, the journal of before and what the service shows. The uid of an object is the
//! id of its update.

use std::sync::Arc;

use kube::ResourceExt;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::GiveBack;
use replank_engine::report::wire::{InWorkJson, ReportJson};
use replank_engine::serialized::{SerializedForm, v1};
use replank_service::Service;
use replank_service::records::{self, Kind, Owned, Owner, UpdateStatus};
use replank_service::update_feed::Elsewhere;

use crate::api::{NodeGroupUpdate, UpdateOutcome};
use crate::decide::{Progress, Why};
use crate::status::{Ended, Situation, time};

/// What is known of updates.
pub(super) struct Known<A> {
    service: Arc<Service<A>>,
}

impl<A> Known<A> {
    pub(super) fn new(service: Arc<Service<A>>) -> Self {
        Self { service }
    }

    /// How far an update is; `all` are those that are declared.
    pub(super) fn progress(&self, update: &NodeGroupUpdate, all: &[NodeGroupUpdate]) -> Progress {
        match self.situation(update) {
            Situation::Over(_) => Progress::Over,
            Situation::Begun => Progress::Begun,
            Situation::Runs(report) => Progress::Runs {
                paused: report.wishes.paused.map(give_back),
                cancelled: report.wishes.cancelled.is_some() || report.failure.is_some(),
                forced: report.force,
            },
            Situation::Refused(_) | Situation::Planning | Situation::Open(_) => {
                Progress::Open { plan: None, busy: self.is_busy(update, all) }
            }
        }
    }

    /// Whether the update was begun.
    pub(super) fn begun(&self, update: &NodeGroupUpdate) -> bool {
        !matches!(self.situation(update), Situation::Open(_))
    }

    /// What is known of an update; one that is not begun is taken as unapproved.
    pub(super) fn situation(&self, update: &NodeGroupUpdate) -> Situation {
        let uid = update.uid().unwrap_or_default();
        if let Some(report) = self.service.feed.report(&uid) {
            return match ended(&report) {
                Some(ended) => Situation::Over(ended),
                None => Situation::Runs(report),
            };
        }
        let status = update.status.clone().unwrap_or_default();
        if let Some(outcome) = status.outcome {
            let why = status.message.filter(|_| outcome == UpdateOutcome::Failed);
            return Situation::Over(Ended { outcome, at: status.ended_at, why, report: None });
        }
        if let Some(past) = self.service.feed.past(&uid) {
            return match past.outcome {
                Some(outcome) => {
                    Situation::Over(Ended { outcome: outcome.into(), at: None, why: None, report: None })
                }
                None => Situation::Begun,
            };
        }
        self.on_record(&uid).unwrap_or(Situation::Open(Why::Unapproved))
    }

    /// An update that was asked for and took no turn yet, or never will.
    fn on_record(&self, uid: &str) -> Option<Situation> {
        let (_, record) = self.service.records.named(Kind::Update, uid)?;
        let update = records::read::<Owned>(&record.document).ok()?.update;
        if update.status == UpdateStatus::InProgress {
            return Some(Situation::Begun);
        }
        let outcome = match update.status {
            UpdateStatus::Successful => UpdateOutcome::Succeeded,
            UpdateStatus::Cancelled => UpdateOutcome::Cancelled,
            UpdateStatus::Failed | UpdateStatus::InProgress => UpdateOutcome::Failed,
        };
        let why = update.errors.into_iter().next().map(|trouble| trouble.error_message);
        Some(Situation::Over(Ended { outcome, at: None, why, report: None }))
    }

    /// Whether another update of the same group is under way, declared or not.
    fn is_busy(&self, update: &NodeGroupUpdate, all: &[NodeGroupUpdate]) -> bool {
        let (uid, group) = (update.uid().unwrap_or_default(), update.spec.node_group.as_str());
        let reports = self.service.feed.updates().into_iter().filter_map(|id| self.service.feed.report(&id));
        let runs = reports.filter(|report| report.update != uid && report.group == group);
        let mut runs = runs.filter(|report| report.end.is_none());
        let declared =
            all.iter().filter(|other| other.uid() != update.uid() && other.spec.node_group == group);
        let mut begun =
            declared.filter(|other| matches!(self.situation(other), Situation::Begun | Situation::Runs(_)));
        runs.next().is_some() || begun.next().is_some() || self.is_updating(group)
    }

    fn is_updating(&self, group: &str) -> bool {
        let pending = self
            .service
            .records
            .all(Kind::Update)
            .into_iter()
            .filter_map(|(_, record)| records::read::<Owned>(&record.document).ok());
        let mut pending = pending.filter(|owned| owned.owner == Owner::Nodegroup(group.to_owned()));
        pending.any(|owned| owned.update.status == UpdateStatus::InProgress)
    }
}

/// What the object of an update says of it, if another replica runs it.
pub(super) fn elsewhere(update: &NodeGroupUpdate) -> Option<Elsewhere> {
    let status = update.status.as_ref().filter(|status| status.outcome.is_none())?;
    Some(Elsewhere {
        update: update.uid()?,
        group: update.spec.node_group.clone(),
        replica: status.replica.clone()?,
        said: status.message.clone().unwrap_or_default(),
    })
}

fn ended(report: &Arc<ReportJson>) -> Option<Ended> {
    let end = report.end.as_ref()?;
    let outcome = <v1::Outcome as SerializedForm<Outcome>>::back(end.outcome.clone());
    let why = report.failure.as_ref().map(|failure| format!("{} {}", failure.message, failure.detail));
    Some(Ended { outcome: outcome.into(), at: Some(time(end.at.0)), why, report: Some(report.clone()) })
}

impl From<Outcome> for UpdateOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Failed => Self::Failed,
            Outcome::Cancelled => Self::Cancelled,
        }
    }
}

fn give_back(in_work: InWorkJson) -> GiveBack {
    match in_work {
        InWorkJson::Finished => GiveBack::No,
        InWorkJson::GivenBack => GiveBack::Yes,
    }
}
