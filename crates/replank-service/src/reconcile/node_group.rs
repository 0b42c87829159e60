//! Creating and removing node groups: nodes are launched, or drained and terminated, and the record says how it ended.

use crate::ports::Account;
use crate::records::{Change, Key, Kind};
use jiff::{SignedDuration, Timestamp};
use replank_core::sizes::Sizes;
use serde_json::json;

use super::{health, update_end};
use crate::records::{
    self, Issue, NodegroupCreation, NodegroupDeletion, NodegroupStatus, PendingOperation,
    group_operation_key as key,
};
use crate::refusal::Refusal;
use crate::service::Service;

/// How long new nodes may take to join before the group counts as failed (EKS: 15 minutes).
const JOIN: SignedDuration = SignedDuration::from_mins(15);
/// How long pods may take to leave a group that is removed (EKS: 5 minutes).
const DRAIN: SignedDuration = SignedDuration::from_mins(5);

/// One step of creating a group: active when all nodes are Ready, failed after [`JOIN`] or when the port refuses.
pub(super) async fn create<A: Account>(
    service: &Service<A>,
    mut made: NodegroupCreation,
    now: Timestamp,
) -> Result<(), String> {
    let (cluster, group) = (made.cluster.clone(), made.request.group.clone());
    let Some(begun_second) = made.begun_second else {
        made.begun_second = Some(now.as_second());
        return kept(service, &cluster, &group, &PendingOperation::NodegroupCreate(Box::new(made)));
    };
    let trouble = service.account.create_group(&made.request).await.err();
    let nodes = service.account.group_nodes(&cluster, &group).await.map_err(|error| error.to_string())?;
    let ids = vec![made.request.scaling_group.clone()];
    let is_late = passed(begun_second, now) > JOIN;
    let (status, issues) = match (&nodes, trouble) {
        (_, Some(refused)) => {
            let code = "Ec2LaunchTemplateInvalidConfiguration".to_owned();
            let issue = Issue { code, message: refused.to_string(), resource_ids: ids };
            (NodegroupStatus::CreateFailed, vec![issue])
        }
        (Some(nodes), None) if nodes.ready >= nodes.desired => (NodegroupStatus::Active, Vec::new()),
        (Some(nodes), None) if is_late => {
            let mut issues = health::launch_issues(&nodes.failures, &ids);
            let mut known = nodes.clone();
            if known.late.is_empty() && known.unready.is_empty() {
                known.late = ids;
            }
            issues.extend(health::join_issues(&known));
            (NodegroupStatus::CreateFailed, issues)
        }
        (Some(_) | None, None) => return Ok(()),
    };
    changed(service, |change| {
        let mut record = records::nodegroup_in(change, &cluster, &group)?;
        update_end::at_rest(&mut record);
        (record.status, record.health.issues) = (status, issues);
        record.resources = Some(json!({ "autoScalingGroups": [{ "name": made.request.scaling_group }] }));
        records::put_nodegroup(change, &record);
        change.remove(key(&cluster, &group));
        Ok(())
    })
}

/// One step of removing a group: drain, scale to zero, remove; its record and those of its updates go last.
pub(super) async fn delete<A: Account>(
    service: &Service<A>,
    mut gone: NodegroupDeletion,
    now: Timestamp,
) -> Result<(), String> {
    let (cluster, group) = (gone.cluster.clone(), gone.group.clone());
    let Some(begun_second) = gone.begun_second else {
        gone.begun_second = Some(now.as_second());
        return kept(service, &cluster, &group, &PendingOperation::NodegroupDelete(gone));
    };
    let nodes = service.account.group_nodes(&cluster, &group).await.map_err(|error| error.to_string())?;
    let Some(nodes) = nodes else {
        return changed(service, |change| {
            for (update, document) in change.list(Kind::Update, &cluster) {
                if document["owner"]["nodegroup"] == group.as_str() {
                    change.remove(update);
                }
            }
            change.remove(Key::new(Kind::NodeGroup, &cluster, &group));
            change.remove(key(&cluster, &group));
            Ok(())
        });
    };
    let said = |error: crate::ports::ActError| error.to_string();
    let left = service.account.drain_group(&cluster, &group).await.map_err(said)?;
    if left > 0 && passed(begun_second, now) < DRAIN {
        return Ok(());
    }
    if nodes.desired > 0 {
        let none = Sizes { min: 0, desired: 0, max: 0 };
        return service.account.resize(&cluster, &group, none).await.map_err(said);
    }
    if nodes.standing > 0 {
        return Ok(());
    }
    // Its last instance may still be on its way out; the next look finds it gone.
    let _not_yet = service.account.remove_group(&cluster, &group).await;
    Ok(())
}

pub(super) fn passed(begun_second: i64, now: Timestamp) -> SignedDuration {
    SignedDuration::from_secs(now.as_second() - begun_second)
}

fn kept<A: Account>(
    service: &Service<A>,
    cluster: &str,
    group: &str,
    pending: &PendingOperation,
) -> Result<(), String> {
    changed(service, |change| {
        change.put(key(cluster, group), records::written(pending));
        Ok(())
    })
}

pub(super) fn changed<A: Account>(
    service: &Service<A>,
    edit: impl FnOnce(&mut Change<'_>) -> Result<(), Refusal>,
) -> Result<(), String> {
    service.records.change(edit).map_err(|error| Refusal::from(error).message)
}
