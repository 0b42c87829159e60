//! `ExecuteChangeSet`.

use replank_service::ports::Account;
use replank_stacks::ask::execute_change_set;
use serde_json::Value;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Records that the stack is to become what the change set says.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let keeps_failures = given.text("DisableRollback") == "true";
    let token = given.given("ClientRequestToken").map(str::to_owned);
    let (set, stack) = (asked::name(given, "ChangeSetName")?, given.given("StackName"));
    execute_change_set(app, set, stack, keeps_failures, token)?;
    Ok(Value::Null)
}
