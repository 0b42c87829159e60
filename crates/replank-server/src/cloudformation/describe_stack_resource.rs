//! `DescribeStackResource`.

use replank_service::ports::Account;
use replank_stacks::StackError;
use replank_stacks::record::find;
use replank_stacks::template::Template;
use serde_json::{Value, json};

use super::{Answer, asked, shown};
use crate::app::App;
use crate::given::Given;

/// One resource of a stack, with its metadata.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let stack = find(&app.service.records, asked::name(given, "StackName")?)?;
    let logical = asked::name(given, "LogicalResourceId")?;
    let missing =
        || StackError::invalid(format!("Resource {logical} does not exist for stack {}", stack.name));
    let found = stack.resources.get(logical).ok_or_else(missing)?;
    let mut detail = shown::resource(Some(&stack), found, "LastUpdatedTimestamp");
    let template = Template::read(&stack.shape.body)?;
    let metadata = template.resource(logical).and_then(|it| it.get("Metadata"));
    detail["Metadata"] = metadata.map(Value::to_string).into();
    Ok(json!({ "StackResourceDetail": detail }))
}
