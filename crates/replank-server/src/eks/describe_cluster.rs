//! `DescribeCluster`.

use replank_service::ports::Account;
use serde_json::{Value, json};

use super::{EksError, Input};
use crate::app::App;
use crate::encode::base64;
use replank_service::records;
use replank_service::records::{Cluster, ClusterStatus};

/// Shows one cluster.
pub(super) async fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let cluster = records::cluster(&app.service.records, input.text("name"))?;
    Ok(json!({ "cluster": shown(app, &cluster).await? }))
}

/// The record of a cluster with the address of its Kubernetes API, once it is active.
pub(super) async fn shown<A: Account>(app: &App<A>, cluster: &Cluster) -> Result<Value, EksError> {
    let mut shown = records::written(cluster);
    shown["certificateAuthority"] = json!({});
    let serves = matches!(cluster.status, ClusterStatus::Active | ClusterStatus::Updating);
    if serves && let Some(endpoint) = app.service.account.endpoint(&cluster.name).await? {
        shown["endpoint"] = endpoint.url.into();
        shown["certificateAuthority"]["data"] = base64(endpoint.authority.as_bytes()).into();
    }
    Ok(shown)
}
