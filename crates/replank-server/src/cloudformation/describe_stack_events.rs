//! `DescribeStackEvents`.

use replank_service::ports::Account;
use replank_stacks::record::{Event, events, find};
use serde_json::{Value, json};

use super::{Answer, asked, pages, shown};
use crate::app::App;
use crate::given::Given;

/// Events on a page (CloudFormation: 100).
const PAGE: usize = 100;

/// Events of a stack, the newest first.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let records = &app.service.records;
    let stack = find(records, asked::name(given, "StackName")?)?;
    let (page, token) = pages::page(given, events(records, &stack)?, PAGE, |it| it.id.clone())?;
    let one = |it: &Event| {
        json!({
            "StackId": stack.id,
            "EventId": it.id,
            "StackName": stack.name,
            "LogicalResourceId": it.logical,
            "PhysicalResourceId": it.physical.as_deref().unwrap_or_default(),
            "ResourceType": it.kind,
            "Timestamp": shown::time(&it.at),
            "ResourceStatus": it.status,
            "ResourceStatusReason": it.reason,
            "ResourceProperties": it.properties.as_ref().map(Value::to_string),
            "ClientRequestToken": it.token,
        })
    };
    Ok(json!({ "StackEvents": page.iter().map(one).collect::<Value>(), "NextToken": token }))
}
