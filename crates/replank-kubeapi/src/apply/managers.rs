//! Field managers: the entries of `metadata.managedFields`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::fields::{decode, encode};
use super::set::FieldSet;

/// How a manager came to own fields (`operation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// By any other write.
    Update,
}

/// Identity of an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Owner {
    pub(super) name: String,
    pub(super) operation: Operation,
    /// `apiVersion`, for updates only: it is part of their identity; empty for appliers.
    pub(super) version: String,
    pub(super) subresource: String,
}

impl Owner {
    /// Name in conflict messages: `"kubectl-edit" using apps/v1`.
    pub(super) fn title(&self) -> String {
        let mut text = format!("{:?}", self.name);
        if !self.subresource.is_empty() {
            text.push_str(&format!(" with subresource {:?}", self.subresource));
        }
        if self.operation == Operation::Update {
            text.push_str(&format!(" using {}", self.version));
        }
        text
    }
}

/// The fields of a manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) set: FieldSet,
    pub(super) version: String,
    /// Last change of the entry, RFC 3339.
    pub(super) time: Option<String>,
}

pub(super) type Owners = BTreeMap<Owner, Holding>;

/// Reads the entries of an object; the error says what does not parse.
pub(super) fn read(object: &Value) -> Result<Owners, String> {
    let mut found = Owners::new();
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    for (index, entry) in entries.enumerate() {
        let word = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let operation = match entry["operation"].as_str() {
            Some("Apply") => Operation::Apply,
            Some("Update") => Operation::Update,
            _ => return Err("operation must be `Apply` or `Update`".to_owned()),
        };
        let version = word("apiVersion");
        if version.is_empty() {
            return Err("apiVersion must not be empty".to_owned());
        }
        match word("fieldsType").as_str() {
            "FieldsV1" => {}
            "" => return Err(format!("missing fieldsType in managed fields entry {index}")),
            other => return Err(format!("invalid fieldsType {other:?} in managed fields entry {index}")),
        }
        let set = match &entry["fieldsV1"] {
            Value::Null => FieldSet::default(),
            fields => decode(fields)?,
        };
        let identity = if operation == Operation::Update { version.clone() } else { String::new() };
        let manager =
            Owner { name: word("manager"), operation, version: identity, subresource: word("subresource") };
        found.insert(manager, Holding { set, version, time: entry["time"].as_str().map(str::to_owned) });
    }
    Ok(found)
}

/// Whether a write asks to clear all managers: an empty list, or one empty entry.
pub(super) fn is_reset(object: &Value) -> bool {
    match object["metadata"]["managedFields"].as_array().map(Vec::as_slice) {
        Some([]) => true,
        Some([only]) => only.as_object().is_some_and(Map::is_empty),
        _ => false,
    }
}

/// Writes the entries into the object: appliers first, then by time, then by name.
pub(super) fn write(object: &mut Value, managers: &Owners) {
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    if managers.is_empty() {
        metadata.shift_remove("managedFields");
        return;
    }
    let mut entries: Vec<_> = managers.iter().collect();
    entries.sort_by_key(|(manager, holding)| {
        let time = holding.time.clone().unwrap_or_default();
        let version = holding.version.clone();
        (manager.operation, time, manager.name.clone(), version, manager.subresource.clone())
    });
    let entries = entries.into_iter().map(|(manager, holding)| entry(manager, holding)).collect();
    metadata.insert("managedFields".to_owned(), entries);
}

fn entry(manager: &Owner, holding: &Holding) -> Value {
    let operation = match manager.operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    };
    let mut entry = Map::new();
    if !manager.name.is_empty() {
        entry.insert("manager".to_owned(), json!(manager.name));
    }
    entry.insert("operation".to_owned(), json!(operation));
    entry.insert("apiVersion".to_owned(), json!(holding.version));
    if let Some(time) = &holding.time {
        entry.insert("time".to_owned(), json!(time));
    }
    entry.insert("fieldsType".to_owned(), json!("FieldsV1"));
    entry.insert("fieldsV1".to_owned(), encode(&holding.set));
    if !manager.subresource.is_empty() {
        entry.insert("subresource".to_owned(), json!(manager.subresource));
    }
    Value::Object(entry)
}
