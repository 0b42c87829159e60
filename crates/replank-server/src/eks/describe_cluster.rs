//! `DescribeCluster`.

use replank_engine::ports::account::Account;
use serde_json::{Value, json};

use super::record::{Cluster, ClusterStatus};
use super::{Failure, Input, record};
use crate::app::App;
use crate::encode::base64;

/// Shows a cluster.
pub(super) async fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let cluster = record::cluster(&app.estate, input.text("name"))?;
    Ok(json!({ "cluster": shown(app, &cluster).await? }))
}

/// A cluster with where its Kubernetes API is, which its world says once it serves.
pub(super) async fn shown<A: Account>(app: &App<A>, cluster: &Cluster) -> Result<Value, Failure> {
    let mut shown = record::written(cluster);
    shown["certificateAuthority"] = json!({});
    let serves = matches!(cluster.status, ClusterStatus::Active | ClusterStatus::Updating);
    if serves && let Some(endpoint) = app.account.endpoint(&cluster.name).await? {
        shown["endpoint"] = endpoint.url.into();
        shown["certificateAuthority"]["data"] = base64(endpoint.authority.as_bytes()).into();
    }
    Ok(shown)
}
