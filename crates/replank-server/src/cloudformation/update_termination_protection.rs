//! `UpdateTerminationProtection`.

use replank_service::ports::Account;
use replank_stacks::ask::protect;
use serde_json::json;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Records whether the stack may be deleted.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let is_protected = asked::name(given, "EnableTerminationProtection")? == "true";
    let id = protect(app, asked::name(given, "StackName")?, is_protected)?;
    Ok(json!({ "StackId": id }))
}
