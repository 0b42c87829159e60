//! The board: what each update said last, what happened to it, and what persons ask of it.
//!
//! The supervisor writes on it and reads from it between turns; routes do the rest. It decides nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use replank_core::event::Event;
use replank_engine::commands::Command;
use replank_engine::report::wire::ReportJson;
use replank_engine::wire::{Mirror, Time, v1};
use replank_engine::words;
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// Commands that may wait for the supervisor. It takes them several times a second.
const COMMANDS_MAX: usize = 64;

/// Whether a command was taken; why not.
pub(crate) type Answered = Result<(), String>;

/// The board.
#[derive(Debug, Default)]
pub struct Board(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    updates: BTreeMap<String, Shown>,
    waiting: VecDeque<(Command, oneshot::Sender<Answered>)>,
    taken: VecDeque<(Command, oneshot::Sender<Answered>)>,
}

/// What is known of an update.
#[derive(Clone, Debug, Default)]
struct Shown {
    report: Value,
    events: Vec<Value>,
}

impl Board {
    /// What an update says now.
    pub(crate) fn show(&self, update: &str, report: &ReportJson, facts: &[Event]) {
        let mut inner = self.lock();
        let shown = inner.updates.entry(update.to_owned()).or_default();
        shown.report = serde_json::to_value(report).unwrap_or_default();
        shown.events.extend(facts.iter().map(event));
    }

    /// What happened to an update before this process.
    pub(crate) fn remember(&self, update: &str, facts: &[Event]) {
        self.lock().updates.entry(update.to_owned()).or_default().events = facts.iter().map(event).collect();
    }

    /// The ids of the updates that are known.
    pub(crate) fn updates(&self) -> Vec<String> {
        self.lock().updates.keys().cloned().collect()
    }

    /// The last report of an update that is known; null while there was none in this process.
    pub(crate) fn report(&self, update: &str) -> Option<Value> {
        Some(self.lock().updates.get(update)?.report.clone())
    }

    /// What happened to an update, in order.
    pub(crate) fn events(&self, update: &str) -> Option<Vec<Value>> {
        Some(self.lock().updates.get(update)?.events.clone())
    }

    /// Asks for something; the answer comes when the supervisor took it. `None` when too many wait already.
    pub(crate) fn ask(&self, command: Command) -> Option<oneshot::Receiver<Answered>> {
        let mut inner = self.lock();
        if inner.waiting.len() >= COMMANDS_MAX {
            return None;
        }
        let (answer, answered) = oneshot::channel();
        inner.waiting.push_back((command, answer));
        Some(answered)
    }

    /// What was asked for since the last call.
    pub(crate) fn take(&self) -> Vec<Command> {
        let mut inner = self.lock();
        let waiting = std::mem::take(&mut inner.waiting);
        let commands = waiting.iter().map(|(command, _)| command.clone()).collect();
        inner.taken.extend(waiting);
        commands
    }

    /// Answers the first command of this kind that was taken; whether there was one.
    pub(crate) fn answer(&self, command: &Command, answer: Answered) -> bool {
        let mut inner = self.lock();
        let Some(at) = inner.taken.iter().position(|(taken, _)| taken == command) else { return false };
        if let Some((_, sender)) = inner.taken.remove(at) {
            // Whoever asked may have gone.
            let _heard = sender.send(answer);
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn event(event: &Event) -> Value {
    json!({
        "at": Time(event.at),
        "fact": v1::Fact::of(&event.fact),
        "text": words::fact(&event.fact),
    })
}
