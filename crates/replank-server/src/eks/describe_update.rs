//! `DescribeUpdate`.

use replank_engine::estate::{Key, Kind};
use replank_engine::ports::account::Account;
use serde_json::{Value, json};

use super::list_updates::owner;
use super::record::Owned;
use super::{Failure, Input, record};
use crate::app::App;

/// Shows an update of the cluster, or of the node group or add-on that is named.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let (cluster, id) = (input.text("name"), input.text("updateId"));
    let owner = owner(app, input)?;
    let record = app.estate.get(&Key::new(Kind::Update, cluster, id));
    let found = record.map(|record| record::read::<Owned>(&record.document)).transpose()?;
    let found = found.filter(|found| found.owner == owner).ok_or_else(|| Failure::no_update(cluster, id))?;
    Ok(json!({ "update": found.update }))
}
