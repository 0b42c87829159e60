//! Input of an operation, checked by the model.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::EksError;

/// Checked input: every member has the type of the model.
#[derive(Clone, Debug)]
pub struct Input {
    /// Name of the operation.
    pub operation: String,
    members: Map<String, Value>,
}

impl Input {
    /// The input of an operation from its members.
    pub fn new(operation: &str, members: Map<String, Value>) -> Self {
        Self { operation: operation.to_owned(), members }
    }

    /// Value of a text member that the model requires; empty when absent.
    pub fn text(&self, name: &str) -> &str {
        self.given(name).unwrap_or("")
    }

    /// Value of an optional text member.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// Value of an optional number member.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.members.get(name)?.as_i64()
    }

    /// Value of an optional boolean member; absent is false.
    pub fn flag(&self, name: &str) -> bool {
        self.members.get(name) == Some(&Value::Bool(true))
    }

    /// Value of any member.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// Parses a member; `None` when absent.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, EksError> {
        let Some(value) = self.members.get(name) else { return Ok(None) };
        let read = T::deserialize(value);
        read.map(Some).map_err(|error| EksError::invalid(format!("{name}: {error}")))
    }

    /// Texts of a list member; absent is empty.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let items = self.members.get(name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// All members but `clientRequestToken`.
    pub fn without_token(&self) -> Map<String, Value> {
        let mut members = self.members.clone();
        members.remove("clientRequestToken");
        members
    }
}
