//! The clock of the machine; rests end when the cluster changes.

use std::future::Future;
use std::time::Duration;

use futures_util::future::select_all;
use jiff::{SignedDuration, Timestamp};
use replank_engine::clock::{Clock, Elapsed, Rested};
use tokio::sync::{Mutex, watch};

/// Wall time.
#[derive(Debug)]
pub struct WallClock {
    changes: Mutex<Vec<watch::Receiver<()>>>,
}

impl WallClock {
    /// A clock whose rests end when one of these receivers changes.
    pub fn new(changes: Vec<watch::Receiver<()>>) -> Self {
        Self { changes: Mutex::new(changes) }
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn within<F: Future>(&self, limit: SignedDuration, call: F) -> Result<F::Output, Elapsed> {
        let most = Duration::try_from(limit).unwrap_or(Duration::ZERO);
        tokio::time::timeout(most, call).await.map_err(|_| Elapsed { limit })
    }

    async fn rest(&self, least: SignedDuration, until: Option<Timestamp>) -> Rested {
        tokio::time::sleep(Duration::try_from(least).unwrap_or(Duration::ZERO)).await;
        let left = until.map(|until| {
            Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or(Duration::ZERO)
        });
        let mut changes = self.changes.lock().await;
        // A change whose other end is gone will never come.
        changes.retain(|change| change.has_changed().is_ok());
        let changed = async {
            if changes.is_empty() {
                std::future::pending::<()>().await;
            }
            let all = changes.iter_mut().map(|change| Box::pin(change.changed()));
            let (_first, _which, _others) = select_all(all).await;
        };
        match left {
            Some(left) => drop(tokio::time::timeout(left, changed).await),
            None => changed.await,
        }
        Rested::Awake
    }
}
