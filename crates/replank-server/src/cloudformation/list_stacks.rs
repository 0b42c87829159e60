//! `ListStacks`.

use replank_service::ports::Account;
use replank_stacks::StackError;
use replank_stacks::record::{Stack, StackStatus, all};
use serde_json::{Value, json};

use super::{Answer, asked, pages, shown};
use crate::app::App;
use crate::given::Given;

/// Stacks on a page.
const PAGE: usize = 100;

/// Stacks, deleted ones too, with the statuses of the filter.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let wanted = asked::list(given, "StackStatusFilter");
    // Imports have statuses too; no stack here gets one.
    let is_known =
        |name: &String| name.starts_with("IMPORT_") || StackStatus::ALL.iter().any(|it| it.name() == name);
    if let Some(unknown) = wanted.iter().find(|name| !is_known(name)) {
        let names = StackStatus::ALL.map(StackStatus::name).join(", ");
        return Err(StackError::invalid(format!(
            "1 validation error detected: Value '[{unknown}]' at 'stackStatusFilter' failed to satisfy constraint: Member \
             must satisfy constraint: [Member must satisfy enum value set: [{names}]]"
        )));
    }
    let is_wanted = |it: &Stack| wanted.is_empty() || wanted.iter().any(|name| name == it.status.name());
    let found = all(&app.service.records).into_iter().filter(is_wanted).collect();
    let (page, token) = pages::page(given, found, PAGE, |it: &Stack| it.id.clone())?;
    let one = |it: &Stack| {
        json!({
            "StackId": it.id,
            "StackName": it.name,
            "TemplateDescription": shown::description(it),
            "CreationTime": shown::time(&it.created_at),
            "LastUpdatedTime": shown::maybe_time(it.updated_at.as_ref()),
            "DeletionTime": shown::maybe_time(it.deleted_at.as_ref()),
            "StackStatus": it.status.name(),
            "StackStatusReason": it.reason,
            "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
        })
    };
    Ok(json!({ "StackSummaries": page.iter().map(one).collect::<Value>(), "NextToken": token }))
}
