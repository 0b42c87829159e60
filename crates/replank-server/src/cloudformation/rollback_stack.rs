//! `RollbackStack`.

use replank_service::ports::Account;
use replank_stacks::ask::rollback_stack;
use serde_json::json;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Records that a stack which failed goes back to what was good.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let token = given.given("ClientRequestToken").map(str::to_owned);
    let id = rollback_stack(app, asked::name(given, "StackName")?, token)?;
    Ok(json!({ "StackId": id }))
}
