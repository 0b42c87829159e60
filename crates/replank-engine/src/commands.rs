//! What a person may ask of an update under way: pause, resume, cancel, force.
//!
//! A command is a fact like any other, recorded with the same compare-and-swap; the next turn finds it.

use jiff::Timestamp;
use replank_core::names::UpdateId;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::{GiveBack, Rollout};
use thiserror::Error;

use crate::journal::{AppendError, Journal, JournalError};
use crate::messages;

/// A wish about one update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The update.
    pub update: UpdateId,
    /// The wish.
    pub wish: Wish,
}

/// What a person may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Pick no more nodes.
    Pause {
        /// What becomes of the nodes in work.
        in_work: GiveBack,
    },
    /// Go on after a pause.
    Resume,
    /// Stop for good, clean up, bring the sizes home.
    Cancel {
        /// What becomes of the nodes in work.
        in_work: GiveBack,
        /// Which template version later launches use.
        target: TargetAfter,
        /// Which nodes stay where the group has old and new ones.
        stays: Stays,
    },
    /// Delete what will not leave in time.
    Force,
}

/// Which template version launches use after a cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetAfter {
    /// The target's.
    Stays,
    /// The one from before the update.
    Restored,
}

/// Which nodes stay after a cancel, where the group has more than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// The old ones that are left; the new ones that replaced none go.
    Old,
    /// The new ones; old ones go in their place.
    New,
}

/// A command that was not taken. Nothing was recorded.
#[derive(Debug, Error)]
pub enum CommandError {
    /// The update is over.
    #[error("update {update} is over: it {} at {}", messages::outcome(*.outcome), messages::moment(*.at))]
    Over {
        /// The update.
        update: UpdateId,
        /// How it ended.
        outcome: Outcome,
        /// When.
        at: Timestamp,
    },
    /// The wish stands already, or there is nothing that it would change.
    #[error("update {update} {why}")]
    Pointless {
        /// The update.
        update: UpdateId,
        /// Why.
        why: &'static str,
    },
    /// So many others recorded facts at the same time that this one never got its turn.
    #[error("update {update} is changing too fast; try again")]
    Crowded {
        /// The update.
        update: UpdateId,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The fact cannot be recorded.
    #[error(transparent)]
    Append(AppendError),
}

/// How often a lost race is tried again: the engine records a few facts a second at most.
const TRIES: u32 = 16;

/// Records the wish at `at`, unless the update is over or the wish would change nothing.
pub fn give(journal: &mut Journal, command: &Command, at: Timestamp) -> Result<Event, CommandError> {
    let update = &command.update;
    let (mut recorded, _) = journal.load(update)?;
    for _ in 0..TRIES {
        let fact = fact(&recorded.rollout, command.wish).map_err(|refusal| refusal.of(update))?;
        let event = Event { at, fact };
        match journal.append(&mut recorded, std::slice::from_ref(&event)) {
            Ok(()) => return Ok(event),
            Err(AppendError::LostRace { .. }) => drop(journal.catch_up(&mut recorded)?),
            Err(error) => return Err(CommandError::Append(error)),
        }
    }
    Err(CommandError::Crowded { update: update.clone() })
}

enum Refusal {
    Over(Outcome, Timestamp),
    Pointless(&'static str),
}

impl Refusal {
    fn of(self, update: &UpdateId) -> CommandError {
        let update = update.clone();
        match self {
            Self::Over(outcome, at) => CommandError::Over { update, outcome, at },
            Self::Pointless(why) => CommandError::Pointless { update, why },
        }
    }
}

/// The fact that stands for the wish, if it would change anything.
fn fact(rollout: &Rollout, wish: Wish) -> Result<Fact, Refusal> {
    if let Some(end) = rollout.end() {
        return Err(Refusal::Over(end.outcome, end.at));
    }
    let wishes = rollout.wishes();
    let failed = rollout.failure().is_some();
    let pointless = |why| Err(Refusal::Pointless(why));
    match wish {
        Wish::Pause { in_work } if wishes.paused == Some(in_work) => pointless("is paused already"),
        Wish::Pause { in_work } => Ok(Fact::Paused { give_back: in_work == GiveBack::Yes }),
        Wish::Resume if wishes.paused.is_none() => pointless("is not paused"),
        Wish::Resume => Ok(Fact::Resumed),
        Wish::Cancel { .. } if failed => pointless("has failed and is cleaning up already"),
        Wish::Cancel { in_work, target, stays } => {
            let (restore_target, keep_new) = (target == TargetAfter::Restored, stays == Stays::New);
            let same = wishes.restore_target == restore_target && wishes.keep_new == keep_new;
            if wishes.cancelled == Some(in_work) && same {
                return pointless("is being cancelled already");
            }
            Ok(Fact::Cancelled { give_back: in_work == GiveBack::Yes, restore_target, keep_new })
        }
        Wish::Force if rollout.force() => pointless("uses force already"),
        Wish::Force if failed => pointless("has failed and is cleaning up; start it again with force"),
        Wish::Force => Ok(Fact::Forced),
    }
}
