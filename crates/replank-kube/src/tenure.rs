//! State of a lease that is renewed in the background.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::lease::{Lease, Renewed};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Time limit for releasing a lease; it expires by itself later.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// Waits a short time until the task that renewed a lease has released it.
pub(crate) async fn ended(task: JoinHandle<()>) {
    let _runs_out = tokio::time::timeout(ENDS_WITHIN, task).await;
}

/// State of a lease, shared by those who act under it and the task that renews it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tenure(Arc<Mutex<LeaseState>>);

#[derive(Clone, Debug, Default)]
enum LeaseState {
    /// Not held.
    #[default]
    Open,
    /// Held until then unless it is renewed; after that another process may act.
    Until(Instant),
    /// Another process acts; with a message for people.
    Taken(String),
}

impl Tenure {
    /// Whether the lease is held at present.
    pub(crate) fn is_held(&self) -> bool {
        matches!(*self.lock(), LeaseState::Until(until) if Instant::now() < until)
    }

    /// Who else acts, as a message for people; `None` when nobody does.
    pub(crate) fn taken(&self) -> Option<String> {
        match &*self.lock() {
            LeaseState::Taken(said) => Some(said.clone()),
            LeaseState::Open | LeaseState::Until(_) => None,
        }
    }

    /// Notes that another process acts.
    pub(crate) fn is_taken(&self, said: String) {
        *self.lock() = LeaseState::Taken(said);
    }

    /// Renews a lease acquired at `since` until the sender is dropped or a renewal is too late. An expired lease is
    /// acquired anew by whoever needs it, who then looks again at what others do.
    pub(crate) fn keep(
        &self,
        runtime: &Handle,
        mut lease: Lease,
        since: Instant,
    ) -> (watch::Sender<()>, JoinHandle<()>) {
        let (kept, mut dropped) = watch::channel(());
        let terms = lease.terms;
        let mut until = terms.until(since);
        *self.lock() = LeaseState::Until(until);
        let tenure = self.clone();
        let task = runtime.spawn(async move {
            loop {
                if tokio::time::timeout(terms.renews, dropped.changed()).await.is_ok() {
                    return lease.release().await;
                }
                let sent = Instant::now();
                let renewed = lease.renew().await;
                match (renewed, terms.renewed(until, sent)) {
                    (Ok(Renewed::Yes), Some(longer)) => {
                        until = longer;
                        *tenure.lock() = LeaseState::Until(until);
                    }
                    (Ok(Renewed::Unheard), Some(_)) => {}
                    (Ok(Renewed::Yes | Renewed::Unheard), None) | (Err(_), _) => {
                        return *tenure.lock() = LeaseState::Open;
                    }
                }
            }
        });
        (kept, task)
    }

    fn lock(&self) -> MutexGuard<'_, LeaseState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
