//! Parses the input of an operation from path, query and body, and checks it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Kind, Location, Model, Routed};
use crate::uri;

/// Why an input is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not JSON, or a value has another type (AWS: `SerializationException`).
    Serialization(String),
    /// It violates constraints of the model; with the messages of AWS.
    Invalid(Vec<String>),
}

impl Model {
    /// The input, checked, with known members only. Members that are null count as absent.
    pub fn read(
        &self,
        routed: &Routed<'_>,
        query: &str,
        body: &[u8],
    ) -> Result<Map<String, Value>, Unreadable> {
        let shape = self.shape(&routed.operation.input);
        let in_body = shape.members.values().any(|member| member.location.is_none());
        let mut given = if in_body { object(body)? } else { Map::new() };
        let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in uri::parameters(query) {
            parameters.entry(name).or_default().push(value);
        }
        let mut input = Map::new();
        for (name, member) in &shape.members {
            let at = member.location_name.as_deref().unwrap_or(name);
            let value = match member.location {
                None => given.remove(name).filter(|value| !value.is_null()),
                Some(Location::Uri) => routed.names.get(at).cloned().map(Value::String),
                Some(Location::Querystring) => match parameters.remove(at) {
                    Some(texts) => Some(self.from_texts(name, &member.shape, texts)?),
                    None => None,
                },
            };
            if let Some(value) = value {
                input.insert(name.clone(), value);
            }
        }
        let mut breaks = Vec::new();
        let input = self.checked(&routed.operation.input, "", Value::Object(input), &mut breaks)?;
        match input {
            _ if !breaks.is_empty() => Err(Unreadable::Invalid(breaks)),
            Value::Object(input) => Ok(input),
            _ => Ok(Map::new()),
        }
    }

    /// The value of a query parameter, converted to its shape.
    #[expect(clippy::wrong_self_convention, reason = "the value is made from texts, by the model")]
    fn from_texts(&self, name: &str, shape: &str, texts: Vec<String>) -> Result<Value, Unreadable> {
        let shape = self.shape(shape);
        let wrong = |text: &str, what: &str| {
            Err(Unreadable::Serialization(format!("{name}: '{text}' can not be converted to {what}")))
        };
        if shape.kind == Kind::List {
            return Ok(texts.into());
        }
        let text = texts.into_iter().next_back().unwrap_or_default();
        match shape.kind {
            Kind::Integer => match text.parse::<i64>() {
                Ok(number) => Ok(number.into()),
                Err(_) => wrong(&text, "an Integer"),
            },
            Kind::Boolean => match &*text {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => wrong(&text, "a Boolean"),
            },
            Kind::Structure | Kind::List | Kind::Map | Kind::String | Kind::Timestamp => Ok(text.into()),
        }
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Unreadable> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(given)) => Ok(given),
        Ok(_) => Err(Unreadable::Serialization("Start of structure expected.".into())),
        Err(error) => Err(Unreadable::Serialization(format!("Unable to parse the request: {error}"))),
    }
}
