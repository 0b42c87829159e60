//! The cluster and node group that several operations name.

use replank_service::ports::Account;
use replank_service::records::{self, Cluster, Nodegroup};

use super::{EksError, Input};
use crate::app::App;

/// The records of the cluster and node group that a request names.
pub(super) fn group_of<A: Account>(app: &App<A>, input: &Input) -> Result<(Cluster, Nodegroup), EksError> {
    let cluster = records::cluster(&app.service.records, input.text("clusterName"))?;
    let group = records::nodegroup(&app.service.records, &cluster.name, input.text("nodegroupName"))?;
    Ok((cluster, group))
}
