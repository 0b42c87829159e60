//! Reading updates: their state is rebuilt from their facts.

use jiff::Timestamp;
use replank_core::names::UpdateId;
use replank_core::node_group::event::Event;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::Rollout;
use rusqlite::{OptionalExtension, Row, named_params};

use super::format::{CLUSTER_UPGRADE, NODE_GROUP};
use super::{Journal, JournalError, Listed, Recorded, records_v1};

/// Facts of an update from a sequence number on; run at every turn.
pub(super) const EVENTS: &str = "SELECT events.seq, events.at, events.record_version, events.fact
     FROM events JOIN updates ON updates.number = events.update_number
     WHERE updates.id = :id AND events.seq >= :from ORDER BY events.seq";

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
        let spec = records_v1::read_spec(version, &spec).map_err(|why| self.damaged(&name, why))?;
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
        let failed = self.failed("read the update");
        let sql =
            "SELECT record_version, spec, started_at FROM updates WHERE id = :id AND workflow = :workflow";
        let row = self
            .connection
            .prepare_cached(sql)
            .map_err(&failed)?
            .query_row(named_params! { ":id": update.as_str(), ":workflow": workflow }, |row| {
                Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
            })
            .optional()
            .map_err(&failed)?;
        let Some((version, spec, started_at)) = row else {
            return Err(JournalError::Unknown { update: update.clone() });
        };
        Ok((version, spec, self.time(&format!("the spec of update {update}"), &started_at)?))
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
        let failed = self.failed("list the updates");
        let sql = "SELECT id, cluster, node_group, started_at, state, workflow FROM updates ORDER BY number";
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let mut rows = statement.query([]).map_err(&failed)?;
        let mut listed = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            let [update, cluster, group, started_at, state, workflow] = texts(row).map_err(&failed)?;
            let name = format!("the row of update {update}");
            if ![NODE_GROUP, CLUSTER_UPGRADE].contains(&workflow.as_str()) {
                let why = format!("its workflow is {workflow}, which this version of replank does not know");
                return Err(self.damaged(&name, why));
            }
            let one = Listed {
                started_at: self.time(&name, &started_at)?,
                outcome: outcome(&state).map_err(|why| self.damaged(&name, why))?,
                update: UpdateId::new(update),
                cluster: cluster.as_str().into(),
                group: group.as_str().into(),
            };
            listed.push(ListedRow { workflow, listed: one });
        }
        Ok(listed)
    }

    /// The facts of an update from sequence number `from` on.
    pub(crate) fn events_from(&self, update: &UpdateId, from: u64) -> Result<Vec<Event>, JournalError> {
        let facts = self.facts_from(update, from, records_v1::read_fact)?;
        Ok(facts.into_iter().map(|(at, fact)| Event { at, fact }).collect())
    }

    /// The same for the facts of any workflow, as `read` reads them.
    pub(super) fn facts_from<F>(
        &self,
        update: &UpdateId,
        from: u64,
        read: impl Fn(u32, &str) -> Result<F, String>,
    ) -> Result<Vec<(Timestamp, F)>, JournalError> {
        let failed = self.failed("read the events");
        let mut statement = self.connection.prepare_cached(EVENTS).map_err(&failed)?;
        let mut rows = statement
            .query(named_params! { ":id": update.as_str(), ":from": from as i64 })
            .map_err(&failed)?;
        let mut facts = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            let expected = from + facts.len() as u64;
            let seq: i64 = row.get(0).map_err(&failed)?;
            let name = format!("event {seq} of update {update}");
            if seq as u64 != expected {
                return Err(self.damaged(&name, format!("event {expected} is missing before it")));
            }
            let at: String = row.get(1).map_err(&failed)?;
            let version: u32 = row.get(2).map_err(&failed)?;
            let fact: String = row.get(3).map_err(&failed)?;
            let fact = read(version, &fact).map_err(|why| self.damaged(&name, why))?;
            facts.push((self.time(&name, &at)?, fact));
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

fn texts<const N: usize>(row: &Row<'_>) -> rusqlite::Result<[String; N]> {
    let mut texts = [const { String::new() }; N];
    for (at, text) in texts.iter_mut().enumerate() {
        *text = row.get(at)?;
    }
    Ok(texts)
}

/// Value of column `state` for an outcome.
pub(super) fn state(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        None => "unfinished",
        Some(Outcome::Succeeded) => "succeeded",
        Some(Outcome::Failed) => "failed",
        Some(Outcome::Cancelled) => "cancelled",
    }
}

fn outcome(word: &str) -> Result<Option<Outcome>, String> {
    let known = [None, Some(Outcome::Succeeded), Some(Outcome::Failed), Some(Outcome::Cancelled)];
    known.into_iter().find(|outcome| state(*outcome) == word).ok_or_else(|| format!("state {word:?}"))
}
