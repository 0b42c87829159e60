//! A drain on a terminal: what is left on each node, why it waits, and what happened. Keys are read between two looks.

mod view;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use replank_core::names::{NodeName, ObjectName};
use replank_core::node_group::wait::On;
use replank_engine::drain::Step;
use replank_engine::messages;

use crate::output::pane::{scrolled, scrolls};

/// Number of events that are kept.
const EVENTS_MAX: usize = 2000;

/// What is shown.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// Number of pods that have to leave, by node, and whether the node is drained.
    nodes: BTreeMap<NodeName, (usize, bool)>,
    /// Budgets of pods on these nodes: healthy pods, those there should be, those that are needed, evictions allowed.
    budgets: BTreeMap<ObjectName, [u32; 4]>,
    /// What is waited for, with advice.
    waits: Vec<(String, Option<String>)>,
    /// What happened, the latest first.
    events: VecDeque<String>,
    begun: Option<Timestamp>,
    now: Option<Timestamp>,
    /// How many of the latest events are scrolled past.
    scrolled: usize,
    /// Whether the keys are explained.
    explains: bool,
    /// Whether somebody asked to leave.
    leaves: bool,
}

/// A screen on a terminal, which is as it was when this is dropped.
#[derive(Debug)]
pub(super) struct Live {
    terminal: DefaultTerminal,
    screen: Screen,
}

impl Live {
    /// Takes the terminal; `None` when there is none to take.
    pub(super) fn open() -> Option<Self> {
        Some(Self { terminal: ratatui::try_init().ok()?, screen: Screen::default() })
    }

    /// Adds something that happened.
    pub(super) fn event(&mut self, at: Timestamp, text: &str) {
        self.screen.events.push_front(format!("{} {text}", messages::clock(at, at)));
        self.screen.events.truncate(EVENTS_MAX);
    }

    /// Shows what a turn saw, and takes in keys. Whether somebody leaves.
    pub(super) fn show(&mut self, step: &Step<'_>) -> bool {
        self.screen.take(step);
        while event::poll(Duration::ZERO).unwrap_or(false) {
            let Ok(event) = event::read() else { break };
            self.screen.pressed(&event);
        }
        // A terminal that cannot be drawn on is no reason to stop a drain.
        let _drawn = self.terminal.draw(|frame| view::draw(frame, &self.screen));
        self.screen.leaves
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

impl Screen {
    fn take(&mut self, step: &Step<'_>) {
        let evacuated = step.evacuated;
        self.begun.get_or_insert(step.at);
        self.now = Some(step.at);
        let left = evacuated.left.iter();
        self.nodes = left.map(|(node, left)| (node.clone(), (*left, evacuated.is_drained(node)))).collect();
        let waits = evacuated.waits.iter();
        self.waits = waits.map(|wait| (messages::describe(wait, step.at), messages::advice(wait))).collect();
        self.budgets = budgets(step);
    }

    fn pressed(&mut self, event: &Event) {
        let Event::Key(pressed) = event else { return };
        if pressed.kind == KeyEventKind::Release {
            return;
        }
        match pressed.code {
            KeyCode::Char('c') if pressed.modifiers.contains(KeyModifiers::CONTROL) => self.leaves = true,
            KeyCode::Char('q') | KeyCode::Esc => self.leaves = true,
            KeyCode::Char('?' | 'h') => self.explains = !self.explains,
            code => {
                let by = scrolls(code).unwrap_or_default();
                self.scrolled = scrolled(self.scrolled, by, self.events.len());
            }
        }
    }
}

/// Budgets that select a pod which has to leave, and those that hold one.
fn budgets(step: &Step<'_>) -> BTreeMap<ObjectName, [u32; 4]> {
    let on = |node: &NodeName| step.seen.pods.on_node(node);
    let pods = step.evacuated.left.keys().flat_map(on);
    let named: BTreeSet<&ObjectName> = pods.flat_map(|pod| pod.budgets.iter()).collect();
    let held = step.evacuated.waits.iter().filter_map(|wait| match &wait.on {
        On::Budget(held) | On::BudgetNever(held) => Some(&held.budget),
        _ => None,
    });
    let named: BTreeSet<&ObjectName> = named.into_iter().chain(held).collect();
    let found = named.into_iter().filter_map(|name| step.seen.pods.budget(name));
    found.map(|it| (it.name.clone(), [it.healthy, it.expected, it.desired, it.allowed])).collect()
}

#[cfg(test)]
mod tests;
