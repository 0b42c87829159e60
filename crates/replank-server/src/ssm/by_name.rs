//! `GetParameter` and `GetParameters`.

use replank_engine::ports::account::Account;
use serde_json::{Map, Value, json};

use super::{Failure, shown, text};
use crate::app::App;

/// How many names one request may hold.
const NAMES_MAX: usize = 10;
/// How long a name may be.
const NAME_MAX: usize = 2048;

/// One parameter.
pub(super) async fn one<A: Account>(app: &App<A>, input: &Map<String, Value>) -> Result<Value, Failure> {
    let found = find(app, text(input, "Name")?).await?;
    Ok(json!({ "Parameter": found.ok_or_else(|| Failure::new("ParameterNotFound", ""))? }))
}

/// Several parameters; names that are none are listed, not refused.
pub(super) async fn several<A: Account>(app: &App<A>, input: &Map<String, Value>) -> Result<Value, Failure> {
    let names = match input.get("Names") {
        Some(Value::Array(names)) if (1..=NAMES_MAX).contains(&names.len()) => names,
        Some(Value::Array(_)) => {
            let said = "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must \
                        have length less than or equal to 10, and greater than or equal to 1";
            return Err(Failure::new("ValidationException", said));
        }
        _ => return Err(Failure::new("SerializationException", "Names is no List")),
    };
    let (mut there, mut invalid) = (Vec::new(), Vec::new());
    for name in names {
        let Some(name) = name.as_str() else {
            return Err(Failure::new("SerializationException", "a name is no String"));
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

/// A parameter by name, by ARN, and with a version behind a colon.
async fn find<A: Account>(app: &App<A>, asked: &str) -> Result<Option<Value>, Failure> {
    if asked.is_empty() || asked.len() > NAME_MAX || asked.contains(char::is_whitespace) {
        let said = "Parameter name: can't be prefixed with \"ssm\" (case-insensitive), and a path holds letters, \
                    digits and the symbols .-_/ only";
        return Err(Failure::new("ValidationException", said));
    }
    let name = match asked.strip_prefix("arn:") {
        Some(arn) => arn.splitn(5, ':').nth(4).and_then(|last| last.strip_prefix("parameter")).unwrap_or(""),
        None => asked,
    };
    let (name, selector) = match name.rsplit_once(':') {
        Some((name, selector)) => (name, Some(selector)),
        None => (name, None),
    };
    let found = app.account.parameter(name).await.map_err(|error| Failure::unreadable(&error))?;
    let Some(found) = found else { return Ok(None) };
    if selector.is_some_and(|selector| selector.parse() != Ok(found.version)) {
        let said =
            format!("Systems Manager could not find version {} of {name}.", selector.unwrap_or_default());
        return Err(Failure::new("ParameterVersionNotFound", said));
    }
    let selector = selector.map(|selector| format!(":{selector}"));
    Ok(Some(shown(app, &found, selector.as_deref())))
}
