//! Upgrades of whole clusters: rows of the same tables, with a workflow of their own.

use jiff::Timestamp;
use replank_core::cluster_upgrade::event::Event;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::cluster_upgrade::spec::Spec;
use replank_core::names::{ClusterName, UpdateId};

use super::format::CLUSTER_UPGRADE;
use super::read::ListedRow;
use super::store::{Added, NewRow};
use super::{AppendError, Journal, JournalError, StartError, upgrade_records};

/// An upgrade as far as it was read from the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedUpgrade {
    /// Its state, with all facts applied.
    pub upgrade: Upgrade,
    /// Number of its facts, which is the sequence number of the next one.
    pub next_seq: u64,
}

/// An upgrade in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedUpgrade {
    /// Id of the upgrade.
    pub upgrade: UpdateId,
    /// Name of the cluster.
    pub cluster: ClusterName,
    /// Whether it has ended.
    pub is_over: bool,
}

impl RecordedUpgrade {
    /// The same with facts that are to be recorded.
    pub(crate) fn with(&self, events: &[Event]) -> Result<Self, AppendError> {
        let mut after = self.clone();
        for event in events {
            after.upgrade.apply(event).map_err(|error| AppendError::IllegalOfUpgrade(Box::new(error)))?;
            after.next_seq += 1;
        }
        Ok(after)
    }
}

impl Journal {
    /// Starts an upgrade. Refused while the cluster has one that has not ended.
    pub fn start_upgrade(&mut self, spec: Spec, at: Timestamp) -> Result<RecordedUpgrade, StartError> {
        let rows = self.rows()?;
        if rows.iter().any(|row| row.listed.update == spec.upgrade) {
            return Err(StartError::Taken { update: spec.upgrade });
        }
        let is_open = |one: &ListedUpgrade| one.cluster == spec.cluster && !one.is_over;
        if let Some(open) = upgrades(rows).find(is_open) {
            return Err(StartError::Upgrading { cluster: spec.cluster, upgrade: open.upgrade });
        }
        let text = upgrade_records::write_spec(&spec)
            .map_err(|source| JournalError::Unwritable { update: spec.upgrade.clone(), source })?;
        let started_at = at.to_string();
        let row = NewRow {
            id: spec.upgrade.as_str(),
            workflow: CLUSTER_UPGRADE,
            cluster: spec.cluster.as_str(),
            group: "",
            version: super::records::VERSION,
            spec: &text,
            started_at: &started_at,
        };
        if self.store.add(&row)? == Added::Refused {
            return Err(StartError::Taken { update: spec.upgrade });
        }
        Ok(RecordedUpgrade { upgrade: Upgrade::new(spec, at), next_seq: 0 })
    }

    /// Every upgrade, oldest first.
    pub fn upgrades(&self) -> Result<Vec<ListedUpgrade>, JournalError> {
        Ok(upgrades(self.rows()?).collect())
    }

    /// Every upgrade that has not ended, oldest first.
    pub fn unfinished_upgrades(&self) -> Result<Vec<RecordedUpgrade>, JournalError> {
        let open = self.upgrades()?.into_iter().filter(|listed| !listed.is_over);
        open.map(|listed| Ok(self.load_upgrade(&listed.upgrade)?.0)).collect()
    }

    /// Whether an id is that of an upgrade.
    pub fn is_upgrade(&self, id: &UpdateId) -> Result<bool, JournalError> {
        match self.asked(id, CLUSTER_UPGRADE) {
            Ok(_) => Ok(true),
            Err(JournalError::Unknown { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// An upgrade and all its facts.
    pub fn load_upgrade(&self, id: &UpdateId) -> Result<(RecordedUpgrade, Vec<Event>), JournalError> {
        let (version, spec, at) = self.asked(id, CLUSTER_UPGRADE)?;
        let name = format!("the spec of upgrade {id}");
        let spec = upgrade_records::read_spec(version, &spec).map_err(|why| self.damaged(&name, why))?;
        let mut recorded = RecordedUpgrade { upgrade: Upgrade::new(spec, at), next_seq: 0 };
        let events = self.catch_up_upgrade(&mut recorded)?;
        Ok((recorded, events))
    }

    /// Applies and returns the facts that were recorded since `recorded` was read.
    pub fn catch_up_upgrade(&self, recorded: &mut RecordedUpgrade) -> Result<Vec<Event>, JournalError> {
        let id = recorded.upgrade.spec().upgrade.clone();
        let facts = self.facts_from(&id, recorded.next_seq, upgrade_records::read_fact)?;
        let events: Vec<Event> = facts.into_iter().map(|(at, fact)| Event { at, fact }).collect();
        for event in &events {
            let row = format!("event {} of upgrade {id}", recorded.next_seq);
            recorded.upgrade.apply(event).map_err(|error| self.damaged(&row, error.to_string()))?;
            recorded.next_seq += 1;
        }
        Ok(events)
    }

    /// Records facts, all or none, and applies them to `recorded`. On [`AppendError::LostRace`] nothing happened.
    pub fn append_upgrade(
        &mut self,
        recorded: &mut RecordedUpgrade,
        events: &[Event],
    ) -> Result<(), AppendError> {
        if events.is_empty() {
            return Ok(());
        }
        let after = recorded.with(events)?;
        let id = recorded.upgrade.spec().upgrade.clone();
        let text = |event: &Event| Ok((event.at.to_string(), upgrade_records::write_fact(&event.fact)?));
        let outcome = after.upgrade.end().map(|end| end.outcome.into());
        self.record_texts(&id, recorded.next_seq, events.iter().map(text), outcome)?;
        *recorded = after;
        Ok(())
    }
}

/// The upgrades among the rows of all workflows.
fn upgrades(rows: Vec<ListedRow>) -> impl Iterator<Item = ListedUpgrade> {
    let rows = rows.into_iter().filter(|row| row.workflow == CLUSTER_UPGRADE);
    rows.map(|row| ListedUpgrade {
        upgrade: row.listed.update,
        cluster: row.listed.cluster,
        is_over: row.listed.outcome.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use replank_core::cluster_upgrade::event::Fact;
    use replank_core::cluster_upgrade::problem::Outcome;
    use replank_core::version::Minor;

    use super::*;
    use crate::journal::upgrade_records::tests::spec;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_upgrade_is_read_back_with_its_facts_and_is_no_update() {
        let mut journal = Journal::in_memory().unwrap();
        let mut recorded = journal.start_upgrade(spec(), at(0)).unwrap();
        let events = [Fact::Paused, Fact::Resumed].map(|fact| Event { at: at(1), fact });
        journal.append_upgrade(&mut recorded, &events).unwrap();
        assert_eq!(journal.unfinished_upgrades().unwrap(), std::slice::from_ref(&recorded));
        assert_eq!(journal.load_upgrade(&"up".into()).unwrap(), (recorded.clone(), events.to_vec()));
        assert!(journal.is_upgrade(&"up".into()).unwrap() && !journal.is_upgrade(&"u-1".into()).unwrap());
        assert!(journal.list().unwrap().is_empty() && journal.load(&"up".into()).is_err());
        let mut stale = RecordedUpgrade { upgrade: Upgrade::new(spec(), at(0)), next_seq: 0 };
        let lost = journal.append_upgrade(&mut stale, &events);
        assert!(matches!(lost, Err(AppendError::LostRace { .. })), "{lost:?}");
    }

    #[test]
    fn a_cluster_has_one_upgrade_at_a_time() {
        let mut journal = Journal::in_memory().unwrap();
        let mut recorded = journal.start_upgrade(spec(), at(0)).unwrap();
        let again = journal.start_upgrade(spec(), at(1));
        assert!(matches!(again, Err(StartError::Taken { .. })), "{again:?}");
        let other = Spec { upgrade: "other".into(), to: Minor(33), ..spec() };
        let refused = journal.start_upgrade(other.clone(), at(1)).unwrap_err().to_string();
        assert_eq!(refused, "cluster c is being upgraded by up; wait for it or cancel it");
        let end = [Fact::Cancelled, Fact::Finished { outcome: Outcome::Cancelled }];
        journal.append_upgrade(&mut recorded, &end.map(|fact| Event { at: at(2), fact })).unwrap();
        journal.start_upgrade(other, at(3)).unwrap();
    }
}
