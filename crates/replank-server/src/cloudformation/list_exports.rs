//! `ListExports`.

use replank_service::ports::Account;
use replank_stacks::record::{StackStatus, all};
use serde_json::{Value, json};

use super::{Answer, pages};
use crate::app::App;
use crate::given::Given;

/// Exports on a page.
const PAGE: usize = 100;

/// Exports of all stacks, by name.
pub(super) fn run<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let stacks = all(&app.service.records).into_iter().filter(|it| it.status != StackStatus::DeleteComplete);
    let mut found: Vec<(String, String, String)> = stacks
        .flat_map(|stack| {
            let id = stack.id;
            stack.outputs.into_iter().filter_map(move |it| Some((it.export?, it.value, id.clone())))
        })
        .collect();
    found.sort();
    let (page, token) = pages::page(given, found, PAGE, |(name, ..)| name.clone())?;
    let one = |(name, value, id): &(String, String, String)| json!({ "ExportingStackId": id, "Name": name, "Value": value });
    Ok(json!({ "Exports": page.iter().map(one).collect::<Value>(), "NextToken": token }))
}
