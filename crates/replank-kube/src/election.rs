//! Which of several replicas acts: the one that holds a Lease. The others look every second, and take over from one that
//! fell silent.
//!
//! No clocks of two machines are compared: a lease has run out when its object did not change for its whole duration, as
//! the one who looks counts it. The holder stops by its own count, which begins before the renewal was sent.

use std::time::{Duration, Instant};

use kube::Client;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::lease::{self, Lease, LeaseError, Terms, Wire};
use crate::tenure::{self, Tenure};

/// Ten seconds of silence, so that a killed replica is replaced within fifteen.
const TERMS: Terms = Terms { lasts: Duration::from_secs(10), renews: Duration::from_secs(3) };
/// How often those who wait look.
const LOOKS: Duration = Duration::from_secs(1);
/// Time limit for a request.
const DEADLINE: Duration = Duration::from_secs(5);

/// Whether this replica leads; clones share it.
#[derive(Clone, Debug)]
pub struct Leading(Tenure);

impl Leading {
    /// Whether it leads at this moment.
    pub fn is_held(&self) -> bool {
        self.0.is_held()
    }

    /// Returns when it does not lead any more.
    pub async fn lost(&self) {
        while self.is_held() {
            tokio::time::sleep(LOOKS / 4).await;
        }
    }
}

/// An election that was won. The lease is given back by [`Won::end`].
#[derive(Debug)]
pub struct Won {
    tenure: Tenure,
    kept: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Won {
    /// Whether this replica leads, to be asked before every act.
    pub fn leading(&self) -> Leading {
        Leading(self.tenure.clone())
    }

    /// Gives the lease back, so that the next replica acts at once.
    pub async fn end(self) {
        drop(self.kept);
        tenure::ended(self.task).await;
    }
}

/// Waits until this replica holds the lease `name`, which is no name of a node group's lease: those have no dot.
pub async fn win(client: &Client, name: &str, replica: &str, runtime: &Handle) -> Won {
    let mut watched = Watched::default();
    let mut said = String::new();
    loop {
        match attempt(client, name, replica, &mut watched).await {
            Ok(Some((lease, since))) => {
                let tenure = Tenure::default();
                let (kept, task) = tenure.keep(runtime, lease, since);
                return Won { tenure, kept, task };
            }
            Ok(None) => said.clear(),
            Err(why) => {
                let why = why.to_string();
                if why != said {
                    warn!("the election goes on: {why}");
                    said = why;
                }
            }
        }
        tokio::time::sleep(LOOKS).await;
    }
}

/// One attempt: the lease with the time before it was asked for, or nothing while another replica holds it.
async fn attempt(
    client: &Client,
    name: &str,
    replica: &str,
    watched: &mut Watched,
) -> Result<Option<(Lease, Instant)>, LeaseError> {
    let late = |_| LeaseError::Failed { name: name.to_owned(), why: "no answer in time".to_owned() };
    let found = tokio::time::timeout(DEADLINE, lease::read(client, name)).await.map_err(late)??;
    let since = Instant::now();
    if found.as_ref().is_some_and(|found| watched.is_held(found, replica, since)) {
        return Ok(None);
    }
    let taken = Lease::acquire(client, name, replica, TERMS, found.as_ref());
    match tokio::time::timeout(DEADLINE, taken).await.map_err(late)? {
        Ok(lease) => Ok(Some((lease, since))),
        // Another replica was faster.
        Err(LeaseError::Held { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The lease as it was seen last, and since when it is so.
#[derive(Debug, Default)]
struct Watched(Option<(String, Instant)>);

impl Watched {
    /// Whether another replica holds the lease that was found at `now`.
    fn is_held(&mut self, found: &Wire, replica: &str, now: Instant) -> bool {
        if found.holder().is_none_or(|holder| holder == replica) {
            return false;
        }
        match &self.0 {
            Some((version, since)) if version == found.version() => now.duration_since(*since) < TERMS.lasts,
            Some(_) | None => {
                self.0 = Some((found.version().to_owned(), now));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn lease(version: &str, holder: &Value) -> Wire {
        // A time of renewal far in the past: another machine's clock counts for nothing.
        let spec = json!({"holderIdentity": holder, "renewTime": "2001-01-01T00:00:00.000000Z"});
        serde_json::from_value(json!({"metadata": {"name": "l", "resourceVersion": version}, "spec": spec}))
            .unwrap()
    }

    #[test]
    fn a_lease_runs_out_when_it_did_not_change_for_its_duration() {
        let (mut watched, begun) = (Watched::default(), Instant::now());
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert!(watched.is_held(&lease("1", &json!("other")), "us", after(0)));
        assert!(watched.is_held(&lease("1", &json!("other")), "us", after(9)));
        assert!(watched.is_held(&lease("2", &json!("other")), "us", after(10)), "renewed");
        assert!(watched.is_held(&lease("2", &json!("other")), "us", after(19)));
        assert!(!watched.is_held(&lease("2", &json!("other")), "us", after(20)));
    }

    #[test]
    fn one_that_was_given_back_or_is_ours_is_free_at_once() {
        let mut watched = Watched::default();
        assert!(!watched.is_held(&lease("1", &Value::Null), "us", Instant::now()));
        assert!(!watched.is_held(&lease("1", &json!("us")), "us", Instant::now()));
    }
}
