//! How fast a served world goes, as persons ask for it. Whoever lets time pass in the world heeds it; nothing here
//! lets any pass.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::time::Span;

/// The fastest pace that can be asked for. Nobody watches a day in a second.
pub const TIMES_MAX: f64 = 86_400.0;
/// The longest time that is passed at once.
pub const ADVANCE_MAX: Span = Span::secs(30 * 86_400);

/// The pace of a world, shared by those who ask for it and the one who heeds it.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<Mutex<Asked>>);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// How many times as fast as the clock on the wall.
    pub times: f64,
    /// Whether time stands still.
    pub is_paused: bool,
    /// Time that is to pass at once.
    pub at_once: Span,
}

impl Default for Asked {
    fn default() -> Self {
        Self { times: 1.0, is_paused: false, at_once: Span(0) }
    }
}

impl Asked {
    /// How many times as fast as the clock on the wall it goes, paused or not.
    pub fn rate(&self) -> f64 {
        if self.is_paused { 0.0 } else { self.times }
    }
}

impl Pace {
    /// What is asked for now.
    pub fn asked(&self) -> Asked {
        *self.lock()
    }

    /// Changes what is asked for.
    pub fn change(&self, change: impl FnOnce(&mut Asked)) {
        change(&mut self.lock());
    }

    /// Takes the time that is to pass at once.
    pub fn take_at_once(&self) -> Span {
        std::mem::replace(&mut self.lock().at_once, Span(0))
    }

    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
