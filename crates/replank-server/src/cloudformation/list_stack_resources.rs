//! `ListStackResources`.

use replank_service::ports::Account;
use replank_stacks::record::{Resource, find};
use serde_json::{Value, json};

use super::{Answer, asked, pages, shown};
use crate::app::App;
use crate::given::Given;

/// Resources on a page.
const PAGE: usize = 100;

/// Resources of a stack, by logical id.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let stack = find(&app.service.records, asked::name(given, "StackName")?)?;
    let found: Vec<&Resource> = stack.resources.values().collect();
    let (page, token) = pages::page(given, found, PAGE, |it| it.logical.clone())?;
    let one = |it: &&Resource| shown::resource(None, it, "LastUpdatedTimestamp");
    Ok(json!({ "StackResourceSummaries": page.iter().map(one).collect::<Value>(), "NextToken": token }))
}
