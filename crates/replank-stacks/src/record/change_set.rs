//! Change sets: what an update would change, kept until it is executed.

use serde::{Deserialize, Serialize};

use super::{Shape, Stack};
use crate::error::{Code, StackError};
use replank_service::records::{Key, Kind, Records, read, written};

/// What an update would make of a stack, kept until it is executed or deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeSet {
    /// Its id, an ARN.
    pub id: String,
    /// Unique among the change sets of its stack.
    pub name: String,
    /// Id of its stack.
    pub stack: String,
    /// Text of the user for other people.
    pub description: Option<String>,
    /// When it was created.
    pub created_at: String,
    /// Whether it could be made.
    pub status: ChangeSetStatus,
    /// What keeps it from being made; `None` when nothing does.
    pub reason: Option<String>,
    /// Whether it can be executed.
    pub execution: ExecutionStatus,
    /// What it makes of the stack.
    pub shape: Shape,
    /// One entry for each resource that it would add, modify or remove.
    pub changes: Vec<Change>,
    /// Whether a failure stays as it is when it is executed.
    pub keeps_failures: bool,
    /// Role that was named.
    pub role: Option<String>,
    /// Topics that were named.
    pub topics: Vec<String>,
}

/// Whether a change set could be made (CloudFormation: `ChangeSetStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChangeSetStatus {
    /// It can be looked at.
    CreateComplete,
    /// It was refused, or changes nothing.
    Failed,
}

/// Whether a change set can be executed (CloudFormation: `ExecutionStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    /// It cannot.
    Unavailable,
    /// It can.
    Available,
    /// It was.
    ExecuteComplete,
    /// The stack has changed since.
    Obsolete,
}

/// A change of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What happens.
    pub action: ChangeAction,
    /// Its logical id.
    pub logical: String,
    /// Its physical id, if it is there.
    pub physical: Option<String>,
    /// Its type.
    pub kind: String,
    /// Whether another one takes its place.
    pub replaces: bool,
    /// Names of the properties that change.
    pub properties: Vec<String>,
}

/// What happens to a resource (CloudFormation: `ChangeAction`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeAction {
    /// It is created.
    Add,
    /// It is changed.
    Modify,
    /// It is deleted.
    Remove,
}

impl ChangeSet {
    /// Where it is kept.
    pub fn key(&self) -> Key {
        let of = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
        Key::new(Kind::ChangeSet, &of(&self.stack), &of(&self.id))
    }

    /// Keeps it.
    pub fn put(&self, change: &mut replank_service::records::Change<'_>) {
        change.put(self.key(), written(self));
    }

    /// Change sets of a stack, by age.
    pub fn of(records: &Records, stack: &Stack) -> Vec<Self> {
        let mut found = records.list(Kind::ChangeSet, stack.uuid());
        found.sort_by_key(|(_, record)| record.number);
        found.into_iter().filter_map(|(_, record)| read(&record.document).ok()).collect()
    }

    /// The change set of a name in a stack, or of an id.
    pub fn find(records: &Records, named: &str, stack: Option<&str>) -> Result<Self, StackError> {
        let missing =
            || StackError::new(Code::ChangeSetNotFound, format!("ChangeSet [{named}] does not exist"));
        if named.starts_with("arn:") {
            let found = records
                .all(Kind::ChangeSet)
                .into_iter()
                .filter_map(|(_, it)| read::<Self>(&it.document).ok());
            return found.into_iter().find(|it| it.id == named).ok_or_else(missing);
        }
        let Some(stack) = stack else {
            return Err(StackError::invalid(
                "StackName must be specified if ChangeSetName is not specified as an ARN.",
            ));
        };
        let stack = super::find(records, stack)?;
        Self::of(records, &stack).into_iter().find(|it| it.name == named).ok_or_else(missing)
    }
}
