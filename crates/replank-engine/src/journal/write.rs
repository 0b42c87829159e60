//! Writing updates: a new one, and facts with a compare-and-swap on their number.

use jiff::Timestamp;
use replank_core::names::UpdateId;
use replank_core::node_group::event::Event;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Spec;
use replank_core::sizes::Sizes;
use rusqlite::{ErrorCode, OptionalExtension, Transaction, TransactionBehavior, named_params};

use super::format::NODE_GROUP;
use super::read::state;
use super::{AppendError, Journal, JournalError, Listed, Recorded, StartError, records_v1};

impl Journal {
    /// Starts an update. Refused while the group has one that has not ended. Original sizes that the group's last
    /// update could not restore are passed on in `inherited`, unless the spec has some.
    pub fn start(&mut self, mut spec: Spec, at: Timestamp) -> Result<Recorded, StartError> {
        let last = self.may_start(&spec)?;
        spec.inherited = match (spec.inherited, last) {
            (None, Some(last)) => self.unrestored(&last)?,
            (given, _) => given,
        };
        let text = records_v1::write_spec(&spec)
            .map_err(|source| JournalError::Unwritable { update: spec.update.clone(), source })?;
        let (cluster, group) = (spec.cluster.as_str(), spec.group.as_str());
        let row = NewRow { id: spec.update.as_str(), workflow: NODE_GROUP, cluster, group, spec: text, at };
        let started = self.insert_row(&row);
        if let Err(source) = started {
            // The index over unfinished updates refuses one that another process has just started; look who it is.
            if source.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) {
                self.may_start(&spec)?;
            }
            return Err(self.failed("start the update")(source).into());
        }
        Ok(Recorded { rollout: Rollout::new(spec, at), next_seq: 0 })
    }

    /// Records facts, all or none, and applies them to `recorded`. On [`AppendError::LostRace`] nothing happened: call
    /// [`Journal::catch_up`] and decide again.
    pub fn append(&mut self, recorded: &mut Recorded, events: &[Event]) -> Result<(), AppendError> {
        if events.is_empty() {
            return Ok(());
        }
        let after = recorded.with(events)?;
        let outcome = after.rollout.end().map(|end| end.outcome);
        self.record(&recorded.rollout.spec().update, recorded.next_seq, events, outcome)?;
        *recorded = after;
        Ok(())
    }

    /// Records facts behind the first `before` ones, all or none. `outcome` is set when they end the update.
    pub(crate) fn record(
        &mut self,
        update: &UpdateId,
        before: u64,
        events: &[Event],
        outcome: Option<Outcome>,
    ) -> Result<(), AppendError> {
        let text = |event: &Event| Ok((event.at.to_string(), records_v1::write_fact(&event.fact)?));
        self.record_texts(update, before, events.iter().map(text), outcome)
    }

    /// The same with facts of any workflow, each as its time and its text.
    pub(super) fn record_texts(
        &mut self,
        update: &UpdateId,
        before: u64,
        texts: impl Iterator<Item = Result<(String, String), serde_json::Error>>,
        outcome: Option<Outcome>,
    ) -> Result<(), AppendError> {
        let texts: Vec<_> = texts
            .collect::<Result<_, _>>()
            .map_err(|source| JournalError::Unwritable { update: update.clone(), source })?;
        let file = self.file.clone();
        let failed =
            |source| JournalError::Sqlite { file: file.clone(), attempt: "record the facts", source };
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let Some(number) = swappable(&transaction, update, before).map_err(failed)? else {
            return Err(AppendError::LostRace { update: update.clone() });
        };
        insert(&transaction, number, before, &texts).map_err(failed)?;
        if outcome.is_some() {
            transaction
                .execute(
                    "UPDATE updates SET state = :state WHERE number = :number",
                    named_params! { ":state": state(outcome), ":number": number },
                )
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        Ok(())
    }

    /// Puts the row of a new update into the table.
    pub(super) fn insert_row(&self, row: &NewRow<'_>) -> rusqlite::Result<usize> {
        let sql =
            "INSERT INTO updates (id, workflow, cluster, node_group, record_version, spec, started_at, state)
             VALUES (:id, :workflow, :cluster, :group, :version, :spec, :at, 'unfinished')";
        self.connection.execute(
            sql,
            named_params! {
                ":id": row.id,
                ":workflow": row.workflow,
                ":cluster": row.cluster,
                ":group": row.group,
                ":version": records_v1::VERSION,
                ":spec": row.spec,
                ":at": row.at.to_string(),
            },
        )
    }

    /// The group's last update, if it has ended; an error if it has not, or if the id exists.
    fn may_start(&self, spec: &Spec) -> Result<Option<UpdateId>, StartError> {
        let listed = self.list()?;
        if listed.iter().any(|listed| listed.update == spec.update) {
            return Err(StartError::Taken { update: spec.update.clone() });
        }
        let of_group = |listed: &&Listed| listed.cluster == spec.cluster && listed.group == spec.group;
        match listed.iter().rfind(of_group) {
            Some(Listed { update, outcome: None, .. }) => Err(StartError::Unfinished {
                cluster: spec.cluster.clone(),
                group: spec.group.clone(),
                update: update.clone(),
            }),
            last => Ok(last.map(|last| last.update.clone())),
        }
    }

    /// Original sizes that this update could not restore.
    fn unrestored(&self, update: &UpdateId) -> Result<Option<Sizes>, JournalError> {
        let (recorded, _) = self.load(update)?;
        let rollout = &recorded.rollout;
        let unrestored = rollout.end().and_then(|end| end.unrestored);
        // An update that ended before it worked out its numbers restored nothing of what it inherited.
        let untouched = rollout.spec().inherited.filter(|_| rollout.measured().is_none());
        Ok(unrestored.or(untouched))
    }
}

/// A row to be.
pub(super) struct NewRow<'a> {
    pub(super) id: &'a str,
    pub(super) workflow: &'a str,
    pub(super) cluster: &'a str,
    /// Name of the node group; empty for an upgrade of the whole cluster.
    pub(super) group: &'a str,
    pub(super) spec: String,
    pub(super) at: Timestamp,
}

/// The row number of the update, if it has exactly `next_seq` facts.
fn swappable(
    transaction: &Transaction<'_>,
    update: &UpdateId,
    next_seq: u64,
) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT number, (SELECT coalesce(max(seq) + 1, 0) FROM events WHERE update_number = number)
         FROM updates WHERE id = :id";
    let row: Option<(i64, i64)> = transaction
        .prepare_cached(sql)?
        .query_row(named_params! { ":id": update.as_str() }, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(row.filter(|(_, found)| *found as u64 == next_seq).map(|(number, _)| number))
}

fn insert(
    transaction: &Transaction<'_>,
    number: i64,
    next_seq: u64,
    texts: &[(String, String)],
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO events (update_number, seq, at, record_version, fact)
         VALUES (:number, :seq, :at, :version, :fact)";
    let mut statement = transaction.prepare_cached(sql)?;
    for ((at, fact), seq) in texts.iter().zip(next_seq..) {
        statement.execute(named_params! {
            ":number": number,
            ":seq": seq as i64,
            ":at": at,
            ":version": records_v1::VERSION,
            ":fact": fact,
        })?;
    }
    Ok(())
}
