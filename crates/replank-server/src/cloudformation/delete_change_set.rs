//! `DeleteChangeSet`.

use replank_service::ports::Account;
use replank_stacks::ask::delete_change_set;
use serde_json::Value;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Forgets the change set.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    delete_change_set(app, asked::name(given, "ChangeSetName")?, given.given("StackName"))?;
    Ok(Value::Null)
}
