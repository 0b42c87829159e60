//! `DescribeStackResources`.

use replank_service::ports::Account;
use replank_stacks::StackError;
use replank_stacks::record::{Stack, StackStatus, all, find};
use serde_json::{Value, json};

use super::{Answer, shown};
use crate::app::App;
use crate::given::Given;

/// Resources of a stack, or of the stack that has a physical id.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let records = &app.service.records;
    let stack = match (given.given("StackName"), given.given("PhysicalResourceId")) {
        (Some(name), None) => find(records, name)?,
        (None, Some(physical)) => {
            let has = |it: &Stack| it.resources.values().any(|it| it.physical.as_deref() == Some(physical));
            let live = all(records).into_iter().filter(|it| it.status != StackStatus::DeleteComplete);
            let missing = || StackError::invalid(format!("Stack for {physical} does not exist"));
            live.into_iter().find(has).ok_or_else(missing)?
        }
        _ => {
            let said = "You must specify either StackName or PhysicalResourceId, and not both";
            return Err(StackError::invalid(said));
        }
    };
    let logical = given.given("LogicalResourceId");
    let found: Vec<Value> = stack
        .resources
        .values()
        .filter(|it| logical.is_none_or(|logical| it.logical == logical))
        .map(|it| shown::resource(Some(&stack), it, "Timestamp"))
        .collect();
    if let (Some(logical), true) = (logical, found.is_empty()) {
        return Err(StackError::invalid(format!(
            "Resource {logical} does not exist for stack {}",
            stack.name
        )));
    }
    Ok(json!({ "StackResources": found }))
}
