//! `UpdateNodegroupConfig`: sizes, labels, taints, update and repair settings.

use std::collections::BTreeMap;

use replank_service::ports::Account;
use replank_service::records::{Key, Kind};
use serde_json::{Value, json};

use super::group_rules as rules;
use super::params::group_of;
use super::{EksError, Input, token};
use crate::app::App;
use replank_service::records;
use replank_service::records::{
    Nodegroup, NodegroupConfigUpdate, NodegroupStatus, Owner, Param, PendingOperation, Update,
};
use replank_service::takes_update;

/// Records the pending change. The group is `UPDATING` before this returns.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    if let Some(answer) = token::replayed(app, input)? {
        return Ok(answer);
    }
    let (cluster, group) = group_of(app, input)?;
    takes_update(&cluster, &group)?;
    let about = |failure: EksError| failure.cluster(&cluster.name).nodegroup(&group.nodegroup_name);
    let wish = wish(input, &group).map_err(about)?;
    let params = params(input, &wish);
    if params.is_empty() {
        return Err(about(EksError::invalid(
            "No changes needed for the node group configuration: nothing is given.",
        )));
    }
    let answer = token::once(app, input, |change| {
        let mut group = records::nodegroup_in(change, &cluster.name, &group.nodegroup_name)?;
        takes_update(&cluster, &group)?;
        let update = Update::begun(&wish.update, "ConfigUpdate", params);
        group.status = NodegroupStatus::Updating;
        records::put_nodegroup(change, &group);
        update.put(change, &cluster.name, Owner::Nodegroup(group.nodegroup_name));
        let key = Key::new(Kind::PendingOperation, &cluster.name, &wish.update);
        change.put(key, records::written(&PendingOperation::NodegroupConfig(Box::new(wish))));
        Ok(json!({ "update": update }))
    })?;
    app.service.wake();
    Ok(answer)
}

fn wish(input: &Input, group: &Nodegroup) -> Result<NodegroupConfigUpdate, EksError> {
    let mut wish = NodegroupConfigUpdate {
        update: replank_service::uuid(),
        cluster: group.cluster_name.clone(),
        group: group.nodegroup_name.clone(),
        ..NodegroupConfigUpdate::default()
    };
    if let Some(sizes) = input.value("scalingConfig") {
        let mut scaling = group.scaling_config;
        for (name, place) in [
            ("minSize", &mut scaling.min_size),
            ("maxSize", &mut scaling.max_size),
            ("desiredSize", &mut scaling.desired_size),
        ] {
            if let Some(size) = sizes[name].as_u64() {
                *place = u32::try_from(size).unwrap_or(u32::MAX);
            }
        }
        rules::sizes(scaling)?;
        wish.scaling = Some(scaling);
    }
    if let Some(labels) = input.value("labels") {
        let added: BTreeMap<String, String> = rules::read(&labels["addOrUpdateLabels"])?;
        let removed: Vec<String> = rules::read(&labels["removeLabels"])?;
        rules::labels(&added)?;
        rules::unreserved(removed.iter().map(String::as_str))?;
        if let Some(both) = removed.iter().find(|key| added.contains_key(*key)) {
            return Err(EksError::invalid(format!("Label {both} cannot be both added and removed.")));
        }
        wish.labels = added.into_iter().map(|(key, value)| (key, Some(value))).collect();
        wish.labels.extend(removed.into_iter().map(|key| (key, None)));
    }
    if let Some(taints) = input.value("taints") {
        wish.set_taints = rules::given_taints(&taints["addOrUpdateTaints"], "taints.addOrUpdateTaints")?;
        wish.remove_taints = rules::given_taints(&taints["removeTaints"], "taints.removeTaints")?;
        let mut after = group.clone();
        wish.apply(&mut after);
        rules::taints(&after.taints)?;
    }
    if let Some(config) = input.value("updateConfig") {
        wish.update_config = Some(group.update_config.changed_by(&rules::read(config)?)?);
    }
    wish.repair = input.value("nodeRepairConfig").cloned();
    wish.warm_pool = input.value("warmPoolConfig").cloned();
    if let Some(repair) = &wish.repair {
        rules::repair(repair)?;
    }
    if let Some(pool) = &wish.warm_pool {
        rules::warm_pool(pool, &group.ami_type)?;
    }
    Ok(wish)
}

/// What the update sets, in the order of EKS.
fn params(input: &Input, wish: &NodegroupConfigUpdate) -> Vec<Param> {
    let mut params = Vec::new();
    let mut put = |kind: &str, value: String| params.push(Param { kind: kind.to_owned(), value });
    let given = |member: &str, name: &str| {
        let value = &input.value(member)?[name];
        (!value.is_null()).then(|| value.clone())
    };
    for (member, name, kind) in MEMBERS {
        if let Some(value) = given(member, name) {
            put(kind, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
    }
    if let Some(repair) = &wish.repair {
        put("NodeRepairConfig", repair.to_string());
    }
    params
}

/// Request members and the `UpdateParamType` of each.
const MEMBERS: [(&str, &str, &str); 16] = [
    ("labels", "addOrUpdateLabels", "LabelsToAdd"),
    ("labels", "removeLabels", "LabelsToRemove"),
    ("taints", "addOrUpdateTaints", "TaintsToAdd"),
    ("taints", "removeTaints", "TaintsToRemove"),
    ("scalingConfig", "minSize", "MinSize"),
    ("scalingConfig", "maxSize", "MaxSize"),
    ("scalingConfig", "desiredSize", "DesiredSize"),
    ("updateConfig", "maxUnavailable", "MaxUnavailable"),
    ("updateConfig", "maxUnavailablePercentage", "MaxUnavailablePercentage"),
    ("updateConfig", "updateStrategy", "UpdateStrategy"),
    ("nodeRepairConfig", "enabled", "NodeRepairEnabled"),
    ("warmPoolConfig", "enabled", "WarmPoolEnabled"),
    ("warmPoolConfig", "maxGroupPreparedCapacity", "WarmPoolMaxGroupPreparedCapacity"),
    ("warmPoolConfig", "minSize", "WarmPoolMinSize"),
    ("warmPoolConfig", "poolState", "WarmPoolState"),
    ("warmPoolConfig", "reuseOnScaleIn", "WarmPoolReuseOnScaleIn"),
];
