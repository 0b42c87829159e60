//! `DescribeStacks`.

use replank_service::ports::Account;
use replank_stacks::record::{StackStatus, all, find};
use serde_json::{Value, json};

use super::{Answer, pages, shown};
use crate::app::App;
use crate::given::Given;

/// Stacks on a page.
const PAGE: usize = 100;

/// One stack by name or id, or every stack that is not deleted.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let records = &app.service.records;
    let found = match given.given("StackName") {
        Some(name) => vec![find(records, name)?],
        None => all(records).into_iter().filter(|it| it.status != StackStatus::DeleteComplete).collect(),
    };
    let (page, token) = pages::page(given, found, PAGE, |it| it.id.clone())?;
    Ok(json!({ "Stacks": page.iter().map(shown::stack).collect::<Value>(), "NextToken": token }))
}
