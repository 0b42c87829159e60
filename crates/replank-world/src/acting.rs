//! What is asked of the world from outside or by its script, and the log of it.

use crate::act::Act;
use crate::api::{self, Outcome};
use crate::queue::Work;
use crate::refusal::Refusal;
use crate::time::{Span, Time};
use crate::world::World;

impl World {
    /// How many commands succeeded. While this and the resource version stand still, the world waits.
    pub fn progress(&self) -> u64 {
        self.acts
    }

    /// Advances time to `until`, or to where others who act in the same world let it.
    pub fn pass_to(&mut self, until: Time) {
        match self.log.clone() {
            Some(log) => log.pass(self, until),
            None => self.advance_to(until),
        }
    }

    /// Logs a command from outside and carries it out; the error is the API server's or the cloud's.
    pub fn act(&mut self, act: Act) -> Result<(), Refusal> {
        if let Some(log) = self.log.clone() {
            log.note(self, &act)?;
        }
        self.take_in(act)
    }

    /// Carries out a command that stands in the log already.
    pub fn take_in(&mut self, act: Act) -> Result<(), Refusal> {
        let outcome = self.components.act(self, act);
        self.acts += u64::from(outcome.is_ok());
        outcome
    }

    /// Does what somebody asks of the API server, now. A refusal is in the words of the API server.
    pub fn request(&mut self, request: api::Act) -> Result<Outcome, Refusal> {
        self.components.request(self, request)
    }

    /// Schedules a command after a pause. Its error, if any, is dropped.
    pub fn act_later(&mut self, pause: Span, act: Act) {
        let number = self.script.len() as u32;
        self.script.push(Some(act));
        self.after(pause, Work::Script(number));
    }

    /// Carries out the scheduled command of this index.
    pub fn script_due(&mut self, number: u32) {
        if let Some(act) = self.script.get_mut(number as usize).and_then(Option::take) {
            // It follows from the act that asked for it, so it is not written down again.
            self.acts += u64::from(self.components.act(self, act).is_ok());
        }
    }
}
