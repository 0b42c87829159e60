//! Checks values against their shapes, with the messages of AWS.

use serde_json::{Map, Value};

use super::{Kind, Model, Shape, Unreadable};

/// Most violations that are collected.
const BREAKS_MAX: usize = 8;

impl Model {
    /// The value with known members only. Violations are collected; a wrong type is an error at once.
    pub(super) fn checked(
        &self,
        shape: &str,
        at: &str,
        value: Value,
        breaks: &mut Vec<String>,
    ) -> Result<Value, Unreadable> {
        let shape = self.shape(shape);
        match (shape.kind, value) {
            (Kind::Structure, Value::Object(given)) => self.structure(shape, at, given, breaks),
            (Kind::List, Value::Array(items)) => {
                size(shape, at, items.len(), breaks);
                let member = shape.member.as_ref().map_or("", |member| &member.shape);
                let items = items.into_iter().enumerate();
                let items = items.map(|(number, item)| {
                    self.checked(member, &format!("{at}.{}.member", number + 1), item, breaks)
                });
                Ok(Value::Array(items.collect::<Result<_, _>>()?))
            }
            (Kind::Map, Value::Object(given)) => {
                size(shape, at, given.len(), breaks);
                let name = |member: &Option<super::Member>| {
                    member.as_ref().map_or(String::new(), |member| member.shape.clone())
                };
                let (key_shape, value_shape) = (name(&shape.key), name(&shape.value));
                let mut checked = Map::new();
                for (key, value) in given {
                    self.checked(&key_shape, &format!("{at}.key"), Value::String(key.clone()), breaks)?;
                    let value = self.checked(&value_shape, &format!("{at}.{key}.member"), value, breaks)?;
                    checked.insert(key, value);
                }
                Ok(Value::Object(checked))
            }
            (Kind::String, Value::String(text)) => {
                string(shape, at, &text, breaks);
                Ok(Value::String(text))
            }
            (Kind::Integer, Value::Number(number)) if number.as_i64().is_some() => {
                integer(shape, at, number.as_i64().unwrap_or_default(), breaks);
                Ok(Value::Number(number))
            }
            (Kind::Boolean, value @ Value::Bool(_)) | (Kind::Timestamp, value @ Value::Number(_)) => {
                Ok(value)
            }
            (kind, value) => Err(Unreadable::Serialization(format!(
                "{} can not be converted to {}{}",
                type_of(&value),
                kind_name(kind),
                if at.is_empty() { String::new() } else { format!(" at '{at}'") }
            ))),
        }
    }

    fn structure(
        &self,
        shape: &Shape,
        at: &str,
        mut given: Map<String, Value>,
        breaks: &mut Vec<String>,
    ) -> Result<Value, Unreadable> {
        let mut checked = Map::new();
        let place = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        for (name, member) in &shape.members {
            if let Some(value) = given.remove(name).filter(|value| !value.is_null()) {
                let value = self.checked(&member.shape, &place(name), value, breaks)?;
                checked.insert(name.clone(), value);
            }
        }
        for name in shape.required.iter().filter(|name| !checked.contains_key(*name)) {
            complain(breaks, "null", &place(name), "Member must not be null");
        }
        // What path and query name narrows the request, so that nothing in its place would mean everything.
        let names = shape.members.iter().filter(|(name, it)| it.location.is_some() && *name != "nextToken");
        for (name, value) in names.filter_map(|(name, _)| Some((name, checked.get(name)?))) {
            if has_empty(value) {
                let said = "Member must have length greater than or equal to 1";
                complain(breaks, "''", &place(name), said);
            }
        }
        Ok(Value::Object(checked))
    }
}

/// Whether it is an empty string, or a list with one.
fn has_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().any(has_empty),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

fn size(shape: &Shape, at: &str, size: usize, breaks: &mut Vec<String>) {
    let size = size as i64;
    if let Some(min) = shape.min.filter(|min| size < *min) {
        let said = format!("Member must have length greater than or equal to {min}");
        complain(breaks, "of that length", at, &said);
    }
    if let Some(max) = shape.max.filter(|max| size > *max) {
        complain(
            breaks,
            "of that length",
            at,
            &format!("Member must have length less than or equal to {max}"),
        );
    }
}

fn string(shape: &Shape, at: &str, text: &str, breaks: &mut Vec<String>) {
    let length = text.chars().count() as i64;
    let shown = format!("'{}'", text.chars().take(256).collect::<String>());
    if let Some(min) = shape.min.filter(|min| length < *min) {
        complain(breaks, &shown, at, &format!("Member must have length greater than or equal to {min}"));
    }
    if let Some(max) = shape.max.filter(|max| length > *max) {
        complain(breaks, &shown, at, &format!("Member must have length less than or equal to {max}"));
    }
    if !shape.values.is_empty() && !shape.values.iter().any(|value| value == text) {
        let said = format!("Member must satisfy enum value set: [{}]", shape.values.join(", "));
        complain(breaks, &shown, at, &said);
    }
    if let Some(pattern) = shape.pattern.as_ref().filter(|pattern| !fits(pattern, text)) {
        complain(breaks, &shown, at, &format!("Member must satisfy regular expression pattern: {pattern}"));
    }
}

fn integer(shape: &Shape, at: &str, number: i64, breaks: &mut Vec<String>) {
    let shown = format!("'{number}'");
    if let Some(min) = shape.min.filter(|min| number < *min) {
        complain(breaks, &shown, at, &format!("Member must have value greater than or equal to {min}"));
    }
    if let Some(max) = shape.max.filter(|max| number > *max) {
        complain(breaks, &shown, at, &format!("Member must have value less than or equal to {max}"));
    }
    if i32::try_from(number).is_err() {
        complain(breaks, &shown, at, "Member must be a 32-bit integer");
    }
}

/// Whether a text matches one of the four patterns of the model, read to its end. Other patterns match everything; a
/// test makes sure that there are none.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let first = |ok: fn(char) -> bool| text.chars().next().is_some_and(ok);
    let all = |ok: fn(char) -> bool| text.chars().all(ok);
    let lower: fn(char) -> bool = |c| c.is_ascii_lowercase() || c.is_ascii_digit();
    match pattern {
        NAME => {
            first(|c| c.is_ascii_alphanumeric()) && all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        }
        WORD => first(|c| c.is_ascii_lowercase()) && all(lower),
        LABEL => {
            first(lower)
                && text.ends_with(lower)
                && all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        }
        _ => true,
    }
}

/// Pattern of cluster and subscription names. It has no end in the model; the service checks the whole name.
pub(super) const NAME: &str = r"^[0-9A-Za-z][A-Za-z0-9\-_]*";
pub(super) const WORD: &str = "^[a-z][a-z0-9]*$";
pub(super) const LABEL: &str = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";

fn complain(breaks: &mut Vec<String>, value: &str, at: &str, said: &str) {
    if breaks.len() < BREAKS_MAX {
        breaks.push(format!("Value {value} at '{at}' failed to satisfy constraint: {said}"));
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Structure => "a Structure",
        Kind::List => "a List",
        Kind::Map => "a Map",
        Kind::String => "a String",
        Kind::Integer => "an Integer",
        Kind::Boolean => "a Boolean",
        Kind::Timestamp => "a Timestamp",
    }
}
