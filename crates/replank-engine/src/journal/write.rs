//! Writing updates: a new one, and facts with a compare-and-swap on their number.

use jiff::Timestamp;
use replank_core::names::UpdateId;
use replank_core::node_group::event::Event;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Spec;
use replank_core::sizes::Sizes;

use super::format::NODE_GROUP;
use super::read::state;
use super::store::{Added, NewFact, NewRow};
use super::{AppendError, Journal, JournalError, Listed, Recorded, StartError, records};

impl Journal {
    /// Starts an update. Refused while the group has one that has not ended. Original sizes that the group's last
    /// update could not restore are passed on in `inherited`, unless the spec has some.
    pub fn start(&mut self, mut spec: Spec, at: Timestamp) -> Result<Recorded, StartError> {
        let last = self.may_start(&spec)?;
        spec.inherited = match (spec.inherited, last) {
            (None, Some(last)) => self.unrestored(&last)?,
            (given, _) => given,
        };
        let text = records::write_spec(&spec)
            .map_err(|source| JournalError::Unwritable { update: spec.update.clone(), source })?;
        let started_at = at.to_string();
        let row = NewRow {
            id: spec.update.as_str(),
            workflow: NODE_GROUP,
            cluster: spec.cluster.as_str(),
            group: spec.group.as_str(),
            version: records::VERSION,
            spec: &text,
            started_at: &started_at,
        };
        if self.store.add(&row)? == Added::Refused {
            // Another process has just started one; look who it is.
            self.may_start(&spec)?;
            return Err(StartError::Taken { update: spec.update });
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
        let text = |event: &Event| Ok((event.at.to_string(), records::write_fact(&event.fact)?));
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
        let fact = |(at, fact)| NewFact { at, version: records::VERSION, fact };
        let facts: Vec<NewFact> = texts
            .map(|text| text.map(fact))
            .collect::<Result<_, _>>()
            .map_err(|source| JournalError::Unwritable { update: update.clone(), source })?;
        let state = outcome.map(|outcome| state(Some(outcome)));
        match self.store.append(update.as_str(), before, &facts, state)? {
            Added::Yes => Ok(()),
            Added::Refused => Err(AppendError::LostRace { update: update.clone() }),
        }
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
