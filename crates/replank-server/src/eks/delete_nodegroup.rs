//! `DeleteNodegroup`: its nodes are drained as well as that goes, and let go.

use replank_engine::ports::account::Account;
use serde_json::{Value, json};

use super::params::group_of;
use super::record::{DeleteWish, NodegroupStatus, Wish};
use super::{Exception, Failure, Input, record};
use crate::app::App;

/// Begins to remove a group.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let (cluster, group) = group_of(app, input)?;
    let name = group.nodegroup_name;
    let outcome = app.estate.change(|change| {
        let mut group = record::nodegroup_in(change, &cluster.name, &name)?;
        match group.status {
            NodegroupStatus::Updating | NodegroupStatus::Creating => {
                let said = format!("Nodegroup {name} of cluster {} has an update in progress", cluster.name);
                let failure = Failure::new(Exception::ResourceInUse, said);
                return Err(failure.cluster(&cluster.name).nodegroup(&name));
            }
            NodegroupStatus::Deleting => return Ok(group),
            _ => group.status = NodegroupStatus::Deleting,
        }
        record::put_nodegroup(change, &group);
        let wish = DeleteWish { cluster: cluster.name.clone(), group: name.clone(), begun_second: None };
        let wish = Wish::NodegroupDelete(wish);
        change.put(record::group_wish_key(&cluster.name, &name), record::written(&wish));
        Ok(group)
    });
    let group = outcome.map_err(Failure::from)?;
    (app.wake)();
    Ok(json!({ "nodegroup": group }))
}
