//! The journal in the cluster: rows of updates as objects, swapped in by their resource versions.
//!
//! An update has a head (part 0, what was asked for, never changed) and parts with facts. Facts are added to the last
//! part; one that is full is followed by the next. Whether a part is full depends on what is in it alone, so two who add
//! at once either write the same part, of which one version wins, or make the same part, of which one is there first.

mod part;
mod requests;

use std::collections::BTreeMap;
use std::fmt;

use replank_engine::journal::JournalError;
use replank_engine::journal::store::{
    Added, AskedRow, FactRow, ListedRow, NewFact, NewRow, Store, UNFINISHED,
};
use tokio::runtime::Handle;

use part::Part;
use requests::{Failed, Requests};

/// Rows of the journal as custom resources of the cluster (`UpdateRecord`).
pub struct ClusterStore {
    requests: Requests,
    runtime: Handle,
    /// The last part of updates, as it was read or written last.
    tails: BTreeMap<String, Part>,
}

impl fmt::Debug for ClusterStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterStore").field("tails", &self.tails.len()).finish_non_exhaustive()
    }
}

impl ClusterStore {
    /// The rows behind this API server. Calls block on `runtime`, so they must not come from one of its threads.
    pub fn new(client: kube::Client, runtime: Handle) -> Self {
        Self { requests: Requests::new(client), runtime, tails: BTreeMap::new() }
    }

    fn failed(attempt: &'static str) -> impl Fn(Failed) -> JournalError {
        move |failed| JournalError::Store { file: NAME.to_owned(), attempt, why: failed.to_string() }
    }

    /// The parts of an update from the one with fact `from` on.
    fn parts(&self, id: &str, from: u64) -> Result<Vec<Part>, Failed> {
        match self.tails.get(id).filter(|tail| tail.first_seq() <= from) {
            None => self.runtime.block_on(self.requests.parts(id)),
            // What is before the last part that is known is not asked for again.
            Some(tail) => self.runtime.block_on(self.requests.parts_from(id, tail.number())),
        }
    }
}

/// Name of the store in error messages.
const NAME: &str = "the journal in the cluster (updaterecords.replank.dev)";

impl Store for ClusterStore {
    fn name(&self) -> &str {
        NAME
    }

    fn list(&self) -> Result<Vec<ListedRow>, JournalError> {
        let listed = self.runtime.block_on(self.requests.heads());
        let (heads, states) = listed.map_err(Self::failed("list the updates"))?;
        let row = |(id, asked): (String, crate::api::AskedRecord)| ListedRow {
            state: states.get(&id).map_or(UNFINISHED, String::as_str).to_owned(),
            workflow: asked.workflow,
            cluster: asked.cluster,
            group: asked.group,
            started_at: asked.started_at,
            id,
        };
        Ok(heads.into_iter().map(row).collect())
    }

    fn asked(&self, id: &str, workflow: &str) -> Result<Option<AskedRow>, JournalError> {
        let head = self.runtime.block_on(self.requests.head(id)).map_err(Self::failed("read the update"))?;
        let asked = head.and_then(|head| head.spec.asked).filter(|asked| asked.workflow == workflow);
        Ok(asked.map(|it| AskedRow { version: it.version, spec: it.spec, started_at: it.started_at }))
    }

    fn facts(&self, id: &str, from: u64) -> Result<Vec<FactRow>, JournalError> {
        let parts = self.parts(id, from).map_err(Self::failed("read the facts"))?;
        Ok(parts.iter().flat_map(Part::rows).filter(|row| row.seq >= from).collect())
    }

    fn add(&mut self, row: &NewRow<'_>) -> Result<Added, JournalError> {
        let of_group = |listed: &ListedRow| listed.cluster == row.cluster && listed.group == row.group;
        let listed = self.list()?;
        let open = listed.iter().any(|one| of_group(one) && one.state == UNFINISHED);
        // Two at once are kept apart by the Lease of the one who acts; by their ids the server itself does it.
        if open {
            return Ok(Added::Refused);
        }
        self.runtime.block_on(self.requests.add(row)).map_err(Self::failed("start the update"))
    }

    fn append(
        &mut self,
        id: &str,
        before: u64,
        facts: &[NewFact],
        state: Option<&str>,
    ) -> Result<Added, JournalError> {
        let failed = Self::failed("record the facts");
        let known = self.tails.get(id).filter(|tail| tail.next_seq() == before).cloned();
        let tail = match known {
            Some(tail) => Some(tail),
            None => self.parts(id, before).map_err(&failed)?.pop(),
        };
        if tail.as_ref().map_or(0, Part::next_seq) != before {
            self.tails.remove(id);
            return Ok(Added::Refused);
        }
        let written = self.runtime.block_on(self.requests.append(id, tail.as_ref(), facts, state));
        match written.map_err(&failed)? {
            // Nothing comes behind an end.
            Some(_) if state.is_some() => {
                self.tails.remove(id);
                Ok(Added::Yes)
            }
            Some(part) => {
                self.tails.insert(id.to_owned(), part);
                Ok(Added::Yes)
            }
            None => {
                self.tails.remove(id);
                Ok(Added::Refused)
            }
        }
    }
}
