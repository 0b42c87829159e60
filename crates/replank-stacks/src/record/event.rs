//! Events of stacks, which only grow.

use replank_service::records::{Change, Key, Kind, Records, read, written};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Resource, Stack};
use crate::error::StackError;

/// Most events that are kept of a stack; the oldest go.
const EVENTS_MAX: u64 = 2_000;

/// An event of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Unique among all events.
    pub id: String,
    /// Logical id of the resource, or the name of the stack.
    pub logical: String,
    /// Physical id, as far as there is one.
    pub physical: Option<String>,
    /// Type of the resource.
    pub kind: String,
    /// Status that it got.
    pub status: String,
    /// Cause that the status does not tell, if there is one.
    pub reason: Option<String>,
    /// Properties that the resource was asked to have.
    pub properties: Option<Value>,
    /// Wall time of the event, RFC 3339.
    pub at: String,
    /// Client token of the operation.
    pub token: Option<String>,
}

/// Notes that a resource got the status that it has.
pub fn note(change: &mut Change<'_>, stack: &mut Stack, resource: &Resource) {
    let event = Event {
        id: format!("{}-{}-{}", resource.logical, resource.status.name(), replank_service::now()),
        logical: resource.logical.clone(),
        physical: resource.physical.clone(),
        kind: resource.kind.clone(),
        status: resource.status.name().to_owned(),
        reason: resource.reason.clone(),
        properties: Some(resource.properties.clone()),
        at: resource.at.clone(),
        token: stack.token.clone(),
    };
    put(change, stack, &event);
}

/// Notes that a stack got the status that it has.
pub fn note_stack(change: &mut Change<'_>, stack: &mut Stack) {
    let event = Event {
        id: replank_service::uuid(),
        logical: stack.name.clone(),
        physical: Some(stack.id.clone()),
        kind: "AWS::CloudFormation::Stack".to_owned(),
        status: stack.status.name().to_owned(),
        reason: stack.reason.clone(),
        properties: None,
        at: replank_service::now().to_string(),
        token: stack.token.clone(),
    };
    put(change, stack, &event);
}

fn put(change: &mut Change<'_>, stack: &mut Stack, event: &Event) {
    let key = |number: u64| Key::new(Kind::StackEvent, stack.uuid(), &format!("{number:012}"));
    change.put(key(stack.next_event), written(event));
    if let Some(old) = stack.next_event.checked_sub(EVENTS_MAX) {
        change.remove(key(old));
    }
    stack.next_event += 1;
}

/// Events of a stack, the newest first.
pub fn events(records: &Records, stack: &Stack) -> Result<Vec<Event>, StackError> {
    let found = records.list(Kind::StackEvent, stack.uuid()).into_iter().rev();
    let found: Result<Vec<Event>, _> = found.map(|(_, record)| read(&record.document)).collect();
    Ok(found?)
}
