//! Node groups that are made and removed: nodes are launched, or drained and let go, and the record says how it went.

use jiff::{SignedDuration, Timestamp};
use replank_core::sizes::Sizes;
use replank_engine::estate::{Change, ChangeError, Key, Kind};
use replank_engine::ports::account::Account;
use serde_json::json;

use super::{health, settle};
use crate::app::App;
use crate::eks::Failure;
use crate::eks::record::{self, CreateWish, DeleteWish, Issue, NodegroupStatus, Wish, group_wish_key as key};

/// How long new nodes may take to join (EKS: 15 minutes).
const JOIN: SignedDuration = SignedDuration::from_mins(15);
/// How long pods get to leave a group that is removed (EKS: 5 minutes).
const DRAIN: SignedDuration = SignedDuration::from_mins(5);

/// One look at a group that is being made.
pub(super) async fn create<A: Account>(
    app: &App<A>,
    mut made: CreateWish,
    now: Timestamp,
) -> Result<(), String> {
    let (cluster, group) = (made.cluster.clone(), made.wish.group.clone());
    let Some(begun_second) = made.begun_second else {
        made.begun_second = Some(now.as_second());
        return kept(app, &cluster, &group, &Wish::NodegroupCreate(Box::new(made)));
    };
    let trouble = app.account.create_group(&made.wish).await.err();
    let nodes = app.account.group_nodes(&cluster, &group).await.map_err(|error| error.to_string())?;
    let ids = vec![made.wish.scaling_group.clone()];
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
    changed(app, |change| {
        let mut record = record::nodegroup_in(change, &cluster, &group)?;
        settle::at_rest(&mut record);
        (record.status, record.health.issues) = (status, issues);
        record.resources = Some(json!({ "autoScalingGroups": [{ "name": made.wish.scaling_group }] }));
        record::put_nodegroup(change, &record);
        change.remove(key(&cluster, &group));
        Ok(())
    })
}

/// One look at a group that is being removed.
pub(super) async fn delete<A: Account>(
    app: &App<A>,
    mut gone: DeleteWish,
    now: Timestamp,
) -> Result<(), String> {
    let (cluster, group) = (gone.cluster.clone(), gone.group.clone());
    let Some(begun_second) = gone.begun_second else {
        gone.begun_second = Some(now.as_second());
        return kept(app, &cluster, &group, &Wish::NodegroupDelete(gone));
    };
    let nodes = app.account.group_nodes(&cluster, &group).await.map_err(|error| error.to_string())?;
    let Some(nodes) = nodes else {
        return changed(app, |change| {
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
    let said = |error: replank_engine::ports::account::Refused| error.to_string();
    let left = app.account.drain_group(&cluster, &group).await.map_err(said)?;
    if left > 0 && passed(begun_second, now) < DRAIN {
        return Ok(());
    }
    if nodes.desired > 0 {
        let none = Sizes { min: 0, desired: 0, max: 0 };
        return app.account.resize(&cluster, &group, none).await.map_err(said);
    }
    if nodes.standing > 0 {
        return Ok(());
    }
    // Its last instance may still be on its way out; the next look finds it gone.
    let _not_yet = app.account.remove_group(&cluster, &group).await;
    Ok(())
}

pub(super) fn passed(begun_second: i64, now: Timestamp) -> SignedDuration {
    SignedDuration::from_secs(now.as_second() - begun_second)
}

fn kept<A: Account>(app: &App<A>, cluster: &str, group: &str, wish: &Wish) -> Result<(), String> {
    changed(app, |change| {
        change.put(key(cluster, group), record::written(wish));
        Ok(())
    })
}

pub(super) fn changed<A: Account>(
    app: &App<A>,
    edit: impl FnOnce(&mut Change<'_>) -> Result<(), Failure>,
) -> Result<(), String> {
    app.estate.change(edit).map_err(|error| match error {
        ChangeError::Refused(failure) => failure.message,
        ChangeError::Estate(error) => error.to_string(),
    })
}
