//! `ListClusters`.

use replank_service::ports::Account;
use replank_service::records::Kind;
use serde_json::Value;

use super::{EksError, Input, page};
use crate::app::App;

/// Names of all clusters.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let names = app.service.records.list(Kind::Cluster, "").into_iter().map(|(key, _)| key.name).collect();
    page::of_names("clusters", names, input)
}
