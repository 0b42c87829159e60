//! The demo on a terminal: a live view with keys. State is here, drawing in `view`.

#[cfg(test)]
mod tests;
mod view;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use replank_core::names::UpdateId;
use replank_core::node_group::rollout::GiveBack;
use replank_engine::commands::{Command, CommandError, CommandKind, Stays, TargetAfter};
use replank_engine::messages;
use replank_engine::report::{Report, Row, roster};
use replank_engine::run::{Face, Input};
use replank_engine::turn::Turned;
use replank_rehearsal::adapter::Shared;
use replank_rehearsal::session::Told;

use super::ActListener;
use super::feed::{Feed, News};
use super::pace::{Speed, Viewer};
use crate::output::pane::{scrolled, scrolls};

/// Number of events that are kept; more than any terminal has rows.
const EVENTS_MAX: usize = 200;
/// Speeds that keys select, as multiples of real time.
const SPEEDS: [f64; 9] = [1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0];

/// State of the view.
#[derive(Debug)]
pub(crate) struct State {
    /// Every update, in the order of the journal.
    pub(crate) shown: Vec<Shown>,
    /// Index of the update that keys and panes are about.
    pub(crate) chosen: usize,
    pub(crate) events: VecDeque<String>,
    pub(crate) speed: Speed,
    pub(crate) now: Timestamp,
    pub(crate) begun: Timestamp,
    pub(crate) message: Option<String>,
    /// How many of the latest events are scrolled past.
    pub(crate) scrolled: usize,
    /// Whether the keys are explained.
    pub(crate) explains: bool,
    /// What waits for a yes.
    pub(crate) asks: Option<CommandKind>,
    inputs: Vec<Input>,
}

/// Last known state of one update.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) update: UpdateId,
    pub(crate) report: Option<Report>,
    pub(crate) rows: Vec<Row>,
    pub(crate) target_version: u64,
    /// Number of nodes to replace; nodes in work are no longer counted as old.
    pub(crate) all: u32,
}

/// The live view. A clone is the same view: one part follows the turns, the other the clock.
#[derive(Clone, Debug)]
pub(crate) struct LiveView {
    state: Rc<RefCell<State>>,
    terminal: Rc<RefCell<DefaultTerminal>>,
    feed: Rc<RefCell<Feed>>,
    world: Shared,
}

impl LiveView {
    /// Switches the terminal to the view. [`ratatui::restore`] switches back.
    pub(crate) fn open(
        updates: impl Iterator<Item = UpdateId>,
        world: Shared,
        begun: Timestamp,
        speed: Speed,
    ) -> io::Result<Self> {
        let state = State::new(updates, begun, speed);
        let terminal = ratatui::try_init()?;
        let feed = Feed::new(world.clone());
        Ok(Self {
            state: Rc::new(RefCell::new(state)),
            terminal: Rc::new(RefCell::new(terminal)),
            feed: Rc::new(RefCell::new(feed)),
            world,
        })
    }

    /// Draws the state. Errors of the terminal are ignored.
    fn draw(&self) {
        let state = self.state.borrow();
        let _not_drawn = self.terminal.borrow_mut().draw(|frame| view::draw(frame, &state));
    }

    /// Waits for a key, after the run.
    pub(crate) fn rest_until_key(&self) {
        self.state.borrow_mut().message = Some("press any key to leave".into());
        self.draw();
        while !matches!(event::read(), Err(_) | Ok(Event::Key(_))) {
            // A terminal of another size is drawn anew.
            self.draw();
        }
    }
}

impl State {
    fn new(updates: impl Iterator<Item = UpdateId>, begun: Timestamp, speed: Speed) -> Self {
        let shown = |update| Shown { update, report: None, rows: Vec::new(), target_version: 0, all: 0 };
        Self {
            shown: updates.map(shown).collect(),
            chosen: 0,
            events: VecDeque::new(),
            speed,
            now: begun,
            begun,
            message: None,
            scrolled: 0,
            explains: false,
            asks: None,
            inputs: Vec::new(),
        }
    }

    /// Takes in a turn and changes of pods.
    fn take(&mut self, turned: &Turned<'_>, news: &[News]) {
        let names_groups = self.shown.len() > 1;
        for event in turned.facts {
            let text = messages::fact(&event.fact);
            if names_groups {
                self.say(event.at, &format!("[{}] {text}", turned.rollout.spec().group));
            } else {
                self.say(event.at, &text);
            }
        }
        for news in news {
            self.say(turned.at, &news.text());
        }
        self.now = turned.at;
        let update = &turned.rollout.spec().update;
        if let Some(shown) = self.shown.iter_mut().find(|shown| shown.update == *update) {
            shown.target_version = turned.rollout.measured().map_or(0, |measured| measured.target_version);
            shown.all = turned.rollout.measured().map_or(0, |measured| measured.old);
            shown.report = Some(turned.report());
            shown.rows = roster(turned.rollout, turned.seen);
        }
    }

    fn say(&mut self, at: Timestamp, text: &str) {
        self.events.push_front(format!("{} {text}", messages::time_of_day(at)));
        self.events.truncate(EVENTS_MAX);
    }

    /// Handles a key; whether it asks for something of the update.
    pub(crate) fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> bool {
        if let Some(wish) = self.asks.take() {
            return code == KeyCode::Char('y') && self.wish(wish);
        }
        // Terminals tell of shift by the capital letter, and some by the modifier too.
        let is_capital = matches!(code, KeyCode::Char('P' | 'C')) || modifiers.contains(KeyModifiers::SHIFT);
        let give_back = if is_capital { GiveBack::Yes } else { GiveBack::No };
        let wish = match code {
            KeyCode::Char('p' | 'P') => CommandKind::Pause { in_work: give_back },
            KeyCode::Char('r' | 'R') => CommandKind::Resume,
            KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => {
                self.inputs.push(Input::Leave);
                return true;
            }
            // What cannot be taken back is asked for twice.
            KeyCode::Char('c' | 'C') => {
                let target = TargetAfter::Restored;
                self.asks = Some(CommandKind::Cancel { in_work: give_back, target, stays: Stays::Old });
                return false;
            }
            KeyCode::Char('f') => {
                self.asks = Some(CommandKind::Force);
                return false;
            }
            KeyCode::Char('?' | 'h') => {
                self.explains = !self.explains;
                return false;
            }
            KeyCode::Char('q') | KeyCode::Esc => {
                self.inputs.push(Input::Leave);
                return true;
            }
            KeyCode::Char('+' | '=') => return self.faster(1),
            KeyCode::Char('-') => return self.faster(-1),
            KeyCode::Tab => {
                self.chosen = (self.chosen + 1) % self.shown.len().max(1);
                return false;
            }
            KeyCode::Char('m') => {
                self.speed = Speed::Max;
                return false;
            }
            code => {
                let by = scrolls(code).unwrap_or_default();
                self.scrolled = scrolled(self.scrolled, by, self.events.len());
                return false;
            }
        };
        self.wish(wish)
    }

    /// Asks something of the chosen update; whether there is one.
    fn wish(&mut self, wish: CommandKind) -> bool {
        let Some(shown) = self.shown.get(self.chosen) else { return false };
        self.inputs.push(Input::Command(Command { update: shown.update.clone(), wish }));
        true
    }

    fn faster(&mut self, by: i32) -> bool {
        let here = match self.speed {
            Speed::Max => SPEEDS.len() as i32,
            Speed::Times(times) => {
                SPEEDS.iter().position(|speed| *speed >= times).unwrap_or(SPEEDS.len()) as i32
            }
        };
        self.speed = match SPEEDS.get((here + by).max(0) as usize) {
            Some(times) => Speed::Times(*times),
            None => Speed::Max,
        };
        false
    }
}

impl ActListener for LiveView {
    fn tell(&mut self, told: &Told) {
        self.state.borrow_mut().say(told.at, &format!("{}: {}", told.act, told.answer));
    }
}

impl Face for LiveView {
    fn show(&mut self, turned: &Turned<'_>) {
        let news = self.feed.borrow_mut().news();
        self.state.borrow_mut().take(turned, &news);
        self.draw();
    }

    fn asked(&mut self) -> Vec<Input> {
        std::mem::take(&mut self.state.borrow_mut().inputs)
    }

    fn refused(&mut self, error: &CommandError) {
        self.state.borrow_mut().message = Some(error.to_string());
    }
}

impl Viewer for LiveView {
    fn speed(&self) -> Speed {
        self.state.borrow().speed
    }

    fn is_attended(&self) -> bool {
        true
    }

    fn look(&mut self) -> bool {
        let mut asked = false;
        while event::poll(Duration::ZERO).unwrap_or(false) {
            if let Ok(Event::Key(key)) = event::read()
                && key.kind == KeyEventKind::Press
            {
                self.state.borrow_mut().message = None;
                asked |= self.state.borrow_mut().key(key.code, key.modifiers);
            }
        }
        self.state.borrow_mut().now = self.world.lock().now.into();
        self.draw();
        asked
    }
}
