//! Records how an update ended: its status, the status of the node group, and what its nodes run now.

use super::node_group::changed;
use crate::ports::Account;
use crate::records::{Change, Key, Kind};
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::names::UpdateId;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::Rollout;
use replank_engine::messages;
use tracing::error;

use crate::records::{
    self, Nodegroup, NodegroupStatus, NodegroupVersionUpdate, Owned, PendingOperation, Records, Trouble,
    UpdateStatus,
};
use crate::refusal::Refusal;
use crate::service::{Service, now, seconds};

/// Records the end of an update that this service started. Safe to repeat.
pub(super) fn update<A: Account>(service: &Service<A>, rollout: &Rollout) {
    let Some(end) = rollout.end() else { return };
    let (status, errors) = told(end.outcome, rollout);
    if let Err(said) = write(service, &rollout.spec().update, status, errors) {
        error!(update = %rollout.spec().update, "the end of the update is not on record: {said}");
    }
}

/// Records the end of an update that a process runs by itself, without pending operations. Safe to repeat.
pub fn of_own(records: &Records, rollout: &Rollout) {
    let Some(end) = rollout.end() else { return };
    let (status, errors) = told(end.outcome, rollout);
    let spec = rollout.spec();
    let outcome = records.change(|change| {
        over(change, spec.cluster.as_str(), spec.update.as_str(), status, errors)?;
        Ok::<(), Refusal>(())
    });
    if let Err(said) = outcome {
        error!(update = %spec.update, "the end of the update is not on record: {}", Refusal::from(said).message);
    }
}

/// Status and errors of an update that ended so.
fn told(outcome: Outcome, rollout: &Rollout) -> (UpdateStatus, Vec<Trouble>) {
    match outcome {
        Outcome::Succeeded => (UpdateStatus::Successful, Vec::new()),
        Outcome::Cancelled => (UpdateStatus::Cancelled, Vec::new()),
        Outcome::Failed => (UpdateStatus::Failed, vec![trouble(rollout)]),
    }
}

/// Forgets an update that another process runs, which keeps its end on record.
pub(super) fn elsewhere<A: Account>(service: &Service<A>, update: &UpdateId) {
    let Some((key, pending)) = service.records.named(Kind::PendingOperation, update.as_str()) else { return };
    let outcome = changed(service, |change| {
        if let PendingOperation::NodegroupVersion(pending) =
            records::read::<PendingOperation>(&pending.document)?
        {
            let mut group = records::nodegroup_in(change, &pending.cluster, &pending.group)?;
            at_rest(&mut group);
            records::put_nodegroup(change, &group);
            change.remove(Key::new(Kind::Update, &pending.cluster, update.as_str()));
        }
        change.remove(key);
        Ok(())
    });
    if let Err(said) = outcome {
        error!(%update, "that the update goes on elsewhere is not on record: {said}");
    }
}

/// Records that an update could not be started.
pub(super) fn never_begun<A: Account>(service: &Service<A>, update: &UpdateId, why: &str) {
    let trouble =
        Trouble { error_code: "Unknown".into(), error_message: why.to_owned(), resource_ids: Vec::new() };
    // The operation stays when this fails, and is tried again after a restart.
    let _kept = write(service, update, UpdateStatus::Failed, vec![trouble]);
}

/// An upgrade of a whole cluster is over: nothing is pending of it. Doing it twice is doing it once.
pub(super) fn upgrade<A: Account>(service: &Service<A>, upgrade: &Upgrade) {
    let (cluster, id) = (upgrade.spec().cluster.as_str(), upgrade.spec().upgrade.as_str());
    let key = Key::new(Kind::PendingOperation, cluster, id);
    if service.records.get(&key).is_none() {
        return;
    }
    let outcome = changed(service, |change| {
        change.remove(key);
        Ok(())
    });
    if let Err(said) = outcome {
        error!(upgrade = id, "the end of the upgrade is not on record: {said}");
    }
}

fn write<A: Account>(
    service: &Service<A>,
    update: &UpdateId,
    status: UpdateStatus,
    errors: Vec<Trouble>,
) -> Result<(), String> {
    let Some((key, pending)) = service.records.named(Kind::PendingOperation, update.as_str()) else {
        return Ok(());
    };
    let outcome = service.records.change(|change| {
        if let PendingOperation::NodegroupVersion(pending) =
            records::read::<PendingOperation>(&pending.document)?
        {
            end(change, &pending, status, errors)?;
        }
        change.remove(key);
        Ok::<(), Refusal>(())
    });
    outcome.map_err(|error| Refusal::from(error).message)
}

fn end(
    change: &mut Change<'_>,
    pending: &NodegroupVersionUpdate,
    status: UpdateStatus,
    errors: Vec<Trouble>,
) -> Result<(), Refusal> {
    over(change, &pending.cluster, &pending.update, status, errors)?;
    let mut group = records::nodegroup_in(change, &pending.cluster, &pending.group)?;
    at_rest(&mut group);
    if status == UpdateStatus::Successful {
        // With an image of the user's own it is that of the cluster.
        let cluster = || {
            change.get(&Key::new(Kind::Cluster, "", &pending.cluster))?["version"].as_str().map(str::to_owned)
        };
        group.version = pending.version.clone().or_else(cluster);
        group.release_version = Some(pending.release.clone());
        if pending.source.is_some() {
            group.launch_template.clone_from(&pending.source);
        }
    }
    records::put_nodegroup(change, &group);
    Ok(())
}

/// Sets status and errors of an update.
pub(super) fn over(
    change: &mut Change<'_>,
    cluster: &str,
    update: &str,
    status: UpdateStatus,
    errors: Vec<Trouble>,
) -> Result<(), Refusal> {
    let key = Key::new(Kind::Update, cluster, update);
    if let Some(document) = change.get(&key) {
        let mut owned: Owned = records::read(&document)?;
        (owned.update.status, owned.update.errors) = (status, errors);
        change.put(key, records::written(&owned));
    }
    Ok(())
}

/// Sets the status of a group that nothing is being done with: `ACTIVE`, or `DEGRADED` if it has health issues.
pub(super) fn at_rest(group: &mut Nodegroup) {
    group.modified_at = seconds(now());
    group.status =
        if group.health.issues.is_empty() { NodegroupStatus::Active } else { NodegroupStatus::Degraded };
}

/// The failure with the message of EKS, and the detail that EKS leaves out.
fn trouble(rollout: &Rollout) -> Trouble {
    let group = &rollout.spec().group;
    let Some(failure) = rollout.failure() else {
        let error_message = "the update failed".to_owned();
        return Trouble { error_code: "Unknown".into(), error_message, resource_ids: Vec::new() };
    };
    let error_code = messages::code(failure.code);
    let error_message =
        format!("{}: {}", messages::failure(failure, group), messages::failure_detail(failure));
    Trouble { error_code: error_code.into(), error_message, resource_ids: failure.resources.clone() }
}
