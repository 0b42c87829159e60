//! What several operations take alike: the cluster and the node group that a request names.

use replank_engine::ports::account::Account;

use super::record::{Cluster, ClusterStatus, Nodegroup, NodegroupStatus};
use super::{Exception, Failure, Input, record};
use crate::app::App;

/// The cluster and the node group of a request.
pub(super) fn group_of<A: Account>(app: &App<A>, input: &Input) -> Result<(Cluster, Nodegroup), Failure> {
    let cluster = record::cluster(&app.estate, input.text("clusterName"))?;
    let group = record::nodegroup(&app.estate, &cluster.name, input.text("nodegroupName"))?;
    Ok((cluster, group))
}

/// Whether a node group takes an update now: one at a time, and its cluster at rest.
pub(super) fn takes_update(cluster: &Cluster, group: &Nodegroup) -> Result<(), Failure> {
    let (c, g) = (&cluster.name, &group.nodegroup_name);
    if cluster.status != ClusterStatus::Active {
        let said = format!("Cluster '{c}' is not in ACTIVE status");
        return Err(Failure::new(Exception::InvalidRequest, said).cluster(c).nodegroup(g));
    }
    match group.status {
        NodegroupStatus::Active | NodegroupStatus::Degraded => Ok(()),
        NodegroupStatus::Updating => {
            let said = format!("Nodegroup {g} of cluster {c} has an update in progress");
            Err(Failure::new(Exception::ResourceInUse, said).cluster(c).nodegroup(g))
        }
        NodegroupStatus::Creating
        | NodegroupStatus::Deleting
        | NodegroupStatus::CreateFailed
        | NodegroupStatus::DeleteFailed => {
            let said = "Nodegroup cannot be updated as it is currently not in Active State";
            Err(Failure::new(Exception::InvalidRequest, said).cluster(c).nodegroup(g))
        }
    }
}
