//! `GetParameter` and `GetParameters`.

use replank_service::ports::Account;
use serde_json::{Map, Value, json};

use super::{SsmError, shown, text};
use crate::app::App;

/// Most names per request.
const NAMES_MAX: usize = 10;
/// Longest name.
const NAME_MAX: usize = 2048;

/// `GetParameter`.
pub(super) async fn one<A: Account>(app: &App<A>, input: &Map<String, Value>) -> Result<Value, SsmError> {
    let found = find(app, text(input, "Name")?).await?;
    Ok(json!({ "Parameter": found.ok_or_else(|| SsmError::new("ParameterNotFound", ""))? }))
}

/// `GetParameters`; unknown names are listed, not refused.
pub(super) async fn several<A: Account>(app: &App<A>, input: &Map<String, Value>) -> Result<Value, SsmError> {
    let names = match input.get("Names") {
        Some(Value::Array(names)) if (1..=NAMES_MAX).contains(&names.len()) => names,
        Some(Value::Array(_)) => {
            let said = "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must \
                        have length less than or equal to 10, and greater than or equal to 1";
            return Err(SsmError::new("ValidationException", said));
        }
        _ => return Err(SsmError::new("SerializationException", "Names is no List")),
    };
    let (mut there, mut invalid) = (Vec::new(), Vec::new());
    for name in names {
        let Some(name) = name.as_str() else {
            return Err(SsmError::new("SerializationException", "a name is no String"));
        };
        match find(app, name).await {
            Ok(Some(found)) => there.push(found),
            Ok(None) => invalid.push(name),
            Err(failure) if failure.code == "ParameterVersionNotFound" => invalid.push(name),
            Err(failure) => return Err(failure),
        }
    }
    Ok(json!({ "Parameters": there, "InvalidParameters": invalid }))
}

/// The name in an ARN; the ARN of a public parameter has no account.
fn named_by<'a, A: Account>(app: &App<A>, arn: &'a str) -> Option<&'a str> {
    let identity = &app.service.identity;
    ["", &identity.account].into_iter().find_map(|account| {
        let own = format!("arn:aws:ssm:{}:{account}:parameter", identity.region);
        arn.strip_prefix(&own).filter(|name| name.starts_with('/'))
    })
}

/// A parameter by name or ARN, with an optional version or label after a colon.
async fn find<A: Account>(app: &App<A>, asked: &str) -> Result<Option<Value>, SsmError> {
    if asked.is_empty() || asked.len() > NAME_MAX || asked.contains(char::is_whitespace) {
        let said = "Parameter name: can't be prefixed with \"ssm\" (case-insensitive), and a path holds letters, \
                    digits and the symbols .-_/ only";
        return Err(SsmError::new("ValidationException", said));
    }
    let name = if asked.starts_with("arn:") { named_by(app, asked).unwrap_or("") } else { asked };
    let (name, selector) = match name.rsplit_once(':') {
        Some((name, selector)) => (name, Some(selector)),
        None => (name, None),
    };
    let found = app.service.account.parameter(name).await.map_err(|error| SsmError::unreadable(&error))?;
    let Some(found) = found else { return Ok(None) };
    if let Some(selector) = selector.filter(|selector| selector.parse() != Ok(found.version)) {
        // Public parameters have no labels, and older versions are not kept.
        let is_number = !selector.is_empty() && selector.bytes().all(|byte| byte.is_ascii_digit());
        let what = if is_number { "version" } else { "label" };
        let said =
            format!("Systems Manager could not find {what} {selector} of {name}. Verify it and try again.");
        return Err(SsmError::new("ParameterVersionNotFound", said));
    }
    let selector = selector.map(|selector| format!(":{selector}"));
    Ok(Some(shown(app, &found, selector.as_deref())))
}
