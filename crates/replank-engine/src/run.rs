//! The loop that runs one or several updates to their ends, with rests between turns.
//!
//! In virtual time the clock rests by advancing the world, in real time by sleeping; the loop does not know which.

use jiff::Timestamp;
use replank_core::node_group::decide::least_rest;

use crate::clock::{Clock, Rested};
use crate::commands::{self, Command, CommandError};
use crate::journal::{Inline, Journal, JournalPort};
use crate::ports::{Cloud, Cluster};
use crate::probe::Probe;
use crate::turn::{Next, Settings, TurnContext, TurnError, Turned, Update, turn};

/// The user interface of a run: shows turns, and may ask for something between them.
pub trait Face {
    /// Shows a turn.
    fn show(&mut self, turned: &Turned<'_>);

    /// What was asked for since the last call. Called before every rest.
    fn asked(&mut self) -> Vec<Input> {
        Vec::new()
    }

    /// Shows that a command was refused.
    fn refused(&mut self, _error: &CommandError) {}

    /// Hears the answer to a command: taken and on record, or why not.
    fn answered(&mut self, _command: &Command, answer: Result<(), &CommandError>) {
        if let Err(error) = answer {
            self.refused(error);
        }
    }
}

/// What a user interface may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A command to an update.
    Command(Command),
    /// To end the run; updates stay in the journal as they are.
    Leave,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every update has ended.
    Over,
    /// Nothing can change any more and an update has not ended; its waits say what a person has to do.
    Stuck,
    /// The user interface asked to end.
    Left,
}

/// Runs the updates until each has ended. They take turns in their order, so that equal worlds give equal runs.
pub async fn run<C: Cluster, K: Cloud, T: Clock, P: Probe>(
    updates: &mut [Update<C, K>],
    journal: &mut Journal,
    clock: &T,
    probe: &P,
    settings: Settings,
    face: &mut impl Face,
) -> Result<Ended, TurnError> {
    let journal = Inline::new(journal);
    loop {
        let mut wake_at = Wake::default();
        for update in updates.iter_mut().filter(|update| !update.is_over()) {
            let context = TurnContext { journal: &journal, clock, probe, settings };
            wake_at.take(turn(update, &context, &mut |turned| face.show(turned)).await?);
        }
        if updates.iter().all(Update::is_over) {
            return Ok(Ended::Over);
        }
        for input in face.asked() {
            let Input::Command(command) = input else { return Ok(Ended::Left) };
            let (at, given) = (clock.now(), command.clone());
            match journal.run(move |journal| commands::give(journal, &given, at)).await? {
                Ok(_) => {
                    wake_at = Wake::Now;
                    face.answered(&command, Ok(()));
                }
                Err(error) => face.answered(&command, Err(&error)),
            }
        }
        let Wake::Later(until) = wake_at else { continue };
        let in_work = updates.iter().map(|update| update.recorded.rollout.work().len()).sum();
        match clock.rest(least_rest(in_work), until).await {
            Rested::Awake => {}
            Rested::Stuck => return Ok(Ended::Stuck),
        }
    }
}

/// When the next round is due: the earliest time that any update asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wake {
    Now,
    Later(Option<Timestamp>),
}

impl Default for Wake {
    fn default() -> Self {
        Self::Later(None)
    }
}

impl Wake {
    fn take(&mut self, next: Next) {
        *self = match (*self, next) {
            (Self::Now, _) | (_, Next::Again) => Self::Now,
            (before, Next::Over) => before,
            (Self::Later(before), Next::Rest(until)) => Self::Later(earliest(before, until)),
        };
    }
}

pub(crate) fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}
