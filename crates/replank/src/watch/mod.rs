//! `replank watch`: the updates of a server on a terminal, live. What it shows the server worded; nothing is worked out here.

#[cfg(test)]
mod tests;
mod view;

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use replank_engine::messages;
use replank_engine::report::{BudgetJson, RowJson};
use replank_server::control::api::{
    CommandAnswer, CommandRequest, LinesAnswer, UpdateAnswer, UpdateNodesAnswer, UpdatesAnswer,
};

use crate::client::{Client, Trouble, encoded};
use crate::output::pane::{scrolled, scrolls};

/// Time between two looks at the server.
const LOOKS: Duration = Duration::from_millis(500);
/// Number of lines that are kept.
const LINES_MAX: usize = 2000;

/// What is shown.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Every update that is or was under way since the beginning.
    updates: Vec<UpdateAnswer>,
    /// Index of the one that panes and keys are about.
    chosen: usize,
    nodes: Vec<RowJson>,
    budgets: Vec<BudgetJson>,
    /// Lines of the chosen one, the latest first.
    lines: VecDeque<String>,
    run: String,
    next: u64,
    /// What the server answered to a key, or that it does not answer.
    message: Option<String>,
    /// How many of the latest lines are scrolled past.
    scrolled: usize,
    /// Whether the keys are explained.
    explains: bool,
    /// What waits for a yes.
    asks: Option<&'static str>,
}

/// When a view is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// When somebody leaves.
    Left,
    /// When the update that it began with is over, too.
    Over,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Leave,
    Next,
    Ask(&'static str),
    /// What is only done after a yes.
    AskFirst(&'static str),
    /// Lines up, towards older ones; negative ones down.
    Scroll(isize),
    Explain,
    Nothing,
}

/// Shows the updates that are under way, or the given one, until somebody leaves or it is over.
pub(crate) fn watch(client: &Client, first: UpdateAnswer, until: Until) -> Result<()> {
    let mut terminal = ratatui::try_init().context("the terminal")?;
    let ended = shown(client, &mut terminal, State { updates: vec![first], ..State::default() }, until);
    ratatui::restore();
    ended
}

fn shown(client: &Client, terminal: &mut DefaultTerminal, mut state: State, until: Until) -> Result<()> {
    loop {
        match state.look(client) {
            Ok(()) => {}
            Err(trouble) if trouble.may_pass() => {
                state.message = Some(format!("{trouble}; it is tried again"));
            }
            Err(trouble) => return Err(trouble.into()),
        }
        terminal.draw(|frame| view::draw(frame, &state)).context("the terminal")?;
        if until == Until::Over && state.updates.first().is_some_and(|first| !first.is_running()) {
            return Ok(());
        }
        if event::poll(LOOKS).context("the keyboard")? {
            let event = event::read().context("the keyboard")?;
            match state.pressed(&event) {
                Key::Leave => return Ok(()),
                Key::Ask(verb) => state.ask(client, verb),
                Key::Next | Key::AskFirst(_) | Key::Scroll(_) | Key::Explain | Key::Nothing => {}
            }
        }
    }
}

/// What a key asks for.
fn key(event: &Event) -> Key {
    let Event::Key(pressed) = event else { return Key::Nothing };
    if pressed.kind == KeyEventKind::Release {
        return Key::Nothing;
    }
    match pressed.code {
        KeyCode::Char('c') if pressed.modifiers.contains(KeyModifiers::CONTROL) => Key::Leave,
        KeyCode::Char('q') | KeyCode::Esc => Key::Leave,
        KeyCode::Tab => Key::Next,
        KeyCode::Char('p') => Key::Ask("pause"),
        KeyCode::Char('r') => Key::Ask("resume"),
        KeyCode::Char('c') => Key::AskFirst("cancel"),
        KeyCode::Char('f') => Key::AskFirst("force"),
        KeyCode::Char('?' | 'h') => Key::Explain,
        code => scrolls(code).map_or(Key::Nothing, Key::Scroll),
    }
}

impl State {
    /// Takes in a key; what is left to do for it.
    fn pressed(&mut self, event: &Event) -> Key {
        if let Some(verb) = self.asks.take() {
            let yes = matches!(event, Event::Key(pressed) if pressed.code == KeyCode::Char('y'));
            self.message = (!yes).then(|| format!("{verb} is not asked for"));
            return if yes { Key::Ask(verb) } else { Key::Nothing };
        }
        let key = key(event);
        match key {
            Key::Next => self.choose_next(),
            Key::AskFirst(verb) => self.asks = Some(verb),
            Key::Explain => self.explains = !self.explains,
            Key::Scroll(by) => self.scrolled = scrolled(self.scrolled, by, self.lines.len()),
            Key::Leave | Key::Ask(_) | Key::Nothing => {}
        }
        key
    }

    /// Reads what is under way, and the rest of the chosen one.
    fn look(&mut self, client: &Client) -> Result<(), Trouble> {
        let UpdatesAnswer { updates } = client.get("updates", &[])?;
        self.take(updates);
        let Some(id) = self.updates.get(self.chosen).map(|update| update.update.clone()) else {
            return Ok(());
        };
        let path = |what: &str| format!("updates/{}/{what}", encoded(&id));
        let told: UpdateNodesAnswer = client.get(&path("nodes"), &[])?;
        if let Some(nodes) = told.nodes {
            self.nodes = nodes.to_vec();
        }
        self.budgets = told.budgets;
        loop {
            let from = self.next.to_string();
            let query = [("from", from.as_str()), ("run", self.run.as_str())];
            let answer: LinesAnswer = client.get(&path("lines"), &query)?;
            let is_all = answer.lines.is_empty();
            self.hear(answer);
            if is_all {
                return Ok(());
            }
        }
    }

    /// Takes in what is under way now: others join those that are shown, none leaves.
    fn take(&mut self, updates: Vec<UpdateAnswer>) {
        for update in updates.into_iter().filter(|update| update.nodegroup.is_some()) {
            match self.updates.iter_mut().find(|shown| shown.update == update.update) {
                Some(shown) => *shown = update,
                None if update.is_running() => self.updates.push(update),
                None => {}
            }
        }
    }

    fn hear(&mut self, answer: LinesAnswer) {
        let begun = answer.begun.map(|at| at.0);
        for line in answer.lines {
            let at = messages::since(begun.unwrap_or(line.at.0), line.at.0);
            self.lines.push_front(format!("{at} {:<8} {}", line.about.word(), line.text));
        }
        self.lines.truncate(LINES_MAX);
        (self.run, self.next) = (answer.run, answer.next);
    }

    fn choose_next(&mut self) {
        let chosen = (self.chosen + 1) % self.updates.len().max(1);
        let updates = std::mem::take(&mut self.updates);
        *self = Self { updates, chosen, ..Self::default() };
    }

    /// Asks something of the chosen update.
    fn ask(&mut self, client: &Client, verb: &str) {
        let Some(update) = self.updates.get(self.chosen) else { return };
        let path = format!("updates/{}/{verb}", encoded(&update.update));
        let answer: Result<CommandAnswer, Trouble> = client.post(&path, &[], &CommandRequest::default());
        self.message = Some(match answer {
            Ok(answer) => format!("{} is taken", answer.accepted),
            Err(trouble) => trouble.to_string(),
        });
    }
}
