//! `CreateChangeSet`.

use replank_service::ports::Account;
use replank_stacks::StackError;
use replank_stacks::ask::{ChangeSetRequest, Kind, create_change_set};
use serde_json::json;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Records the change set; for a new stack, the stack too.
pub(super) async fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let kind = match given.given("ChangeSetType") {
        None | Some("UPDATE") => Kind::Update,
        Some("CREATE") => Kind::Create,
        Some(other) => {
            let said =
                format!("ChangeSetType {other} is not supported by this endpoint; give CREATE or UPDATE.");
            return Err(StackError::invalid(said));
        }
    };
    let asked = ChangeSetRequest {
        request: asked::request(given)?,
        name: asked::name(given, "ChangeSetName")?.to_owned(),
        description: given.given("Description").map(str::to_owned),
        kind,
    };
    let made = create_change_set(app, &asked).await?;
    Ok(json!({ "Id": made.id, "StackId": made.stack }))
}
