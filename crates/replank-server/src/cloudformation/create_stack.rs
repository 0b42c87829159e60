//! `CreateStack`.

use replank_service::ports::Account;
use replank_stacks::StackError;
use replank_stacks::ask::{OnFailure, create_stack};
use serde_json::json;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Records the stack; its resources are created from here on.
pub(super) async fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let request = asked::request(given)?;
    let on_failure = match given.given("OnFailure") {
        None | Some("ROLLBACK" | "DELETE") => OnFailure::Rollback,
        Some("DO_NOTHING") => OnFailure::Nothing,
        Some(other) => {
            return Err(StackError::invalid(format!(
                "1 validation error detected: Value '{other}' at 'onFailure' failed to satisfy constraint: Member must \
                 satisfy enum value set: [DO_NOTHING, ROLLBACK, DELETE]"
            )));
        }
    };
    if given.given("OnFailure").is_some() && given.given("DisableRollback").is_some() {
        return Err(StackError::invalid(
            "You can specify only one of the following: DisableRollback or OnFailure",
        ));
    }
    let is_protected = given.text("EnableTerminationProtection") == "true";
    let id = create_stack(app, &request, on_failure, is_protected).await?;
    Ok(json!({ "StackId": id }))
}
