//! What is kept of stacks: the stacks themselves, their resources, change sets and events.

mod change_set;
mod event;
mod stack;
mod status;

pub use change_set::{Change, ChangeAction, ChangeSet, ChangeSetStatus, ExecutionStatus};
pub use event::{Event, events, note, note_stack};
pub use stack::{Before, Output, Resource, Shape, Stack, Work, find, live, put, put_in, read_in};
pub use status::{Phase, ResourceStatus, StackStatus};

use replank_service::records::Records;
use std::collections::BTreeMap;

/// Values of all exports, by name.
pub fn exports(records: &Records) -> BTreeMap<String, String> {
    let outputs = stack::all(records).into_iter().filter(|it| it.status != StackStatus::DeleteComplete);
    let outputs = outputs.flat_map(|it| it.outputs);
    outputs.filter_map(|it| Some((it.export?, it.value))).collect()
}

/// Every stack, deleted ones too, the newest first.
pub fn all(records: &Records) -> Vec<Stack> {
    stack::all(records)
}
