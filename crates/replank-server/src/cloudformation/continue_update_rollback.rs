//! `ContinueUpdateRollback`.

use replank_service::ports::Account;
use replank_stacks::ask::continue_rollback;
use serde_json::Value;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Records that a rollback which failed goes on.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let token = given.given("ClientRequestToken").map(str::to_owned);
    let skipped = asked::list(given, "ResourcesToSkip");
    continue_rollback(app, asked::name(given, "StackName")?, skipped, token)?;
    Ok(Value::Null)
}
