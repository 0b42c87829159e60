//! `GetStackPolicy`: no stack here has one.

use replank_service::ports::Account;
use replank_stacks::record::find;
use serde_json::Value;

use super::{Answer, asked};
use crate::app::App;
use crate::given::Given;

/// Nothing, of a stack that is there.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    find(&app.service.records, asked::name(given, "StackName")?)?;
    Ok(Value::Null)
}
