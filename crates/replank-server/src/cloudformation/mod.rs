//! `CloudFormation`, over the stacks of the account. Query protocol, version 2010-05-15. One file for each operation.
//!
//! [`OPERATIONS`] is what is served; every other operation is refused in words that say so.

mod api;
mod asked;
mod cancel_update_stack;
mod carry_out;
mod continue_update_rollback;
mod create_change_set;
mod create_stack;
mod delete_change_set;
mod delete_stack;
mod describe_account_limits;
mod describe_change_set;
mod describe_stack_events;
mod describe_stack_resource;
mod describe_stack_resources;
mod describe_stacks;
mod execute_change_set;
mod failure;
mod get_stack_policy;
mod get_template;
mod get_template_summary;
mod list_change_sets;
mod list_exports;
mod list_imports;
mod list_stack_resources;
mod list_stacks;
mod pages;
mod rollback_stack;
mod shown;
mod update_stack;
mod update_termination_protection;
mod validate_template;

use replank_service::ports::Account;
use replank_stacks::{Code, StackError};
use serde_json::Value;

pub(crate) use carry_out::carry_out;

use crate::app::App;
use crate::given::Given;
use crate::wire::{Reply, Request};
use crate::xml;

/// XML namespace of responses.
const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// Every operation that is served, by name, and what it does here.
pub(crate) const OPERATIONS: &[(&str, &str)] = &[
    ("CancelUpdateStack", "acts"),
    ("ContinueUpdateRollback", "acts"),
    ("CreateChangeSet", "acts"),
    ("CreateStack", "acts"),
    ("DeleteChangeSet", "acts"),
    ("DeleteStack", "acts"),
    ("DescribeAccountLimits", "acts"),
    ("DescribeChangeSet", "acts"),
    ("DescribeStackEvents", "acts"),
    ("DescribeStackResource", "acts"),
    ("DescribeStackResources", "acts"),
    ("DescribeStacks", "acts"),
    ("ExecuteChangeSet", "acts"),
    ("GetStackPolicy", "none"),
    ("GetTemplate", "acts"),
    ("GetTemplateSummary", "acts"),
    ("ListChangeSets", "acts"),
    ("ListExports", "acts"),
    ("ListImports", "acts"),
    ("ListStackResources", "acts"),
    ("ListStacks", "acts"),
    ("RollbackStack", "acts"),
    ("UpdateStack", "acts"),
    ("UpdateTerminationProtection", "acts"),
    ("ValidateTemplate", "acts"),
];

/// Result of an operation: the members of its result element.
type Answer = Result<Value, StackError>;

/// Answers a request.
pub(crate) async fn answer<A: Account>(app: &App<A>, request: &Request) -> Reply {
    let given = Given::read(request);
    let action = given.text("Action");
    let answer = match operate(app, &given, action).await {
        Some(answer) => {
            // Whatever was written down is carried out from here on.
            app.stack_work.notify_one();
            answer
        }
        None => read(app, &given, action).await,
    };
    match answer {
        Ok(result) => xml::answered(NAMESPACE, action, &xml::members(&result)),
        Err(refused) => failure::reply(&refused),
    }
}

/// Operations that change something.
async fn operate<A: Account>(app: &App<A>, given: &Given, action: &str) -> Option<Answer> {
    Some(match action {
        "CancelUpdateStack" => cancel_update_stack::run(app, given),
        "ContinueUpdateRollback" => continue_update_rollback::run(app, given),
        "CreateChangeSet" => create_change_set::run(app, given).await,
        "CreateStack" => create_stack::run(app, given).await,
        "DeleteChangeSet" => delete_change_set::run(app, given),
        "DeleteStack" => delete_stack::run(app, given).await,
        "ExecuteChangeSet" => execute_change_set::run(app, given),
        "RollbackStack" => rollback_stack::run(app, given),
        "UpdateStack" => update_stack::run(app, given).await,
        "UpdateTerminationProtection" => update_termination_protection::run(app, given),
        _ => return None,
    })
}

/// Operations that only tell.
async fn read<A: Account>(app: &App<A>, given: &Given, action: &str) -> Answer {
    match action {
        "DescribeAccountLimits" => Ok(describe_account_limits::run()),
        "DescribeChangeSet" => describe_change_set::run(app, given),
        "DescribeStackEvents" => describe_stack_events::run(app, given),
        "DescribeStackResource" => describe_stack_resource::run(app, given),
        "DescribeStackResources" => describe_stack_resources::run(app, given),
        "DescribeStacks" => describe_stacks::run(app, given),
        "GetStackPolicy" => get_stack_policy::run(app, given),
        "GetTemplate" => get_template::run(app, given),
        "GetTemplateSummary" => get_template_summary::run(app, given),
        "ListChangeSets" => list_change_sets::run(app, given),
        "ListExports" => list_exports::run(app, given),
        "ListImports" => list_imports::run(app, given).await,
        "ListStackResources" => list_stack_resources::run(app, given),
        "ListStacks" => list_stacks::run(app, given),
        "ValidateTemplate" => validate_template::run(given),
        _ => {
            let served: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
            let said = format!(
                "Could not find operation {action} for version 2010-05-15. Served here are {}.",
                served.join(", ")
            );
            Err(StackError::new(Code::InvalidAction, said))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OPERATIONS;

    #[test]
    fn the_list_is_that_of_the_dispatch() {
        let here = include_str!("mod.rs");
        let arms = here.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"));
        let mut arms: Vec<&str> = arms.map(|(name, _)| name).collect();
        arms.sort_unstable();
        assert_eq!(arms, OPERATIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
