//! The custom resources behind the API server: read, and written with preconditions.

use std::future::Future;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::admissionregistration::v1::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::{Client, Resource, ResourceExt};
use replank_kube::failure;
use replank_service::maintenance::Opening;
use serde_json::{Value, json};
use tracing::warn;

use super::Mode;
use crate::api::{
    Condition, ConditionType, NodeGroupUpdate, NodeGroupUpdateStatus, ReportPlace, Snapshot, SnapshotStatus,
    UpdatePolicy, UpdatePolicyStatus, timed,
};
use crate::approval::{self, Proof};
use crate::governing::calendar;
use crate::status::time;

/// Time limit for a request.
const DEADLINE: Duration = Duration::from_secs(15);
/// How long a listing is good while no watch tells of a change.
const LISTED_FOR: Duration = Duration::from_mins(5);
/// Longest report that is kept: half of what an object may have.
const REPORT_MAX: usize = 512 << 10;
/// Keeps an object until its update has ended.
const FINALIZER: &str = "replank.dev/update-ends";
/// Field manager of every write.
const FIELD_MANAGER: &str = "replank-operator";

/// All objects as they were at a time.
pub(super) struct Listing {
    /// Updates, oldest first.
    pub(super) updates: Vec<NodeGroupUpdate>,
    pub(super) policies: Vec<UpdatePolicy>,
    /// Snapshots, oldest first.
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) at: Instant,
}

impl Listing {
    /// Whether it is listed anew, though no watch told of a change: one may be silent without telling.
    pub(super) fn is_old(&self) -> bool {
        self.at.elapsed() > LISTED_FOR
    }
}

/// The custom resources.
#[derive(Clone)]
pub(super) struct Objects {
    client: Client,
    updates: Api<NodeGroupUpdate>,
    policies: Api<UpdatePolicy>,
    snapshots: Api<Snapshot>,
    mode: Mode,
}

impl Objects {
    pub(super) fn new(client: Client, mode: Mode) -> Self {
        let (updates, policies) = (Api::all(client.clone()), Api::all(client.clone()));
        let snapshots = Api::all(client.clone());
        Self { client, updates, policies, snapshots, mode }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// All objects.
    pub(super) async fn list(&self) -> Result<Listing, String> {
        let (all, at) = (ListParams::default(), Instant::now());
        let mut updates = within(self.updates.list(&all)).await?.items;
        updates.sort_by_key(|it| (it.creation_timestamp().map(|at| at.0), it.name_any()));
        let policies = within(self.policies.list(&all)).await?.items;
        let mut snapshots = within(self.snapshots.list(&all)).await?.items;
        snapshots.sort_by_key(|it| (it.creation_timestamp().map(|at| at.0), it.name_any()));
        Ok(Listing { updates, policies, snapshots, at })
    }

    /// Writes the status of a snapshot; whether that was done.
    pub(super) async fn write_snapshot(&self, snapshot: &Snapshot, status: &SnapshotStatus) -> bool {
        let patch = json!({"status": status});
        let (name, how, patch) = (snapshot.name_any(), by_us(), Patch::Merge(&patch));
        let written = within(self.snapshots.patch_status(&name, &how, &patch)).await;
        if let Err(why) = &written {
            warn!(snapshot = %name, "the status could not be written: {why}");
        }
        written.is_ok()
    }

    /// Keeps the whole report of a snapshot in a `ConfigMap` that goes with it; `None` when it is too large, or could not be
    /// written: the status has what matters.
    pub(super) async fn keep_report(
        &self,
        snapshot: &Snapshot,
        namespace: &str,
        report: &Value,
    ) -> Option<ReportPlace> {
        let text = format!("{report:#}");
        if text.len() > REPORT_MAX {
            warn!(snapshot = %snapshot.name_any(), "its report has {} bytes and is not kept", text.len());
            return None;
        }
        let name = format!("replank-snapshot-{}", snapshot.uid()?);
        let kept = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": namespace, "ownerReferences": [snapshot.owner_ref(&())]},
            "data": {"report.json": text},
        });
        let maps: Api<ConfigMap> = Api::namespaced(self.client.clone(), namespace);
        let how = PatchParams { force: true, ..by_us() };
        match within(maps.patch(&name, &how, &Patch::Apply(&kept))).await {
            Ok(_) => Some(ReportPlace { namespace: namespace.to_owned(), config_map: name }),
            Err(why) => {
                warn!(snapshot = %snapshot.name_any(), "its report could not be kept: {why}");
                None
            }
        }
    }

    /// Since when the API server makes sure who approves.
    pub(super) async fn proof(&self) -> Result<Proof, String> {
        let policies: Api<ValidatingAdmissionPolicy> = Api::all(self.client.clone());
        let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(self.client.clone());
        let policy = within(policies.get_opt(approval::NAME)).await?;
        let binding = within(bindings.get_opt(approval::NAME)).await?;
        Ok(approval::proof(policy.as_ref(), binding.as_ref()))
    }

    /// Writes a status; whether that was done.
    pub(super) async fn write_status(
        &self,
        update: &NodeGroupUpdate,
        status: &NodeGroupUpdateStatus,
    ) -> bool {
        if self.mode == Mode::DryRun {
            return false;
        }
        let patch = json!({"status": status});
        let (name, how, patch) = (update.name_any(), by_us(), Patch::Merge(&patch));
        let written = within(self.updates.patch_status(&name, &how, &patch)).await;
        if let Err(why) = &written {
            warn!(update = %update.name_any(), "the status could not be written: {why}");
        }
        written.is_ok()
    }

    /// Works out the status of a policy, and writes it when it changed.
    pub(super) async fn write_policy(&self, policy: &UpdatePolicy, now: Timestamp) {
        let before = policy.status.clone().unwrap_or_default();
        let after = policy_status(policy, &before, now);
        if after == before || self.mode == Mode::DryRun {
            return;
        }
        let patch = json!({"status": after});
        let (name, how, patch) = (policy.name_any(), by_us(), Patch::Merge(&patch));
        if let Err(why) = within(self.policies.patch_status(&name, &how, &patch)).await {
            warn!(policy = %policy.name_any(), "the status could not be written: {why}");
        }
    }

    /// Sets the finalizer, so that the object stays until its update has ended.
    pub(super) async fn hold(&self, update: &NodeGroupUpdate) -> Result<(), String> {
        if update.finalizers().iter().any(|it| it == FINALIZER) {
            return Ok(());
        }
        let mut all = update.finalizers().to_vec();
        all.push(FINALIZER.to_owned());
        self.set_finalizers(update, &all).await
    }

    /// Takes the finalizer off; the object goes then.
    pub(super) async fn let_go(&self, update: &NodeGroupUpdate) {
        let all: Vec<String> = update.finalizers().iter().filter(|it| *it != FINALIZER).cloned().collect();
        if all.len() == update.finalizers().len() {
            return;
        }
        if let Err(why) = self.set_finalizers(update, &all).await {
            warn!(update = %update.name_any(), "the finalizer could not be taken off: {why}");
        }
    }

    /// The version in the patch makes it fail when somebody else changed the object in between.
    async fn set_finalizers(&self, update: &NodeGroupUpdate, all: &[String]) -> Result<(), String> {
        let patch: Value =
            json!({"metadata": {"finalizers": all, "resourceVersion": update.resource_version()}});
        within(self.updates.patch(&update.name_any(), &by_us(), &Patch::Merge(&patch))).await.map(drop)
    }
}

fn by_us() -> PatchParams {
    PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() }
}

async fn within<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, String> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(answered) => answered.map_err(|error| failure(&error)),
        Err(_) => Err(format!("no answer within {} s", DEADLINE.as_secs())),
    }
}

fn policy_status(policy: &UpdatePolicy, before: &UpdatePolicyStatus, now: Timestamp) -> UpdatePolicyStatus {
    let generation = policy.metadata.generation;
    let condition = |holds: bool, reason: &str, message: String| Condition {
        kind: ConditionType::Ready,
        status: holds.into(),
        reason: reason.to_owned(),
        message,
        last_transition_time: time(now),
        observed_generation: generation,
    };
    let (open, changes_at, condition) = match calendar(&policy.spec) {
        Err(why) => (None, None, condition(false, "Invalid", why.to_string())),
        Ok(calendar) => {
            let usable = condition(true, "Usable", "Updates of its node groups follow it.".to_owned());
            match calendar.at(now) {
                Opening::Always => (Some(true), None, usable),
                Opening::Open { until } => (Some(true), Some(until), usable),
                Opening::Closed { opens, .. } => (Some(false), opens, usable),
            }
        }
    };
    UpdatePolicyStatus {
        observed_generation: generation,
        conditions: timed(vec![condition], &before.conditions),
        open,
        changes_at: changes_at.map(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ConditionStatus, PolicyWindow, UpdatePolicySpec};

    #[test]
    fn a_policy_says_whether_it_is_open_and_when_that_changes() {
        let (cron, time_zone, duration) = ("0 2 * * *".into(), "UTC".into(), "4h".into());
        let windows = vec![PolicyWindow { cron, time_zone, duration }];
        let spec = UpdatePolicySpec { node_groups: vec!["*".into()], windows, ..UpdatePolicySpec::default() };
        let mut policy = UpdatePolicy::new("p", spec);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let before = UpdatePolicyStatus::default();
        let status = policy_status(&policy, &before, at("2026-01-01T03:00:00Z"));
        assert_eq!((status.open, status.changes_at.as_deref()), (Some(true), Some("2026-01-01T06:00:00Z")));
        policy.spec.windows[0].time_zone = "Nowhere".into();
        let status = policy_status(&policy, &before, at("2026-01-01T03:00:00Z"));
        assert_eq!((status.open, status.conditions[0].status), (None, ConditionStatus::False));
        assert!(status.conditions[0].message.starts_with("timeZone: \"Nowhere\""), "{status:?}");
    }
}
