//! Writes what is done to a world into its log. Where several processes act in one world, each has a copy, and the log is
//! what they agree on: a command is added behind those of the others, at a time that none of them has passed.
//!
//! So no copy ever has to go back: before a copy moves on to a moment at which something happens, that moment stands in
//! the log, and whatever is added later comes after it. Clocks that jump do no harm: a copy goes on from the time that was
//! agreed on, at the pace of a clock that only goes forward.

use std::sync::{Mutex, PoisonError};

use replank_world::act::{Act, ActLog};
use replank_world::fault::Counts;
use replank_world::refusal::Refusal;
use replank_world::time::{Span, Time};
use replank_world::world::World;

use super::{LogError, WorldLog};

/// A clock that only goes forward, and at the pace of the machine.
pub type Steady = Box<dyn Fn() -> Time + Send + Sync>;

/// How a copy stands to the log that it shares.
struct Taken {
    /// Number of the last row that was taken in.
    row: i64,
    /// What is added to the clock, so that it is not behind the time that was agreed on.
    ahead: Span,
    clock: Steady,
}

impl std::fmt::Debug for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Taken").field("row", &self.row).field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

impl Taken {
    /// The time, which is not before `agreed`.
    fn now(&mut self, agreed: Time) -> Time {
        let now = (self.clock)() + self.ahead;
        if now < agreed {
            self.ahead = Span(self.ahead.0 + (agreed - now).0);
        }
        now.max(agreed)
    }
}

/// Writes commands to the log and keeps the last error for the session.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) log: WorldLog,
    pub(super) failure: Mutex<Option<LogError>>,
    /// `None` where nobody else acts in the world.
    taken: Option<Mutex<Taken>>,
}

impl Writer {
    /// For a world in which nobody else acts.
    pub(super) fn alone(log: WorldLog) -> Self {
        Self { log, failure: Mutex::new(None), taken: None }
    }

    /// For a world in which other processes act, and of whose log nothing was taken in yet.
    pub(super) fn with_others(log: WorldLog, clock: Steady) -> Self {
        let taken = Taken { row: 0, ahead: Span(0), clock };
        Self { log, failure: Mutex::new(None), taken: Some(Mutex::new(taken)) }
    }

    pub(super) fn keep(&self, written: Result<(), LogError>) {
        if let Err(error) = written {
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    }

    /// Takes in what others did, and goes on to the present, or to where they are already.
    fn join(&self, taken: &mut Taken, world: &mut World, act: Option<&Act>) -> Result<(), LogError> {
        let now = taken.now(world.now);
        let joined = self.log.join(taken.row, now, act)?;
        for (at, act) in joined.acts {
            world.advance_to(at);
            // What was refused there is refused here.
            let _as_there = world.take_in(act);
        }
        world.advance_to(joined.at);
        taken.row = joined.last;
        Ok(())
    }

    /// The same, if there is anything: nothing is written where nothing happens.
    fn follow(&self, taken: &mut Taken, world: &mut World) -> Result<(), LogError> {
        let (last, reached) = self.log.peek()?;
        let agreed = reached.map_or(world.now, |reached| reached.max(world.now));
        let now = taken.now(agreed);
        if last != taken.row || world.next_event_at().is_some_and(|at| at <= now) {
            return self.join(taken, world, None);
        }
        world.advance_to(agreed);
        Ok(())
    }
}

impl ActLog for Writer {
    fn note(&self, world: &mut World, act: &Act) -> Result<(), Refusal> {
        let Some(taken) = &self.taken else {
            self.keep(self.log.append(world.now, act));
            return Ok(());
        };
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        self.join(&mut taken, world, Some(act)).map_err(|error| {
            let said = error.to_string();
            self.keep(Err(error));
            Refusal::new(503, "ServiceUnavailable", said)
        })
    }

    fn pass(&self, world: &mut World, until: Time) {
        match &self.taken {
            None => world.advance_to(until),
            Some(taken) => {
                let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
                self.keep(self.follow(&mut taken, world));
            }
        }
    }

    fn note_faults(&self, counts: &Counts) {
        self.keep(self.log.note_faults(counts));
    }
}
