//! The port to whatever keeps the rows of a journal. What the rows mean is not its business: it keeps texts, in order,
//! and swaps them in only behind those that were seen.

use std::any::Any;
use std::fmt;

use super::JournalError;

/// Where the rows of a journal are kept. Several processes may have the same rows open.
pub trait Store: Any + fmt::Debug + Send {
    /// Name of the place, such as the path of a file, for error messages.
    fn name(&self) -> &str;

    /// Every update of every workflow, in the order in which they were added.
    fn list(&self) -> Result<Vec<ListedRow>, JournalError>;

    /// What was asked for with an update of a workflow; `None` when there is no such update.
    fn asked(&self, id: &str, workflow: &str) -> Result<Option<AskedRow>, JournalError>;

    /// The facts of an update from number `from` on, in order. An update that does not exist has none.
    fn facts(&self, id: &str, from: u64) -> Result<Vec<FactRow>, JournalError>;

    /// Adds an unfinished update. [`Added::Refused`] when there is one with its id, or an unfinished one of its cluster
    /// and node group.
    fn add(&mut self, row: &NewRow<'_>) -> Result<Added, JournalError>;

    /// Adds facts behind the first `before`, all or none, together with the state that they lead to, if they end the
    /// update. [`Added::Refused`] when there is no such update, or it has another number of facts.
    fn append(
        &mut self,
        id: &str,
        before: u64,
        facts: &[NewFact],
        state: Option<&str>,
    ) -> Result<Added, JournalError>;
}

/// Whether rows were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// All of them are kept now.
    Yes,
    /// None: somebody else was there before.
    Refused,
}

/// State of an update that has not ended.
pub const UNFINISHED: &str = "unfinished";

/// An update in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRow {
    /// Id of the update, unique in the journal.
    pub id: String,
    /// Name of its workflow.
    pub workflow: String,
    /// Name of its cluster.
    pub cluster: String,
    /// Name of its node group; empty for an upgrade of the whole cluster.
    pub group: String,
    /// When it was asked for.
    pub started_at: String,
    /// [`UNFINISHED`], or how it ended.
    pub state: String,
}

/// What was asked for with an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedRow {
    /// Version of the record.
    pub version: u32,
    /// What was asked for, as JSON in the form of that version.
    pub spec: String,
    /// When it was asked for.
    pub started_at: String,
}

/// A fact that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRow {
    /// Its number, from 0.
    pub seq: u64,
    /// When it was recorded.
    pub at: String,
    /// Version of the record.
    pub version: u32,
    /// What happened, as JSON in the form of that version.
    pub fact: String,
}

/// A fact to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFact {
    /// When it was recorded.
    pub at: String,
    /// Version of the record.
    pub version: u32,
    /// What happened, as JSON in the form of that version.
    pub fact: String,
}

/// An update to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRow<'a> {
    /// Id of the update; when it is there already, nothing is added.
    pub id: &'a str,
    /// Name of its workflow.
    pub workflow: &'a str,
    /// Name of its cluster.
    pub cluster: &'a str,
    /// Name of its node group; empty for an upgrade of the whole cluster.
    pub group: &'a str,
    /// Version of the record.
    pub version: u32,
    /// What was asked for, as JSON in the form of that version.
    pub spec: &'a str,
    /// When it was asked for.
    pub started_at: &'a str,
}
