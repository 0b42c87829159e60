//! `UpdateStack`.

use replank_service::ports::Account;
use replank_stacks::ask::update_stack;
use serde_json::json;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Records what the stack is to become.
pub(super) async fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let id = update_stack(app, &asked::request(given)?).await?;
    Ok(json!({ "StackId": id }))
}
