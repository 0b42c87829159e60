//! The speed of a served world, as users set it. Nothing here advances time: the loop that does reads it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use replank_world::time::Span;

/// The largest speed factor: one day a second.
pub const TIMES_MAX: f64 = 86_400.0;
/// The longest time that can be skipped in one request: 30 days.
pub const ADVANCE_MAX: Span = Span::secs(30 * 86_400);

/// The speed of a world, shared by the control API that sets it and the loop that advances time.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<Mutex<Asked>>);

/// The requested speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// Virtual seconds for each second of real time.
    pub times: f64,
    /// Whether time stands still, whatever `times` says.
    pub is_paused: bool,
    /// Virtual time to skip at the next opportunity.
    pub at_once: Span,
}

impl Default for Asked {
    fn default() -> Self {
        Self { times: 1.0, is_paused: false, at_once: Span(0) }
    }
}

impl Asked {
    /// The effective speed factor: 0 while paused.
    pub fn rate(&self) -> f64 {
        if self.is_paused { 0.0 } else { self.times }
    }
}

impl Pace {
    /// A copy of the present request.
    pub fn asked(&self) -> Asked {
        *self.lock()
    }

    /// Applies a change to the request under its lock.
    pub fn change(&self, change: impl FnOnce(&mut Asked)) {
        change(&mut self.lock());
    }

    /// Takes the time to skip, and resets it.
    pub fn take_at_once(&self) -> Span {
        std::mem::replace(&mut self.lock().at_once, Span(0))
    }

    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
