//! How a lease of ours stands while it is renewed beside the work.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::lease::{DURATION, Lease, RENEW_EVERY, Renewed};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A lease that is not given back in this time runs out by itself.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// Waits until the task that renewed a lease has given it back, but not for long.
pub(crate) async fn ended(task: JoinHandle<()>) {
    let _runs_out = tokio::time::timeout(ENDS_WITHIN, task).await;
}

/// How it stands, for those who act under it and for whoever renews it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tenure(Arc<Mutex<Standing>>);

#[derive(Clone, Debug, Default)]
enum Standing {
    /// Not ours.
    #[default]
    Open,
    /// Ours until then, unless it is renewed. Later than that another process may act.
    Until(Instant),
    /// Another process acts, in words for people.
    Taken(String),
}

impl Tenure {
    /// Whether it is ours now.
    pub(crate) fn is_held(&self) -> bool {
        matches!(*self.lock(), Standing::Until(until) if Instant::now() < until)
    }

    /// Who else acts, when somebody does.
    pub(crate) fn taken(&self) -> Option<String> {
        match &*self.lock() {
            Standing::Taken(said) => Some(said.clone()),
            Standing::Open | Standing::Until(_) => None,
        }
    }

    /// Notes that another process acts.
    pub(crate) fn is_taken(&self, said: String) {
        *self.lock() = Standing::Taken(said);
    }

    /// Renews a lease that was taken at `since`, until the answer is dropped, or until it was not renewed in time: what
    /// ran out is taken anew by whoever needs it, who looks again at what others do.
    pub(crate) fn keep(
        &self,
        runtime: &Handle,
        mut lease: Lease,
        since: Instant,
    ) -> (watch::Sender<()>, JoinHandle<()>) {
        let (kept, mut dropped) = watch::channel(());
        let mut until = since + DURATION;
        *self.lock() = Standing::Until(until);
        let tenure = self.clone();
        let task = runtime.spawn(async move {
            loop {
                if tokio::time::timeout(RENEW_EVERY, dropped.changed()).await.is_ok() {
                    return lease.release().await;
                }
                let now = Instant::now();
                let renewed = lease.renew().await;
                match renewed {
                    Ok(Renewed::Yes) if now < until => {
                        until = now + DURATION;
                        *tenure.lock() = Standing::Until(until);
                    }
                    Ok(Renewed::Unheard) if now < until => {}
                    Ok(Renewed::Yes | Renewed::Unheard) | Err(_) => return *tenure.lock() = Standing::Open,
                }
            }
        });
        (kept, task)
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
