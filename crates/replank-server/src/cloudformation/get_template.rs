//! `GetTemplate`.

use replank_service::ports::Account;
use replank_stacks::record::{ChangeSet, find};
use serde_json::json;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// The template of a stack or a change set, as it was sent.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let records = &app.service.records;
    let body = match given.given("ChangeSetName") {
        Some(named) => ChangeSet::find(records, named, given.given("StackName"))?.shape.body,
        None => find(records, asked::name(given, "StackName")?)?.shape.body,
    };
    Ok(json!({ "TemplateBody": body, "StagesAvailable": ["Original", "Processed"] }))
}
