//! A Lease as the API server has it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{BY, DURATION, NAMESPACE, OF_REPLICA, PRESENCE};

/// What replicas look at of a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    /// Version of the object; it changes with every renewal.
    pub(crate) version: String,
    /// Who holds it or held it last; `None` once it was given back.
    pub(crate) holder: Option<String>,
    /// Time after which it may be taken over when it was not renewed.
    pub(crate) lasts: Duration,
    /// Whether it says that its holder is there, rather than what its holder does.
    pub(crate) is_presence: bool,
}

/// A Lease of the API server.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Wire {
    pub(super) metadata: WireMeta,
    #[serde(default)]
    pub(super) spec: WireSpec,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireMeta {
    pub(super) name: String,
    pub(super) resource_version: String,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, String>,
}

/// `spec` of a Lease.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WireSpec {
    pub(super) holder_identity: Option<String>,
    pub(super) acquire_time: Option<String>,
    pub(super) renew_time: Option<String>,
    pub(super) lease_duration_seconds: Option<i64>,
    pub(super) lease_transitions: Option<i64>,
}

/// A lease that is renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Holder identity.
    pub holder: String,
    /// When it was acquired.
    pub since: Timestamp,
    /// Seconds since it was renewed.
    pub seconds: i64,
}

impl WireSpec {
    /// The holder, if the lease is renewed and its holder is not `us`.
    pub(crate) fn held(&self, us: Option<&str>) -> Option<Held> {
        let time = |at: &Option<String>| at.as_deref()?.parse::<Timestamp>().ok();
        let holder = self.holder_identity.as_deref().filter(|holder| !holder.is_empty())?;
        let renewed = time(&self.renew_time).filter(|_| Some(holder) != us)?;
        let lasts = self.lease_duration_seconds.unwrap_or(DURATION.as_secs() as i64);
        let silent = Timestamp::now().duration_since(renewed);
        (silent < SignedDuration::from_secs(lasts)).then(|| Held {
            holder: holder.to_owned(),
            since: time(&self.acquire_time).unwrap_or(renewed),
            seconds: silent.as_secs().max(0),
        })
    }
}

impl Wire {
    /// The holder in the words of its annotation, if the lease is renewed and its holder is not `us`.
    pub(super) fn held(&self, us: Option<&str>) -> Option<Held> {
        let held = self.spec.held(us)?;
        let by = self.metadata.annotations.get(BY).cloned();
        Some(Held { holder: by.unwrap_or(held.holder), ..held })
    }

    /// Version of the object; it changes with every renewal.
    pub(crate) fn version(&self) -> &str {
        &self.metadata.resource_version
    }

    /// The same for those who follow leases.
    pub(crate) fn found(&self) -> Found {
        let lasts = self.spec.lease_duration_seconds.and_then(|it| u64::try_from(it).ok());
        Found {
            name: self.metadata.name.clone(),
            version: self.metadata.resource_version.clone(),
            holder: self.holder().map(str::to_owned),
            lasts: lasts.map_or(DURATION, Duration::from_secs),
            is_presence: self.metadata.labels.get(PRESENCE).is_some_and(|of| of == OF_REPLICA),
        }
    }

    /// Who holds it or held it last; `None` once it was given back.
    pub(crate) fn holder(&self) -> Option<&str> {
        self.spec.holder_identity.as_deref().filter(|holder| !holder.is_empty())
    }
}

/// A Lease that is held from now on, over the version that was found.
pub(crate) fn body(name: &str, holder: &str, version: Option<&str>, transitions: i64) -> Value {
    let now = micro(Timestamp::now());
    let mut body = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": DURATION.as_secs(),
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": transitions,
        },
    });
    if let Some(version) = version {
        body["metadata"]["resourceVersion"] = version.into();
    }
    body
}

/// A time as `MicroTime` (Kubernetes): six digits after the second.
pub(super) fn micro(at: Timestamp) -> String {
    format!("{at:.6}")
}
