//! `ListNodegroups`.

use replank_service::ports::Account;
use replank_service::records::Kind;
use serde_json::Value;

use super::{EksError, Input, page};
use crate::app::App;
use replank_service::records;

/// Names of the node groups of a cluster.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let cluster = records::cluster(&app.service.records, input.text("clusterName"))?;
    let names = app
        .service
        .records
        .list(Kind::NodeGroup, &cluster.name)
        .into_iter()
        .map(|(key, _)| key.name)
        .collect();
    page::of_names("nodegroups", names, input)
}
