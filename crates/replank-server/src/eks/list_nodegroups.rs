//! `ListNodegroups`.

use replank_engine::estate::Kind;
use replank_engine::ports::account::Account;
use serde_json::Value;

use super::{Failure, Input, page, record};
use crate::app::App;

/// Names of the node groups of a cluster.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let cluster = record::cluster(&app.estate, input.text("clusterName"))?;
    let names =
        app.estate.list(Kind::NodeGroup, &cluster.name).into_iter().map(|(key, _)| key.name).collect();
    page::of_names("nodegroups", names, input)
}
