//! Snapshots that are declared: each is rehearsed once, off the threads that serve, and its result stands in the object.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use replank_engine::report::plan::PlanJson;
use replank_service::Service;
use replank_service::ports::Account;
use replank_service::ports::planner::Planner;
use replank_service::start_update::{self, IdFrom, StartUpdate};
use tokio::sync::watch;
use tracing::warn;

use super::Mode;
use super::objects::Objects;
use crate::api::{Snapshot, SnapshotStatus, UpdatePolicy};
use crate::governing::Governing;
use crate::rehearsed::{self, Result as Rehearsed};
use crate::request;
use crate::tell::{self, About};

/// The rehearsals of this process.
pub(super) struct Snapshots<A> {
    service: Arc<Service<A>>,
    cluster: String,
    /// Namespace in which whole reports are kept, if they are.
    reports: Option<String>,
    made: Arc<Mutex<BTreeMap<String, Option<Rehearsed>>>>,
    done: watch::Sender<()>,
}

impl<A: Account + Planner + Send + Sync> Snapshots<A> {
    pub(super) fn new(service: Arc<Service<A>>, cluster: String, reports: Option<String>) -> Self {
        Self { service, cluster, reports, made: Arc::default(), done: watch::channel(()).0 }
    }

    /// Changes whenever a rehearsal is over.
    pub(super) fn done(&self) -> watch::Receiver<()> {
        self.done.subscribe()
    }

    /// Does the next thing with each snapshot.
    pub(super) async fn round(
        &self,
        objects: &Objects,
        mode: Mode,
        (snapshots, policies): (&[Snapshot], &[UpdatePolicy]),
        is_ours: &(dyn Fn(&str) -> bool + Send + Sync),
    ) {
        lock(&self.made).retain(|known, _| snapshots.iter().any(|one| uid(one) == *known));
        for snapshot in snapshots.iter().filter(|one| !rehearsed::is_over(one) && is_ours(&one.name_any())) {
            match mode {
                Mode::DryRun => {}
                Mode::Act => self.one(objects, snapshot, policies).await,
            }
        }
    }

    async fn one(&self, objects: &Objects, snapshot: &Snapshot, policies: &[UpdatePolicy]) {
        let known = lock(&self.made).get(&uid(snapshot)).cloned();
        let result = match known {
            None => self.begin(snapshot, policies),
            Some(None) => return,
            Some(Some(result)) => Some(result),
        };
        let report = match (&result, &self.reports) {
            (Some(Ok(one)), Some(namespace)) => objects.keep_report(snapshot, namespace, &one.report).await,
            (Some(_) | None, _) => None,
        };
        let before = snapshot.status.clone().unwrap_or_default();
        let after = rehearsed::status(snapshot, result.as_ref(), report, Timestamp::now());
        if after != before && objects.write_snapshot(snapshot, &after).await {
            self.tell(objects, snapshot, &before, &after).await;
        }
    }

    async fn tell(
        &self,
        objects: &Objects,
        snapshot: &Snapshot,
        before: &SnapshotStatus,
        after: &SnapshotStatus,
    ) {
        if before.phase != after.phase {
            let about = About::of(snapshot);
            let warns = after.phase.as_deref() == Some(rehearsed::REFUSED);
            tell::say(objects.client(), &about, after.phase.as_deref(), after.message.as_deref(), warns)
                .await;
        }
    }

    /// Begins to rehearse; an answer already when it cannot be.
    fn begin(&self, snapshot: &Snapshot, policies: &[UpdatePolicy]) -> Option<Rehearsed> {
        let update = snapshot.spec.update();
        let governing = match Governing::of(&update, policies) {
            Ok(governing) => governing,
            Err(why) => return Some(Err(why)),
        };
        let uid = uid(snapshot);
        let asked = request::of(&update, &governing, &self.cluster, &uid);
        let least = SignedDuration::from_secs(snapshot.spec.stalls_from_seconds.max(1));
        lock(&self.made).insert(uid.clone(), None);
        let (service, made, done) = (self.service.clone(), self.made.clone(), self.done.clone());
        let name = snapshot.name_any();
        tokio::spawn(async move {
            let result = rehearse(service, &asked, &uid, least).await;
            if let Err(why) = &result {
                warn!(snapshot = %name, "it was not rehearsed: {why}");
            }
            lock(&made).insert(uid, Some(result));
            done.send_replace(());
        });
        None
    }
}

async fn rehearse<A: Account + Planner + Send + Sync>(
    service: Arc<Service<A>>,
    asked: &StartUpdate,
    uid: &str,
    least: SignedDuration,
) -> Rehearsed {
    let prepared = start_update::prepare(&service, asked, IdFrom::Given(uid)).await;
    let spec = prepared.map_err(|refusal| refusal.message)?.spec(service.rules);
    // One at a time, with the plans that others ask for.
    let turn = service.feed.rehearsal.acquire().await.map_err(|error| error.to_string())?;
    let asked_of = service.clone();
    let planned = tokio::task::spawn_blocking(move || {
        let planned = asked_of.account.rehearse(&spec, least).map_err(|error| error.to_string())?;
        Ok::<_, String>((PlanJson::of(&spec, &planned.plan), planned))
    });
    let planned = planned.await.map_err(|error| error.to_string())?;
    drop(turn);
    let (plan, planned) = planned?;
    rehearsed::of(&plan, planned, &request::mark(asked), Timestamp::now())
}

fn uid(snapshot: &Snapshot) -> String {
    snapshot.uid().unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
