//! `ListChangeSets`.

use replank_service::ports::Account;
use replank_stacks::record::{ChangeSet, find};
use serde_json::{Value, json};

use super::{Answer, asked, describe_change_set as described, pages, shown};
use crate::app::App;
use crate::given::Given;

/// Change sets on a page.
const PAGE: usize = 100;

/// Change sets of a stack that were not executed.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let stack = find(&app.service.records, asked::name(given, "StackName")?)?;
    let sets = ChangeSet::of(&app.service.records, &stack);
    let (sets, token) = pages::page(given, sets, PAGE, |it| it.id.clone())?;
    let one = |it: &ChangeSet| {
        json!({
            "StackId": stack.id,
            "StackName": stack.name,
            "ChangeSetId": it.id,
            "ChangeSetName": it.name,
            "ExecutionStatus": described::execution(it.execution),
            "Status": described::status(it.status),
            "StatusReason": it.reason,
            "CreationTime": shown::time(&it.created_at),
            "Description": it.description,
            "IncludeNestedStacks": false,
        })
    };
    Ok(json!({ "Summaries": sets.iter().map(one).collect::<Value>(), "NextToken": token }))
}
