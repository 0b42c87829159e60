//! `DeleteStack`.

use replank_service::ports::Account;
use replank_stacks::ask::delete_stack;
use serde_json::Value;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Records that the stack is to go.
pub(super) async fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let retained = asked::list(given, "RetainResources");
    let token = given.given("ClientRequestToken").map(str::to_owned);
    delete_stack(app, asked::name(given, "StackName")?, retained, token).await?;
    Ok(Value::Null)
}
