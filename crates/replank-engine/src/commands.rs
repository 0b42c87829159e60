//! Commands of a person to an update under way: pause, resume, cancel, force.
//!
//! A command becomes a fact, recorded with the same compare-and-swap as all others; the next turn acts on it.

use jiff::Timestamp;
use replank_core::names::UpdateId;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::{GiveBack, Rollout};
use thiserror::Error;

use crate::journal::{AppendError, Journal, JournalError};
use crate::messages;

/// A command to one update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Id of the update.
    pub update: UpdateId,
    /// What is asked for.
    pub wish: CommandKind,
}

/// What a person may ask of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandKind {
    /// Pick no more nodes for now.
    Pause {
        /// Whether nodes in work are finished or go back to service.
        in_work: GiveBack,
    },
    /// Go on after a pause.
    Resume,
    /// End the update: clean up and return to the original sizes.
    Cancel {
        /// Whether nodes in work are finished or go back to service.
        in_work: GiveBack,
        /// Which template version later launches use.
        target: TargetAfter,
        /// Which nodes stay where the group has both old and new ones.
        stays: Stays,
    },
    /// Delete pods that do not leave within the drain limit.
    Force,
}

/// Which template version the group launches from after a cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetAfter {
    /// The version with the target's content.
    Stays,
    /// The version from before the update.
    Restored,
}

/// Which nodes a cancelled update keeps when the group is above its original size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// The old ones that are left; new nodes that replaced nothing are removed.
    Old,
    /// The new ones; old nodes are removed in their place.
    New,
}

/// Why a command was not taken. Nothing was recorded.
#[derive(Debug, Error)]
pub enum CommandError {
    /// The update has ended.
    #[error("update {update} is over: it {} at {}", messages::outcome(*.outcome), messages::moment(*.at))]
    Over {
        /// Id of the update.
        update: UpdateId,
        /// How it ended.
        outcome: Outcome,
        /// When it ended.
        at: Timestamp,
    },
    /// The command would change nothing.
    #[error("update {update} {why}")]
    Pointless {
        /// Id of the update.
        update: UpdateId,
        /// Why it would not, as the end of the sentence "update ID ...".
        why: &'static str,
    },
    /// Other facts were recorded before each of 16 attempts.
    #[error("update {update} is changing too fast; try again")]
    Crowded {
        /// Id of the update.
        update: UpdateId,
    },
    /// The journal cannot be read, or the update is not in it.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The fact cannot be written.
    #[error(transparent)]
    Append(AppendError),
}

/// Attempts when other facts are recorded in between; the engine records a few per second at most.
pub(crate) const TRIES: u32 = 16;

/// Records the command at time `at`. Refused when the update has ended or the command would change nothing.
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

/// The fact to record for what is asked, or why it would change nothing.
fn fact(rollout: &Rollout, wish: CommandKind) -> Result<Fact, Refusal> {
    if let Some(end) = rollout.end() {
        return Err(Refusal::Over(end.outcome, end.at));
    }
    let wishes = rollout.wishes();
    let failed = rollout.failure().is_some();
    let pointless = |why| Err(Refusal::Pointless(why));
    match wish {
        CommandKind::Pause { in_work } if wishes.paused == Some(in_work) => pointless("is paused already"),
        CommandKind::Pause { in_work } => Ok(Fact::Paused { give_back: in_work == GiveBack::Yes }),
        CommandKind::Resume if wishes.paused.is_none() => pointless("is not paused"),
        CommandKind::Resume => Ok(Fact::Resumed),
        CommandKind::Cancel { .. } if failed => pointless("has failed and is cleaning up already"),
        CommandKind::Cancel { in_work, target, stays } => {
            let (restore_target, keep_new) = (target == TargetAfter::Restored, stays == Stays::New);
            let same = wishes.restore_target == restore_target && wishes.keep_new == keep_new;
            if wishes.cancelled == Some(in_work) && same {
                return pointless("is being cancelled already");
            }
            Ok(Fact::Cancelled { give_back: in_work == GiveBack::Yes, restore_target, keep_new })
        }
        CommandKind::Force if rollout.force() => pointless("uses force already"),
        CommandKind::Force if failed => pointless("has failed and is cleaning up; start it again with force"),
        CommandKind::Force => Ok(Fact::Forced),
    }
}
