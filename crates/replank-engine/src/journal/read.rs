//! Reading updates: their state is rebuilt from their facts.

use jiff::Timestamp;
use replank_core::names::UpdateId;
use replank_core::node_group::event::Event;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::Rollout;

use super::format::{CLUSTER_UPGRADE, NODE_GROUP};
use super::store::UNFINISHED;
use super::{Journal, JournalError, Listed, Recorded, records};

impl Journal {
    /// Every update that has not ended, oldest first.
    pub fn unfinished(&self) -> Result<Vec<Recorded>, JournalError> {
        let open = self.list()?.into_iter().filter(|listed| listed.outcome.is_none());
        open.map(|listed| Ok(self.load(&listed.update)?.0)).collect()
    }

    /// An update and all its facts.
    pub fn load(&self, update: &UpdateId) -> Result<(Recorded, Vec<Event>), JournalError> {
        let (version, spec, started_at) = self.asked(update, NODE_GROUP)?;
        let name = format!("the spec of update {update}");
        let spec = records::read_spec(version, &spec).map_err(|why| self.damaged(&name, why))?;
        let mut recorded = Recorded { rollout: Rollout::new(spec, started_at), next_seq: 0 };
        let events = self.catch_up(&mut recorded)?;
        Ok((recorded, events))
    }

    /// Version and text of the spec of an update of a workflow, and when it was asked for.
    pub(super) fn asked(
        &self,
        update: &UpdateId,
        workflow: &str,
    ) -> Result<(u32, String, Timestamp), JournalError> {
        let Some(row) = self.store.asked(update.as_str(), workflow)? else {
            return Err(JournalError::Unknown { update: update.clone() });
        };
        let started_at = self.time(&format!("the spec of update {update}"), &row.started_at)?;
        Ok((row.version, row.spec, started_at))
    }

    /// Applies and returns the facts that were recorded since `recorded` was read, by a command or another process.
    pub fn catch_up(&self, recorded: &mut Recorded) -> Result<Vec<Event>, JournalError> {
        let events = self.events_from(&recorded.rollout.spec().update, recorded.next_seq)?;
        recorded.take_in(&events, &self.file)?;
        Ok(events)
    }

    /// Every update, oldest first.
    pub fn list(&self) -> Result<Vec<Listed>, JournalError> {
        let rows = self.rows()?.into_iter().filter(|row| row.workflow == NODE_GROUP);
        Ok(rows.map(|row| row.listed).collect())
    }

    /// Every row of every workflow, oldest first.
    pub(super) fn rows(&self) -> Result<Vec<ListedRow>, JournalError> {
        let row = |row: super::store::ListedRow| {
            let name = format!("the row of update {}", row.id);
            if ![NODE_GROUP, CLUSTER_UPGRADE].contains(&row.workflow.as_str()) {
                let why =
                    format!("its workflow is {}, which this version of replank does not know", row.workflow);
                return Err(self.damaged(&name, why));
            }
            let listed = Listed {
                started_at: self.time(&name, &row.started_at)?,
                outcome: outcome(&row.state).map_err(|why| self.damaged(&name, why))?,
                update: UpdateId::new(row.id),
                cluster: row.cluster.as_str().into(),
                group: row.group.as_str().into(),
            };
            Ok(ListedRow { workflow: row.workflow, listed })
        };
        self.store.list()?.into_iter().map(row).collect()
    }

    /// The facts of an update from sequence number `from` on.
    pub(crate) fn events_from(&self, update: &UpdateId, from: u64) -> Result<Vec<Event>, JournalError> {
        let facts = self.facts_from(update, from, records::read_fact)?;
        Ok(facts.into_iter().map(|(at, fact)| Event { at, fact }).collect())
    }

    /// The same for the facts of any workflow, as `read` reads them.
    pub(super) fn facts_from<F>(
        &self,
        update: &UpdateId,
        from: u64,
        read: impl Fn(u32, &str) -> Result<F, String>,
    ) -> Result<Vec<(Timestamp, F)>, JournalError> {
        let mut facts = Vec::new();
        for row in self.store.facts(update.as_str(), from)? {
            let expected = from + facts.len() as u64;
            let name = format!("event {} of update {update}", row.seq);
            if row.seq != expected {
                return Err(self.damaged(&name, format!("event {expected} is missing before it")));
            }
            let fact = read(row.version, &row.fact).map_err(|why| self.damaged(&name, why))?;
            facts.push((self.time(&name, &row.at)?, fact));
        }
        Ok(facts)
    }

    fn time(&self, row: &str, text: &str) -> Result<Timestamp, JournalError> {
        text.parse().map_err(|error: jiff::Error| self.damaged(row, format!("time {text:?}: {error}")))
    }

    pub(super) fn damaged(&self, row: &str, why: String) -> JournalError {
        JournalError::Damaged { file: self.file.clone(), row: row.to_owned(), why }
    }
}

/// A row of the table of updates.
pub(super) struct ListedRow {
    pub(super) workflow: String,
    pub(super) listed: Listed,
}

/// Value of column `state` for an outcome.
pub(super) fn state(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        None => UNFINISHED,
        Some(Outcome::Succeeded) => "succeeded",
        Some(Outcome::Failed) => "failed",
        Some(Outcome::Cancelled) => "cancelled",
    }
}

fn outcome(word: &str) -> Result<Option<Outcome>, String> {
    let known = [None, Some(Outcome::Succeeded), Some(Outcome::Failed), Some(Outcome::Cancelled)];
    known.into_iter().find(|outcome| state(*outcome) == word).ok_or_else(|| format!("state {word:?}"))
}
