//! `GetParametersByPath`.

use replank_service::ports::Account;
use replank_service::ports::parameters::Depth;
use serde_json::{Map, Value, json};

use super::{SsmError, shown, text};
use crate::app::App;
use crate::page_token;

/// Most parameters per page.
const RESULTS_MAX: u64 = 10;

/// Lists parameters below a path.
pub(super) async fn run<A: Account>(app: &App<A>, input: &Map<String, Value>) -> Result<Value, SsmError> {
    let path = text(input, "Path")?;
    if !path.starts_with('/') || path.contains(char::is_whitespace) {
        let said = "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a \
                    forward slash \"/\".";
        return Err(SsmError::new("ValidationException", said));
    }
    if input.get("ParameterFilters").and_then(Value::as_array).is_some_and(|filters| !filters.is_empty()) {
        let said = "public parameters have neither type, key nor label to filter by";
        return Err(SsmError::new("InvalidFilterKey", said));
    }
    let most = match input.get("MaxResults") {
        None | Some(Value::Null) => RESULTS_MAX,
        Some(given) => given.as_u64().filter(|most| (1..=RESULTS_MAX).contains(most)).ok_or_else(|| {
            let said = "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member \
                        must have value less than or equal to 10, and greater than or equal to 1";
            SsmError::new("ValidationException", said)
        })?,
    };
    let depth = if input.get("Recursive") == Some(&true.into()) { Depth::All } else { Depth::Children };
    let path = format!("{}/", path.trim_end_matches('/'));
    let list = format!("{path} {depth:?}");
    let after = match input.get("NextToken").and_then(Value::as_str) {
        None => None,
        Some(token) => Some(
            page_token::last(&list, token)
                .ok_or_else(|| SsmError::new("InvalidNextToken", "The specified token isn't valid."))?,
        ),
    };
    let most = most as usize;
    let found = app.service.account.parameters_below(&path, depth, after.as_deref(), most + 1).await;
    let found = found.map_err(|error| SsmError::unreadable(&error))?;
    let shown: Vec<Value> = found.iter().take(most).map(|it| shown(app, it, None)).collect();
    let mut page = json!({ "Parameters": shown });
    if found.len() > most
        && let Some(last) = found.get(most - 1)
    {
        page["NextToken"] = page_token::after(&list, &last.name).into();
    }
    Ok(page)
}
