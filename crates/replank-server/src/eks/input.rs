//! The input of an operation, after the model has checked it.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Failure;

/// Checked input: what is there has the type the model says.
#[derive(Clone, Debug)]
pub struct Input {
    /// The operation.
    pub operation: String,
    members: Map<String, Value>,
}

impl Input {
    /// The input of an operation.
    pub fn new(operation: &str, members: Map<String, Value>) -> Self {
        Self { operation: operation.to_owned(), members }
    }

    /// A member that the model requires; empty when it is not there after all.
    pub fn text(&self, name: &str) -> &str {
        self.given(name).unwrap_or("")
    }

    /// A text that may be there.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// A number that may be there.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.members.get(name)?.as_i64()
    }

    /// A switch; absent is off.
    pub fn flag(&self, name: &str) -> bool {
        self.members.get(name) == Some(&Value::Bool(true))
    }

    /// Any member.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// A member as one of our types.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Failure> {
        let Some(value) = self.members.get(name) else { return Ok(None) };
        let read = T::deserialize(value);
        read.map(Some).map_err(|error| Failure::invalid(format!("{name}: {error}")))
    }

    /// Texts of a list; absent is none.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let items = self.members.get(name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Everything but the client's token.
    pub fn without_token(&self) -> Map<String, Value> {
        let mut members = self.members.clone();
        members.remove("clientRequestToken");
        members
    }
}
