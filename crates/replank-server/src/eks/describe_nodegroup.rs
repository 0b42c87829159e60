//! `DescribeNodegroup`.

use replank_engine::estate::{Key, Kind};
use replank_engine::ports::account::Account;
use serde_json::{Map, Value};

use super::{Failure, Input, record};
use crate::app::App;

/// Shows a node group.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let (cluster, name) = (input.text("clusterName"), input.text("nodegroupName"));
    match app.estate.get(&Key::new(Kind::NodeGroup, cluster, name)) {
        Some(record) => Ok(Map::from_iter([("nodegroup".to_owned(), record.document.clone())]).into()),
        None => {
            record::cluster(&app.estate, cluster)?;
            Err(Failure::no_nodegroup(cluster, name))
        }
    }
}
