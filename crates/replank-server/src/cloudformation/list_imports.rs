//! `ListImports`.

use replank_service::ports::Account;
use replank_stacks::StackError;
use replank_stacks::ask::importing;
use serde_json::json;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Names of the stacks that import an export.
pub(super) async fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let export = asked::name(given, "ExportName")?;
    let found = importing(app, export).await;
    if found.is_empty() {
        return Err(StackError::invalid(format!("Export '{export}' is not imported by any stack.")));
    }
    Ok(json!({ "Imports": found }))
}
