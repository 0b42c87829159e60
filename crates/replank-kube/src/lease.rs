//! Leases, by which one process at a time acts on a node group (Kubernetes: `coordination.k8s.io/v1`).
//!
//! The holder renews its lease. One that is not renewed for its duration may be taken over. Writes carry the resource
//! version, so that of two processes only one succeeds.

mod wire;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::Client;
use replank_core::draw::stable_hash;
use serde_json::json;
use thiserror::Error;

use crate::cache::WireList;
use crate::{failure, request};
pub use wire::Held;
pub(crate) use wire::{Found, Wire, WireSpec, body};
use wire::{WireMeta, micro};

/// Namespace of the leases.
pub const NAMESPACE: &str = "kube-system";
/// Annotation that says which process holds a lease, and where.
const BY: &str = "replank.dev/by";
/// Annotation with the name of the node group.
const GROUP: &str = "replank.dev/group";
/// Label of the leases that replicas follow: `group`, or `replica` for those that say that one is there.
pub(crate) const PRESENCE: &str = "replank.dev/lease";
const OF_GROUP: &str = "group";
const OF_REPLICA: &str = "replica";
/// Time after which a lease that was not renewed may be taken over (client-go leader election: 15 s).
pub const DURATION: Duration = Duration::from_secs(15);
/// Interval of renewal, a third of the duration.
pub const RENEW_EVERY: Duration = Duration::from_secs(5);

/// How long a lease lasts and how often it is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// Time after which a lease that was not renewed may be taken over.
    pub(crate) lasts: Duration,
    /// Interval of renewal.
    pub(crate) renews: Duration,
}

impl Terms {
    /// Until when one counts as held by whoever wrote it, who began to at `sent`.
    pub(crate) fn until(self, sent: Instant) -> Instant {
        sent + self.lasts
    }

    /// The same after a renewal that began at `sent`; `None` when that was too late, since another may hold it by now.
    pub(crate) fn renewed(self, until: Instant, sent: Instant) -> Option<Instant> {
        (sent < until).then(|| self.until(sent))
    }
}

/// Terms of the leases of node groups and drains.
const TERMS: Terms = Terms { lasts: DURATION, renews: RENEW_EVERY };

/// The same for the lease of what one of several replicas works on, which is held only while it does.
pub(crate) const WORKS: Terms = Terms { lasts: Duration::from_secs(10), renews: Duration::from_secs(3) };

/// A lease that this process holds.
#[derive(Clone)]
pub struct Lease {
    client: Client,
    path: String,
    holder: String,
    version: String,
    pub(crate) terms: Terms,
}

/// Result of a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// Renewed for its whole duration.
    Yes,
    /// The server refused for now or did not answer: it is held for the rest of its duration.
    Unheard,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease")
            .field("path", &self.path)
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}

/// Why a lease is not held.
#[derive(Debug, Error)]
pub enum LeaseError {
    /// Another process holds it.
    #[error("{holder} acts on it; it said so {seconds} s ago. It is taken over when it was silent for {} s", DURATION.as_secs())]
    Held {
        /// Holder identity of that process.
        holder: String,
        /// Seconds since it renewed the lease.
        seconds: i64,
    },
    /// It changed since the last renewal: another process may hold it.
    #[error("the lease was written or removed by somebody else")]
    Lost,
    /// The request failed.
    #[error("lease {name}: {why}")]
    Failed {
        /// Name of the lease.
        name: String,
        /// Error message.
        why: String,
    },
}

/// Path of all our leases.
pub(crate) fn all() -> String {
    format!("/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases")
}

/// The holder of a node group's lease, if it is renewed.
pub(crate) async fn of_group(client: &Client, group: &str) -> Result<Option<Held>, LeaseError> {
    Ok(read(client, &name(group)).await?.and_then(|found| found.held(None)))
}

/// Every node group of the cluster whose lease is renewed, with its holder. The error is a message for people.
pub async fn of_groups(client: &Client) -> Result<Vec<(String, Held)>, String> {
    let found = request::send::<WireList<Wire>>(client, request::get(&all())).await;
    let found = found.map_err(|error| failure::of(&error))?;
    let held = |wire: Wire| Some((wire.metadata.annotations.get(GROUP)?.clone(), wire.held(None)?));
    Ok(found.items.into_iter().flatten().filter_map(held).collect())
}

/// The lease of this name, if there is one.
pub(crate) async fn read(client: &Client, name: &str) -> Result<Option<Wire>, LeaseError> {
    match request::send::<Wire>(client, request::get(&format!("{}/{name}", all()))).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if failure::status(&error).is_some_and(|it| it.code == 404) => Ok(None),
        Err(error) => Err(LeaseError::Failed { name: name.to_owned(), why: failure::of(&error) }),
    }
}

impl Lease {
    /// Acquires the lease of a node group unless another process renews it.
    pub async fn take(client: &Client, group: &str, holder: &str) -> Result<Self, LeaseError> {
        Self::take_saying(client, group, holder, None).await
    }

    /// The same; `by` says for people which process this is, and where.
    pub async fn take_saying(
        client: &Client,
        group: &str,
        holder: &str,
        by: Option<&str>,
    ) -> Result<Self, LeaseError> {
        let name = name(group);
        let found = read(client, &name).await?;
        if let Some(found) = &found {
            refuse_if_held(found, holder)?;
        }
        let notes = notes(group, by);
        Self::acquire_noted(client, &name, holder, (TERMS, OF_GROUP), found.as_ref(), &notes).await
    }

    /// The same for one of several replicas, unless somebody holds it, as far as `is_held` tells of what is found.
    pub(crate) async fn take_among(
        client: &Client,
        group: &str,
        holder: &str,
        is_held: impl Fn(&Wire) -> bool,
    ) -> Result<Self, LeaseError> {
        let name = name(group);
        let found = read(client, &name).await?;
        if let Some(found) = found.as_ref().filter(|found| is_held(found)) {
            let (by, holder) = (found.metadata.annotations.get(BY), found.holder());
            let holder = by.map_or_else(|| holder.unwrap_or_default(), String::as_str).to_owned();
            return Err(LeaseError::Held { holder, seconds: 0 });
        }
        let notes = notes(group, None);
        Self::acquire_noted(client, &name, holder, (WORKS, OF_GROUP), found.as_ref(), &notes).await
    }

    /// Writes the lease by which a replica says that it is there, over the one that was `found`; an error when it changed
    /// since.
    pub(crate) async fn acquire(
        client: &Client,
        name: &str,
        holder: &str,
        terms: Terms,
        found: Option<&Wire>,
    ) -> Result<Self, LeaseError> {
        Self::acquire_noted(client, name, holder, (terms, OF_REPLICA), found, &BTreeMap::new()).await
    }

    async fn acquire_noted(
        client: &Client,
        name: &str,
        holder: &str,
        (terms, of): (Terms, &str),
        found: Option<&Wire>,
        notes: &BTreeMap<&str, &str>,
    ) -> Result<Self, LeaseError> {
        let all = all();
        let transitions = found.map_or(0, |found| found.spec.lease_transitions.unwrap_or(0) + 1);
        let mut body = body(name, holder, found.map(Wire::version), transitions);
        body["spec"]["leaseDurationSeconds"] = terms.lasts.as_secs().into();
        body["metadata"]["annotations"] = json!(notes);
        body["metadata"]["labels"] = json!({ PRESENCE: of });
        let written = match found {
            Some(_) => request::send::<Wire>(client, request::put(&format!("{all}/{name}"), &body)).await,
            None => request::send::<Wire>(client, request::post(&all, &body)).await,
        };
        match written {
            Ok(lease) => Ok(Self { terms, ..Self::written(client, holder, lease) }),
            Err(error) if failure::status(&error).is_some_and(|it| it.code == 409) => {
                Err(LeaseError::Held { holder: "another process".into(), seconds: 0 })
            }
            Err(error) => Err(LeaseError::Failed { name: name.to_owned(), why: failure::of(&error) }),
        }
    }

    /// A lease that was just written in the name of `holder`.
    pub(crate) fn written(client: &Client, holder: &str, lease: Wire) -> Self {
        let WireMeta { name, resource_version: version, .. } = lease.metadata;
        let path = format!("{}/{name}", all());
        Self { client: client.clone(), path, holder: holder.to_owned(), version, terms: TERMS }
    }

    /// Renews the lease. On [`Renewed::Unheard`] call it again; once the duration has passed another process may hold
    /// it, and this one must not act any more.
    pub async fn renew(&mut self) -> Result<Renewed, LeaseError> {
        let now = micro(Timestamp::now());
        let body = json!({
            "metadata": {"resourceVersion": self.version},
            "spec": {"renewTime": now, "holderIdentity": self.holder},
        });
        let asked = request::send::<Wire>(&self.client, request::patch(&self.path, &body));
        match tokio::time::timeout(self.terms.renews, asked).await {
            Ok(Ok(lease)) => {
                self.version = lease.metadata.resource_version;
                Ok(Renewed::Yes)
            }
            Ok(Err(error)) if failure::status(&error).is_some_and(|it| matches!(it.code, 404 | 409)) => {
                Err(LeaseError::Lost)
            }
            Ok(Err(_)) | Err(_) => Ok(Renewed::Unheard),
        }
    }

    /// Releases the lease, so that others need not wait until it expires.
    pub async fn release(self) {
        let asked = released(&self.client, &self.path, &self.version);
        // One that cannot be given back runs out by itself.
        let _runs_out = tokio::time::timeout(RENEW_EVERY, asked).await;
    }
}

/// Gives back a lease of another's, unless it changed since it had this version.
pub(crate) async fn give_back(client: &Client, name: &str, version: &str) -> Result<(), kube::Error> {
    released(client, &format!("{}/{name}", all()), version).await
}

async fn released(client: &Client, path: &str, version: &str) -> Result<(), kube::Error> {
    let body = json!({"metadata": {"resourceVersion": version}, "spec": {"holderIdentity": null}});
    request::send::<Wire>(client, request::patch(path, &body)).await.map(drop)
}

/// Annotations of a group's lease.
fn notes<'a>(group: &'a str, by: Option<&'a str>) -> BTreeMap<&'static str, &'a str> {
    [(GROUP, Some(group)), (BY, by)].into_iter().filter_map(|(name, note)| Some((name, note?))).collect()
}

/// Name of a group's Lease. Names of groups that are no valid names of objects (EKS: capitals and underscores) are
/// changed and kept apart by a hash.
fn name(group: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if group.chars().all(is_plain) && !group.ends_with('-') {
        return format!("replank-{group}");
    }
    let plain = group.to_lowercase().replace(|c: char| !is_plain(c), "-");
    let number = stable_hash(group.bytes());
    format!("replank-{plain}-{number:016x}")
}

fn refuse_if_held(found: &Wire, us: &str) -> Result<(), LeaseError> {
    match found.held(Some(us)) {
        Some(Held { holder, seconds, .. }) => Err(LeaseError::Held { holder, seconds }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn wire(spec: WireSpec) -> Wire {
        let annotations = BTreeMap::from([(BY.to_owned(), "process 7 on ws1".to_owned())]);
        Wire {
            metadata: WireMeta {
                name: "replank-g".into(),
                resource_version: "1".into(),
                labels: BTreeMap::new(),
                annotations,
            },
            spec,
        }
    }

    fn spec(holder: &str, seconds_ago: i64) -> Wire {
        let at = Timestamp::now() - SignedDuration::from_secs(seconds_ago);
        wire(WireSpec {
            holder_identity: Some(holder.into()),
            renew_time: Some(micro(at)),
            lease_duration_seconds: Some(15),
            ..WireSpec::default()
        })
    }

    #[test]
    fn every_group_has_a_lease_of_its_own() {
        assert_eq!(name("workers-1"), "replank-workers-1");
        assert_ne!(name("Workers_1"), name("workers_1"));
        for group in ["Workers", "a_b", "a-"] {
            let name = name(group);
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
        }
    }

    #[test]
    fn a_living_holder_keeps_it_and_a_silent_one_does_not() {
        assert!(
            matches!(refuse_if_held(&spec("other", 3), "us"), Err(LeaseError::Held { holder, .. }) if holder == "process 7 on ws1")
        );
        assert!(refuse_if_held(&spec("other", 15), "us").is_ok());
        assert!(refuse_if_held(&spec("us", 3), "us").is_ok());
        assert!(refuse_if_held(&wire(WireSpec::default()), "us").is_ok());
    }
}
