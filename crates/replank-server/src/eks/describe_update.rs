//! `DescribeUpdate`.

use replank_service::ports::Account;
use replank_service::records::{Key, Kind};
use serde_json::{Value, json};

use super::list_updates::owner;
use super::{EksError, Input};
use crate::app::App;
use replank_service::records;
use replank_service::records::Owned;

/// Shows an update of the cluster, or of the node group or add-on that the request names.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let (cluster, id) = (input.text("name"), input.text("updateId"));
    let owner = owner(app, input)?;
    let record = app.service.records.get(&Key::new(Kind::Update, cluster, id));
    let found = record.map(|record| records::read::<Owned>(&record.document)).transpose()?;
    let found = found.filter(|found| found.owner == owner).ok_or_else(|| EksError::no_update(cluster, id))?;
    Ok(json!({ "update": found.update }))
}
