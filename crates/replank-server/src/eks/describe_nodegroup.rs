//! `DescribeNodegroup`.

use replank_service::ports::Account;
use replank_service::records::{Key, Kind};
use serde_json::{Map, Value};

use super::{EksError, Input};
use crate::app::App;
use replank_service::records;

/// Shows one node group.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let (cluster, name) = (input.text("clusterName"), input.text("nodegroupName"));
    match app.service.records.get(&Key::new(Kind::NodeGroup, cluster, name)) {
        Some(record) => Ok(Map::from_iter([("nodegroup".to_owned(), record.document.clone())]).into()),
        None => {
            records::cluster(&app.service.records, cluster)?;
            Err(EksError::no_nodegroup(cluster, name))
        }
    }
}
