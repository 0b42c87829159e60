//! A part of the journal of an update: some facts in one object, and when it is full.

use kube::ResourceExt;
use replank_engine::journal::store::{FactRow, NewFact};

use crate::api::{FactRecord, UpdateRecord};

/// A part that holds so many bytes takes no more facts. With the largest batch of a turn it stays far below the 1 MiB
/// that an object may have (etcd: 1.5 MiB a request).
const FULL: usize = 64 << 10;

/// A part with its facts.
#[derive(Clone, Debug)]
pub(super) struct Part(pub(super) UpdateRecord);

impl Part {
    /// Its number, from 1.
    pub(super) fn number(&self) -> u32 {
        self.0.spec.part
    }

    /// Number of its first fact.
    pub(super) fn first_seq(&self) -> u64 {
        self.0.spec.first_seq
    }

    /// Number of the first fact behind it.
    pub(super) fn next_seq(&self) -> u64 {
        self.first_seq() + self.0.spec.facts.len() as u64
    }

    /// Whether the next facts go into the next part.
    pub(super) fn is_full(&self) -> bool {
        size(&self.0.spec.facts) >= FULL
    }

    /// Facts of this part, numbered on from the parts before.
    pub(super) fn rows(&self) -> Vec<FactRow> {
        let facts = self.0.spec.facts.iter().zip(self.first_seq()..);
        let row = |(fact, seq): (&FactRecord, u64)| FactRow {
            seq,
            at: fact.at.clone(),
            version: fact.version,
            fact: fact.fact.clone(),
        };
        facts.map(row).collect()
    }

    /// The same with more facts and, if they end the update, its state.
    pub(super) fn with(&self, facts: &[NewFact], state: Option<&str>) -> UpdateRecord {
        let mut record = self.0.clone();
        record.spec.facts.extend(records(facts));
        if let Some(state) = state {
            record.spec.state = Some(state.to_owned());
            record.labels_mut().insert(super::requests::STATE.to_owned(), state.to_owned());
        }
        record
    }
}

/// Facts as they stand in an object.
pub(super) fn records(facts: &[NewFact]) -> impl Iterator<Item = FactRecord> {
    facts.iter().map(|fact| FactRecord {
        at: fact.at.clone(),
        version: fact.version,
        fact: fact.fact.clone(),
    })
}

/// Bytes of facts in an object, about.
fn size(facts: &[FactRecord]) -> usize {
    facts.iter().map(|fact| fact.fact.len() + fact.at.len() + 40).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::UpdateRecordSpec;

    fn facts(count: usize, length: usize) -> Vec<NewFact> {
        let fact = NewFact { at: "2026-11-30T10:00:00Z".into(), version: 1, fact: "x".repeat(length) };
        vec![fact; count]
    }

    #[test]
    fn a_part_stays_far_below_what_an_object_may_have() {
        let mut part = Part(UpdateRecord::new("p", UpdateRecordSpec { first_seq: 7, ..Default::default() }));
        while !part.is_full() {
            // A turn picks and drains up to a hundred nodes: some hundred facts of a hundred bytes or two.
            part = Part(part.with(&facts(300, 200), None));
        }
        let bytes = serde_json::to_vec(&part.0).unwrap().len();
        assert!((FULL..512 << 10).contains(&bytes), "{bytes}");
        assert_eq!(part.next_seq(), 7 + part.rows().len() as u64);
    }
}
