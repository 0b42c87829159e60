//! `ListUpdates`.

use replank_service::ports::Account;
use replank_service::records::{Key, Kind};
use serde_json::Value;

use super::{EksError, Exception, Input, page};
use crate::app::App;
use replank_service::records;
use replank_service::records::{Owned, Owner};

/// Ids of updates of the cluster, or of the node group or add-on that the request names, newest first.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let owner = owner(app, input)?;
    let mut found = app.service.records.list(Kind::Update, input.text("name"));
    found.retain(|(_, record)| records::read::<Owned>(&record.document).is_ok_and(|it| it.owner == owner));
    found.sort_by_key(|(_, record)| std::cmp::Reverse(record.number));
    let (ids, token) = page::page(found, |(key, _)| &key.name, input)?;
    let ids: Vec<String> = ids.into_iter().map(|(key, _)| key.name).collect();
    Ok(page::output("updateIds", ids.into(), token))
}

/// The resource whose updates are asked for.
pub(super) fn owner<A: Account>(app: &App<A>, input: &Input) -> Result<Owner, EksError> {
    let cluster = records::cluster(&app.service.records, input.text("name"))?.name;
    match (input.given("nodegroupName"), input.given("addonName"), input.given("capabilityName")) {
        (None, None, None) => Ok(Owner::Cluster),
        (Some(group), None, None) => {
            records::nodegroup(&app.service.records, &cluster, group)?;
            Ok(Owner::Nodegroup(group.to_owned()))
        }
        (None, Some(addon), None) => {
            let there = app.service.records.get(&Key::new(Kind::Addon, &cluster, addon)).is_some();
            there.then(|| Owner::Addon(addon.to_owned())).ok_or_else(|| EksError::no_addon(&cluster, addon))
        }
        (None, None, Some(name)) => {
            let said = format!("No capability found for name: {name}");
            Err(EksError::new(Exception::ResourceNotFound, said).cluster(&cluster))
        }
        _ => {
            Err(EksError::invalid("Name one of nodegroupName, addonName and capabilityName.")
                .cluster(&cluster))
        }
    }
}
