//! `DeleteNodegroup`: nodes are drained within the time limit and terminated.

use replank_service::ports::Account;
use serde_json::{Value, json};

use super::params::group_of;
use super::{EksError, Exception, Input};
use crate::app::App;
use replank_service::records;
use replank_service::records::{NodegroupDeletion, NodegroupStatus, PendingOperation};

/// Records the pending removal of the group.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let (cluster, group) = group_of(app, input)?;
    let name = group.nodegroup_name;
    let outcome = app.service.records.change(|change| {
        let mut group = records::nodegroup_in(change, &cluster.name, &name)?;
        match group.status {
            NodegroupStatus::Updating | NodegroupStatus::Creating => {
                let said = format!("Nodegroup {name} of cluster {} has an update in progress", cluster.name);
                let failure = EksError::new(Exception::ResourceInUse, said);
                return Err(failure.cluster(&cluster.name).nodegroup(&name));
            }
            NodegroupStatus::Deleting => return Ok(group),
            _ => group.status = NodegroupStatus::Deleting,
        }
        records::put_nodegroup(change, &group);
        let wish =
            NodegroupDeletion { cluster: cluster.name.clone(), group: name.clone(), begun_second: None };
        let wish = PendingOperation::NodegroupDelete(wish);
        change.put(records::group_operation_key(&cluster.name, &name), records::written(&wish));
        Ok(group)
    });
    let group = outcome.map_err(EksError::from)?;
    app.service.wake();
    Ok(json!({ "nodegroup": group }))
}
