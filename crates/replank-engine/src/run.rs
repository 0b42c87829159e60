//! The loop: turns of one or several updates until each is over, with a rest between.
//!
//! In virtual time the clock rests by advancing the world; in real time by sleeping. The loop does not know which.

use jiff::Timestamp;
use replank_core::node_group::decide::least_rest;

use crate::clock::{Clock, Rested};
use crate::commands::{self, Command, CommandError};
use crate::journal::{Inline, Journal, JournalPort};
use crate::ports::{Cloud, Cluster};
use crate::probe::Probe;
use crate::turn::{Next, Settings, TurnContext, TurnError, Turned, Update, turn};

/// Who watches a run and may speak up between turns.
pub trait Face {
    /// Shows a turn.
    fn show(&mut self, turned: &Turned<'_>);

    /// What was asked for since the last call. Called before every rest.
    fn asked(&mut self) -> Vec<Input> {
        Vec::new()
    }

    /// A command was refused.
    fn refused(&mut self, _error: &CommandError) {}
}

/// What a face may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Something of an update.
    Command(Command),
    /// To leave; updates stay in the journal as they are.
    Leave,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every update is over.
    Over,
    /// Nothing is going to change any more, and an update is not over: its waits say what a person has to do.
    Stuck,
    /// A face asked to leave.
    Left,
}

/// Runs the updates until each is over. Updates take turns in their order, so equal worlds give equal runs.
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
            let at = clock.now();
            match journal.run(move |journal| commands::give(journal, &command, at)).await? {
                Ok(_) => wake_at = Wake::Now,
                Err(error) => face.refused(&error),
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

/// The earliest of what the updates want.
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
