//! What the journal has, and what other processes run that share it.

use replank_core::node_group::problem::Outcome;
use replank_engine::journal::Listed;

use super::UpdateFeed;

/// An update that another process runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Id of the update.
    pub update: String,
    /// Name of its node group.
    pub group: String,
    /// Name of the replica that runs it.
    pub replica: String,
    /// How far it is, in a sentence.
    pub said: String,
}

/// An update that the journal has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Name of its node group.
    pub group: String,
    /// How it ended; `None` if it had not.
    pub outcome: Option<Outcome>,
}

impl UpdateFeed {
    /// Sets what the journal has, as of a share of this process.
    pub fn on_record(&self, listed: &[Listed], share: Option<u64>) {
        let past = |one: &Listed| Past { group: one.group.to_string(), outcome: one.outcome };
        let mut inner = self.lock();
        inner.past = listed.iter().map(|one| (one.update.to_string(), past(one))).collect();
        inner.share = share.or(inner.share);
        drop(inner);
        self.ring();
    }

    /// Whether the updates of a share were taken up from the journal.
    pub fn has_taken_up(&self, share: u64) -> bool {
        self.lock().share == Some(share)
    }

    /// An update as the journal had it when it was last looked through.
    pub fn past(&self, update: &str) -> Option<Past> {
        self.lock().past.get(update).cloned()
    }

    /// Sets which updates others run.
    pub fn runs_elsewhere(&self, all: Vec<Elsewhere>) {
        let mut inner = self.lock();
        if inner.elsewhere != all {
            inner.elsewhere = all;
            drop(inner);
            self.ring();
        }
    }

    /// The update of a node group that another process runs.
    pub fn elsewhere_of(&self, group: &str) -> Option<Elsewhere> {
        self.lock().elsewhere.iter().find(|one| one.group == group).cloned()
    }

    /// Name of the other process that runs an update.
    pub fn replica_of(&self, update: &str) -> Option<String> {
        self.lock().elsewhere.iter().find(|one| one.update == update).map(|one| one.replica.clone())
    }
}
