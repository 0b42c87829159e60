//! `DescribeChangeSet`.

use replank_service::ports::Account;
use replank_stacks::record::{Change, ChangeAction, ChangeSet, ChangeSetStatus, ExecutionStatus};
use serde_json::{Value, json};

use super::{Answer, asked, pages, shown};
use crate::app::App;
use crate::given::Given;

/// Changes on a page.
const PAGE: usize = 100;

/// The change set, with a page of its changes.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let records = &app.service.records;
    let set = ChangeSet::find(records, asked::name(given, "ChangeSetName")?, given.given("StackName"))?;
    let stack = replank_stacks::record::find(records, &set.stack)?;
    let (changes, token) = pages::page(given, set.changes.clone(), PAGE, |it| it.logical.clone())?;
    Ok(json!({
        "ChangeSetName": set.name,
        "ChangeSetId": set.id,
        "StackId": set.stack,
        "StackName": stack.name,
        "Description": set.description,
        "Parameters": shown::parameters(&set.shape),
        "CreationTime": shown::time(&set.created_at),
        "ExecutionStatus": execution(set.execution),
        "Status": status(set.status),
        "StatusReason": set.reason,
        "NotificationARNs": set.topics,
        "RollbackConfiguration": {},
        "Capabilities": set.shape.capabilities,
        "Tags": shown::tags(&set.shape),
        "Changes": changes.iter().map(change).collect::<Value>(),
        "NextToken": token,
        "IncludeNestedStacks": false,
    }))
}

/// A status as `CloudFormation` writes it.
pub(super) fn status(status: ChangeSetStatus) -> &'static str {
    match status {
        ChangeSetStatus::CreateComplete => "CREATE_COMPLETE",
        ChangeSetStatus::Failed => "FAILED",
    }
}

/// A status as `CloudFormation` writes it.
pub(super) fn execution(status: ExecutionStatus) -> &'static str {
    match status {
        ExecutionStatus::Unavailable => "UNAVAILABLE",
        ExecutionStatus::Available => "AVAILABLE",
        ExecutionStatus::ExecuteComplete => "EXECUTE_COMPLETE",
        ExecutionStatus::Obsolete => "OBSOLETE",
    }
}

fn change(change: &Change) -> Value {
    let (action, replacement) = match change.action {
        ChangeAction::Add => ("Add", None),
        ChangeAction::Modify => ("Modify", Some(if change.replaces { "True" } else { "False" })),
        ChangeAction::Remove => ("Remove", None),
    };
    // What follows another resource has no property of its own that changes.
    let follows = change.properties.is_empty() && change.action == ChangeAction::Modify;
    let details = change.properties.iter().map(|name| {
        let requires = if change.replaces { "Always" } else { "Never" };
        json!({
            "Target": { "Attribute": "Properties", "Name": name, "RequiresRecreation": requires },
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        })
    });
    json!({
        "Type": "Resource",
        "ResourceChange": {
            "Action": action,
            "LogicalResourceId": change.logical,
            "PhysicalResourceId": change.physical,
            "ResourceType": change.kind,
            "Replacement": if follows { Some("Conditional") } else { replacement },
            "Scope": if action == "Modify" { json!(["Properties"]) } else { json!([]) },
            "Details": details.collect::<Value>(),
        },
    })
}
