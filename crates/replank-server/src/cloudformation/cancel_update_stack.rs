//! `CancelUpdateStack`.

use replank_service::ports::Account;
use replank_stacks::ask::cancel_update;
use serde_json::Value;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Records that the update is given up.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let token = given.given("ClientRequestToken").map(str::to_owned);
    cancel_update(app, asked::name(given, "StackName")?, token)?;
    Ok(Value::Null)
}
