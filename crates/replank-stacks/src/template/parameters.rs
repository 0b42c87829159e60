//! Parameters of a template: their declarations, the values of a request, and what is wrong with them.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Template;
use crate::error::StackError;

/// Begins the types whose value is the name of a parameter of SSM.
const SSM: &str = "AWS::SSM::Parameter::Value<";

/// A parameter of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Key of the section `Parameters`.
    pub name: String,
    /// Its value; `None` keeps the one of the stack.
    pub value: Option<String>,
}

/// A value of a stack's parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Key of the section `Parameters`.
    pub name: String,
    /// The value that was given, or the default.
    pub value: String,
    /// What SSM had under that value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// Whether it is shown as asterisks.
    #[serde(default)]
    pub is_hidden: bool,
    /// Whether its value is split at commas.
    #[serde(default)]
    pub is_list: bool,
}

impl Parameter {
    /// What `Ref` gives.
    pub fn referred(&self) -> Value {
        let text = self.resolved.as_ref().unwrap_or(&self.value);
        if self.is_list {
            return text.split(',').map(|item| Value::from(item.trim())).collect();
        }
        text.as_str().into()
    }

    /// Whether it stands for a parameter of SSM, which has to be looked up.
    pub fn is_of_ssm(template: &Template, name: &str) -> bool {
        kind(template, name).starts_with(SSM)
    }
}

/// The value of every parameter of a template: what is given, then what the stack had, then the default.
pub fn values(
    template: &Template,
    given: &[Given],
    before: &[Parameter],
) -> Result<Vec<Parameter>, StackError> {
    let unknown: Vec<&str> = given
        .iter()
        .map(|it| it.name.as_str())
        .filter(|name| template.member("Parameters", name).is_none())
        .collect();
    if !unknown.is_empty() {
        let said = format!("Parameters: [{}] do not exist in the template", unknown.join(", "));
        return Err(StackError::invalid(said));
    }
    let had: BTreeMap<&str, &str> = before.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
    let mut missing = Vec::new();
    let mut found = Vec::new();
    for (name, declared) in template.section("Parameters") {
        let value = match given.iter().find(|it| it.name == *name) {
            Some(Given { value: Some(value), .. }) => Some(value.clone()),
            Some(Given { value: None, .. }) => match had.get(name.as_str()) {
                Some(value) => Some((*value).to_owned()),
                None => {
                    let said = format!(
                        "Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a \
                                        parameter key not in the previous template"
                    );
                    return Err(StackError::invalid(said));
                }
            },
            None => default(declared),
        };
        let Some(value) = value else {
            missing.push(name.as_str());
            continue;
        };
        check(name, declared, &value)?;
        let kind = kind(template, name);
        let is_list = kind.contains("List<") || kind == "CommaDelimitedList";
        let is_hidden = is_true(&declared["NoEcho"]);
        found.push(Parameter { name: name.clone(), value, resolved: None, is_hidden, is_list });
    }
    if !missing.is_empty() {
        return Err(StackError::invalid(format!("Parameters: [{}] must have values", missing.join(", "))));
    }
    Ok(found)
}

fn kind<'a>(template: &'a Template, name: &str) -> &'a str {
    template.member("Parameters", name).and_then(|it| it["Type"].as_str()).unwrap_or("String")
}

fn default(declared: &Value) -> Option<String> {
    text(&declared["Default"])
}

/// A scalar as a text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_true(value: &Value) -> bool {
    text(value).is_some_and(|it| it == "true")
}

/// Checks a value against its declaration.
fn check(name: &str, declared: &Value, value: &str) -> Result<(), StackError> {
    let own = declared["ConstraintDescription"].as_str();
    let refuse = |usual: String| {
        let said = own.map_or(usual, |own| format!("Parameter {name} failed to satisfy constraint: {own}"));
        Err(StackError::invalid(said))
    };
    if let Some(allowed) = declared["AllowedValues"].as_array()
        && !allowed.iter().filter_map(text).any(|it| it == value)
    {
        return refuse(format!("Parameter '{name}' must be one of AllowedValues"));
    }
    if let Some(pattern) = declared["AllowedPattern"].as_str() {
        let whole = Regex::new(&format!("^(?:{pattern})$"))
            .map_err(|_| StackError::invalid(format!("Template error: AllowedPattern of parameter {name} is not a regular expression that is understood here")))?;
        if !whole.is_match(value) {
            return refuse(format!("Parameter '{name}' must match pattern {pattern}"));
        }
    }
    let length = value.chars().count() as u64;
    let bound = |member: &str| text(&declared[member]).and_then(|it| it.parse::<u64>().ok());
    if bound("MinLength").is_some_and(|least| length < least) {
        return refuse(format!(
            "Parameter '{name}' must contain at least {} characters",
            bound("MinLength").unwrap_or(0)
        ));
    }
    if bound("MaxLength").is_some_and(|most| length > most) {
        return refuse(format!(
            "Parameter '{name}' must contain at most {} characters",
            bound("MaxLength").unwrap_or(0)
        ));
    }
    if declared["Type"] != "Number" {
        return Ok(());
    }
    let Ok(number) = value.parse::<f64>() else {
        return Err(StackError::invalid(format!("Parameter '{name}' must be a number")));
    };
    let bound = |member: &str| text(&declared[member]).and_then(|it| it.parse::<f64>().ok());
    match (bound("MinValue"), bound("MaxValue")) {
        (Some(least), _) if number < least => {
            refuse(format!("Parameter '{name}' must be a number not less than {least}"))
        }
        (_, Some(most)) if number > most => {
            refuse(format!("Parameter '{name}' must be a number not greater than {most}"))
        }
        _ => Ok(()),
    }
}
