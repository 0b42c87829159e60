//! A stack on record, with its resources.

use std::collections::{BTreeMap, BTreeSet};

use replank_service::records::{Change, Key, Kind, Records, read, written};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Phase, ResourceStatus, StackStatus};
use crate::error::StackError;
use crate::made::Made;
use crate::resource::Act;
use crate::template::Parameter;

/// What a user asked of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// The template as it was sent.
    pub body: String,
    /// Values of its parameters.
    pub parameters: Vec<Parameter>,
    /// Tags of the stack, which its resources get.
    pub tags: Vec<(String, String)>,
    /// Capabilities that were acknowledged.
    pub capabilities: Vec<String>,
}

/// Resources that one template describes, and how far they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// Its id, an ARN.
    pub id: String,
    /// Unique among the stacks of the account that are not deleted.
    pub name: String,
    /// What was done with it last, and how that went.
    pub status: StackStatus,
    /// Why it has that status.
    pub reason: Option<String>,
    /// When it was created.
    pub created_at: String,
    /// When its last update began.
    pub updated_at: Option<String>,
    /// When its deletion began.
    pub deleted_at: Option<String>,
    /// What it is to be.
    pub shape: Shape,
    /// What it was before the update in progress.
    pub before: Option<Shape>,
    /// Whether what failed stays as it is.
    pub keeps_failures: bool,
    /// Whether it may not be deleted.
    pub is_protected: bool,
    /// Role that was named for its operations; kept and shown.
    pub role: Option<String>,
    /// Topics that were named; kept and shown.
    pub topics: Vec<String>,
    /// The change set that was executed last.
    pub change_set: Option<String>,
    /// Its resources, by logical id.
    pub resources: BTreeMap<String, Resource>,
    /// Resources that nothing wants any more and that are still to be deleted.
    pub leavings: Vec<Resource>,
    /// Values that the template gives out.
    pub outputs: Vec<Output>,
    /// Counts operations and their turns, so that requests of one are not taken for those of another.
    pub pass: u64,
    /// Client token of the operation in progress.
    pub token: Option<String>,
    /// Logical ids that a deletion leaves alone, or a rollback does not wait for.
    pub skipped: BTreeSet<String>,
    /// Number of its next event.
    pub next_event: u64,
}

/// A resource of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Its logical id.
    pub logical: String,
    /// Its type.
    pub kind: String,
    /// Its physical id; `None` before it has one.
    pub physical: Option<String>,
    /// What was done with it last, and how that went.
    pub status: ResourceStatus,
    /// Why it has that status.
    pub reason: Option<String>,
    /// When it got that status.
    pub at: String,
    /// Its properties, as they were asked for last.
    pub properties: Value,
    /// What functions see of it.
    pub made: Made,
    /// The pass in which it was dealt with last.
    pub pass: u64,
    /// What is going on with it.
    pub work: Option<Work>,
    /// What it was before the update in progress touched it.
    pub before: Option<Box<Before>>,
    /// Whether it stays when nothing wants it any more.
    pub is_retained: bool,
}

impl Work {
    /// The first request of an act.
    pub fn first(act: Act, old: Value) -> Self {
        Self { act, old, step: 0, is_begun: false, handle: None }
    }
}

/// What is going on with a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// What is done.
    pub act: Act,
    /// Its properties before.
    pub old: Value,
    /// Which request it is, for updates that take several.
    pub step: u32,
    /// Whether the request was made.
    pub is_begun: bool,
    /// What to ask about, such as the id of an update of EKS.
    pub handle: Option<String>,
}

/// What a resource was before an update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// Its physical id.
    pub physical: Option<String>,
    /// Properties that it was asked to have then.
    pub properties: Value,
    /// What functions saw of it.
    pub made: Made,
}

/// An output of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Key of the section `Outputs`.
    pub name: String,
    /// What its expression came to when the operation ended.
    pub value: String,
    /// Text of the template for people.
    pub description: Option<String>,
    /// The name of its export.
    pub export: Option<String>,
}

impl Stack {
    /// The last part of its id, by which it is kept.
    pub fn uuid(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }

    /// Whether something is being done with it.
    pub fn is_busy(&self) -> bool {
        self.status.phase() != Phase::Rest
    }

    /// What functions see of its resources: of those that are there and in their final state for this turn.
    pub fn made(&self) -> BTreeMap<String, Made> {
        let there = self.resources.iter().filter(|(_, it)| it.physical.is_some() && it.work.is_none());
        let is_none = |it: &Resource| {
            matches!(it.status, ResourceStatus::CreateFailed | ResourceStatus::DeleteComplete)
        };
        let there = there.filter(|(_, it)| !is_none(it));
        there.map(|(name, it)| (name.clone(), it.made.clone())).collect()
    }
}

fn key(uuid: &str) -> Key {
    Key::new(Kind::Stack, "", uuid)
}

/// The stack of a name or an id. Deleted ones are found by their id alone.
pub fn find(records: &Records, named: &str) -> Result<Stack, StackError> {
    if named.starts_with("arn:") {
        let record = records.get(&key(named.rsplit('/').next().unwrap_or_default()));
        let stack = record.map(|it| read::<Stack>(&it.document)).transpose()?;
        return stack.filter(|it| it.id == named).ok_or_else(|| StackError::no_stack(named));
    }
    live(records, named).ok_or_else(|| StackError::no_stack(named))
}

/// The stack of a name that is not deleted.
pub fn live(records: &Records, name: &str) -> Option<Stack> {
    all(records).into_iter().find(|it| it.name == name && it.status != StackStatus::DeleteComplete)
}

/// Every stack, deleted ones too, the newest first.
pub(super) fn all(records: &Records) -> Vec<Stack> {
    let mut found = records.all(Kind::Stack);
    found.sort_by_key(|(_, record)| std::cmp::Reverse(record.number));
    found.into_iter().filter_map(|(_, record)| read(&record.document).ok()).collect()
}

/// The stack as it stands inside a change.
pub fn read_in(change: &Change<'_>, stack: &Stack) -> Result<Stack, StackError> {
    let document = change.get(&key(stack.uuid())).ok_or_else(|| StackError::no_stack(&stack.name))?;
    Ok(read(&document)?)
}

/// Keeps a stack.
pub fn put_in(change: &mut Change<'_>, stack: &Stack) {
    change.put(key(stack.uuid()), written(stack));
}

/// Edits a stack in one transaction; what `edit` refuses changes nothing.
pub fn put<T>(
    records: &Records,
    stack: &Stack,
    edit: impl FnOnce(&mut Change<'_>, &mut Stack) -> Result<T, StackError>,
) -> Result<T, StackError> {
    let outcome = records.change(|change| {
        let mut now = read_in(change, stack)?;
        let outcome = edit(change, &mut now)?;
        put_in(change, &now);
        Ok(outcome)
    });
    Ok(outcome?)
}
