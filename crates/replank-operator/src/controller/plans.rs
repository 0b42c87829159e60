//! Plans of updates that are not begun: one is made at a time, off the threads that serve.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::ResourceExt;
use replank_engine::report::plan::PlanJson;
use replank_service::Service;
use replank_service::ports::Account;
use replank_service::ports::planner::Planner;
use replank_service::start_update::{self, IdFrom, StartUpdate};
use tokio::sync::watch;

use crate::api::{NodeGroupUpdate, PlanSummary};
use crate::request::mark;
use crate::status::summary;

/// After so long it is tried again what could not be planned.
const AGAIN: Duration = Duration::from_mins(1);

/// The plans of this process.
pub(super) struct Plans<A> {
    service: Arc<Service<A>>,
    made: Arc<Mutex<BTreeMap<String, Made>>>,
    done: watch::Sender<()>,
}

/// The plan of an update, by the wishes that it is made of.
#[derive(Clone, Debug)]
struct Made {
    of: String,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    UnderWay,
    Ready(PlanSummary),
    Failed(String, Instant),
}

impl<A: Account + Planner + Send + Sync> Plans<A> {
    pub(super) fn new(service: Arc<Service<A>>) -> Self {
        Self { service, made: Arc::default(), done: watch::channel(()).0 }
    }

    /// Changes whenever a plan is ready.
    pub(super) fn done(&self) -> watch::Receiver<()> {
        self.done.subscribe()
    }

    /// The plan for what is asked, if there is one: of this process, or in the status, where another one left it. The
    /// error says why it cannot be planned.
    pub(super) fn of(
        &self,
        update: &NodeGroupUpdate,
        asked: &StartUpdate,
    ) -> Result<Option<PlanSummary>, String> {
        let of = mark(asked);
        let made = lock(&self.made).get(&uid(update)).filter(|made| made.of == of).cloned();
        match made.map(|made| made.state) {
            Some(State::Ready(plan)) => Ok(Some(plan)),
            Some(State::Failed(why, since)) if since.elapsed() < AGAIN => Err(why),
            Some(State::UnderWay | State::Failed(..)) => Ok(None),
            None => Ok(update.status.as_ref().and_then(|it| it.plan.clone()).filter(|plan| plan.of == of)),
        }
    }

    /// Begins to plan, unless that is under way.
    pub(super) fn begin(&self, update: &NodeGroupUpdate, asked: &StartUpdate) {
        let (of, uid) = (mark(asked), uid(update));
        let mut made = lock(&self.made);
        if made.get(&uid).is_some_and(|made| made.of == of && matches!(made.state, State::UnderWay)) {
            return;
        }
        made.insert(uid.clone(), Made { of: of.clone(), state: State::UnderWay });
        drop(made);
        let (service, made, done) = (self.service.clone(), self.made.clone(), self.done.clone());
        let asked = asked.clone();
        tokio::spawn(async move {
            let planned = plan(service, &asked, &uid, &of).await;
            let state = match planned {
                Ok(plan) => State::Ready(plan),
                Err(why) => State::Failed(why, Instant::now()),
            };
            lock(&made).insert(uid, Made { of, state });
            done.send_replace(());
        });
    }

    /// Forgets the plans of objects that are gone.
    pub(super) fn forget_all_but(&self, updates: &[NodeGroupUpdate]) {
        lock(&self.made).retain(|known, _| updates.iter().any(|update| uid(update) == *known));
    }
}

async fn plan<A: Account + Planner + Send + Sync>(
    service: Arc<Service<A>>,
    asked: &StartUpdate,
    uid: &str,
    of: &str,
) -> Result<PlanSummary, String> {
    let prepared = start_update::prepare(&service, asked, IdFrom::Given(uid)).await;
    let spec = prepared.map_err(|refusal| refusal.message)?.spec(service.rules);
    // One at a time, with the rehearsals that others ask for.
    let turn = service.feed.rehearsal.acquire().await.map_err(|error| error.to_string())?;
    let asked_of = service.clone();
    let planned = tokio::task::spawn_blocking(move || {
        let planned = asked_of.account.plan(&spec).map_err(|error| error.to_string())?;
        Ok((PlanJson::of(&spec, &planned.plan), planned.projected))
    });
    let planned = planned.await.map_err(|error| error.to_string())?;
    drop(turn);
    planned.map(|(plan, projected)| summary(&plan, projected.as_deref(), of, Timestamp::now()))
}

fn uid(update: &NodeGroupUpdate) -> String {
    update.uid().unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
