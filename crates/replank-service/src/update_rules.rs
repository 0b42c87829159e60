//! Whether a node group takes an update now.

use crate::records::{Cluster, ClusterStatus, Nodegroup, NodegroupStatus};
use crate::refusal::{Refusal, RefusalKind};

/// Refuses an update unless the cluster is `ACTIVE` and the group is `ACTIVE` or `DEGRADED` (EKS).
pub fn takes_update(cluster: &Cluster, group: &Nodegroup) -> Result<(), Refusal> {
    let (c, g) = (&cluster.name, &group.nodegroup_name);
    if cluster.status != ClusterStatus::Active {
        let said = format!("Cluster '{c}' is not in ACTIVE status");
        return Err(Refusal::new(RefusalKind::InvalidRequest, said).about(c, g));
    }
    match group.status {
        NodegroupStatus::Active | NodegroupStatus::Degraded => Ok(()),
        NodegroupStatus::Updating => {
            let said = format!("Nodegroup {g} of cluster {c} has an update in progress");
            Err(Refusal::new(RefusalKind::InUse, said).about(c, g))
        }
        NodegroupStatus::Creating
        | NodegroupStatus::Deleting
        | NodegroupStatus::CreateFailed
        | NodegroupStatus::DeleteFailed => {
            let said = "Nodegroup cannot be updated as it is currently not in Active State";
            Err(Refusal::new(RefusalKind::InvalidRequest, said).about(c, g))
        }
    }
}
