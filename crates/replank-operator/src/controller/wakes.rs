//! When a round is due: something changed in the custom resources, in an update, or in a plan; else after a while. Why is
//! not told: a round reads everything anew.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use kube::Client;
use kube::api::{Api, ListParams, WatchParams};
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::debug;

use crate::api::{NodeGroupUpdate, Snapshot, UpdatePolicy};

/// A round is due at the latest after this: windows open and close.
const LATEST: Duration = Duration::from_secs(30);
/// While an update runs its reports are written so often at most.
const REPORTS: Duration = Duration::from_millis(700);
/// Pause before a watch that broke off is begun again.
const AGAIN: Duration = Duration::from_secs(2);

/// Why a round is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Something changed, it is not told what.
    Change,
    /// Time went on.
    Time,
}

/// Everything that wakes the controller; the watches end with it.
#[derive(Debug)]
pub(super) struct Wakes {
    changed: watch::Receiver<()>,
    reports: watch::Receiver<bool>,
    plans: watch::Receiver<()>,
    rehearsals: watch::Receiver<()>,
    share: Option<watch::Receiver<()>>,
    _watches: JoinSet<()>,
}

impl Wakes {
    pub(super) fn start(
        client: &Client,
        reports: watch::Receiver<bool>,
        [plans, rehearsals]: [watch::Receiver<()>; 2],
    ) -> Self {
        let (bell, changed) = watch::channel(());
        let mut watches = JoinSet::new();
        watches.spawn(follow(Api::<NodeGroupUpdate>::all(client.clone()), bell.clone()));
        watches.spawn(follow(Api::<UpdatePolicy>::all(client.clone()), bell.clone()));
        watches.spawn(follow(Api::<Snapshot>::all(client.clone()), bell));
        Self { changed, reports, plans, rehearsals, share: None, _watches: watches }
    }

    /// Makes a round due whenever this changes, too.
    pub(super) fn wake_by(&mut self, share: watch::Receiver<()>) {
        self.share = Some(share);
    }

    /// Returns when a round is due, and whether anything changed.
    pub(super) async fn next(&mut self) -> Wake {
        let Self { changed, reports, plans, rehearsals, share, .. } = self;
        let shared = async {
            match share {
                Some(share) => drop(share.changed().await),
                None => std::future::pending().await,
            }
        };
        let reported = async {
            tokio::time::sleep(REPORTS).await;
            if reports.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            _bell = changed.changed() => Wake::Change,
            () = reported => Wake::Change,
            () = shared => Wake::Change,
            _done = plans.changed() => Wake::Change,
            _done = rehearsals.changed() => Wake::Change,
            () = tokio::time::sleep(LATEST) => Wake::Time,
        }
    }
}

/// Rings for every change of a kind, and whenever its watch begins again.
async fn follow<K>(api: Api<K>, bell: watch::Sender<()>)
where
    K: Clone + std::fmt::Debug + DeserializeOwned + Send + 'static,
{
    loop {
        if let Err(error) = watched(&api, &bell).await {
            debug!("a watch broke off: {}", replank_kube::failure(&error));
        }
        tokio::time::sleep(AGAIN).await;
        bell.send_replace(());
    }
}

async fn watched<K>(api: &Api<K>, bell: &watch::Sender<()>) -> kube::Result<()>
where
    K: Clone + std::fmt::Debug + DeserializeOwned + Send + 'static,
{
    let one = ListParams { limit: Some(1), ..ListParams::default() };
    let version = api.list_metadata(&one).await?.metadata.resource_version.unwrap_or_default();
    let mut changes = api.watch_metadata(&WatchParams::default(), &version).await?.boxed();
    while changes.try_next().await?.is_some() {
        bell.send_replace(());
    }
    Ok(())
}
