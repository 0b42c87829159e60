//! The update feed: reports, facts and lines of each update for those who watch, and commands to updates.
//!
//! The reconciler writes reports and takes commands between turns; routes do the rest. Nothing is decided here.

mod others;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use replank_core::node_group::event::Event;
use replank_engine::commands::Command;
use replank_engine::messages;
use replank_engine::report::wire::ReportJson;
use replank_engine::report::{
    About, BudgetJson, Budgets, Line, Narrator, RowJson, Waited, WaitedJson, roster,
};
use replank_engine::serialized::{SerializedForm, Time, v1};
use replank_engine::turn::Turned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, oneshot, watch};

use crate::cluster_upgrade::UpgradeFeed;
use crate::id::uuid;
pub use others::{Elsewhere, Past};

/// Most commands that may wait; they are taken several times a second.
const COMMANDS_MAX: usize = 64;
/// Most lines that are kept of an update, the latest ones.
const LINES_MAX: usize = 10_000;
/// Most lines that are returned at once.
const LINES_AT_ONCE: usize = 500;

/// Those who are told lines as they come. Each keeps a connection, of which the server has a few thousand.
pub const FOLLOWERS_MAX: usize = 256;

/// For how many turns the nodes of an update are listed once somebody asked: each list costs the group's size.
const WATCHED_TURNS: u32 = 100;

/// The answer to a command: taken, or why not.
pub type Answered = Result<(), String>;

/// Reports, facts and lines of updates, and commands to them.
#[derive(Debug)]
pub struct UpdateFeed {
    inner: Mutex<Inner>,
    /// Changes whenever something is written; becomes true at shutdown.
    news: watch::Sender<bool>,
    /// Held by a rehearsal while it runs, so that there is one at a time.
    pub rehearsal: Semaphore,
    /// Room for those who are told lines as they come, without asking again.
    pub followers: Arc<Semaphore>,
    /// Upgrades of whole clusters.
    pub upgrades: UpgradeFeed,
    /// Identifies this process, since line numbers begin anew in each.
    run: String,
}

impl Default for UpdateFeed {
    fn default() -> Self {
        let (news, _) = watch::channel(false);
        Self {
            inner: Mutex::default(),
            news,
            rehearsal: Semaphore::new(1),
            followers: Arc::new(Semaphore::new(FOLLOWERS_MAX)),
            upgrades: UpgradeFeed::default(),
            run: uuid(),
        }
    }
}

#[derive(Debug, Default)]
struct Inner {
    updates: BTreeMap<String, UpdateNews>,
    waiting: VecDeque<(Command, oneshot::Sender<Answered>)>,
    taken: VecDeque<(Command, oneshot::Sender<Answered>)>,
    /// Updates that the journal had when it was last looked through.
    past: BTreeMap<String, Past>,
    /// Updates that others run.
    elsewhere: Vec<Elsewhere>,
    /// As of which share of this process that was, where several share the journal.
    share: Option<u64>,
}

/// What is known of an update.
#[derive(Clone, Debug, Default)]
struct UpdateNews {
    report: Option<Arc<ReportJson>>,
    events: Vec<EventJson>,
    narrator: Narrator,
    lines: VecDeque<LineJson>,
    /// Number of the first line that is kept.
    first_line: u64,
    waited: Waited,
    budgets: Budgets,
    /// The nodes of the group after the last turn, while somebody watches.
    nodes: Option<Arc<[RowJson]>>,
    /// For how many more turns they are listed.
    watched: u32,
}

/// The nodes of an updated group, and the budgets of its cluster, as of the last turn.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The nodes by instance; `None` when they are listed from the next turn on only.
    pub nodes: Option<Arc<[RowJson]>>,
    /// The budgets by name.
    pub budgets: Vec<BudgetJson>,
}

/// Lines of an update.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// The lines, each with its `number`.
    pub told: Vec<LineJson>,
    /// Number of the next line.
    pub next: u64,
    /// Number of lines from the requested one on that are no longer kept.
    pub lost: u64,
}

/// A line of an update with its place, as clients read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineJson {
    /// When it happened.
    pub at: Time,
    /// Name of the node group.
    pub group: String,
    /// Subject of the line.
    #[serde(rename = "type")]
    pub about: About,
    /// What happened, in a sentence.
    pub text: String,
    /// Number of the line in this run of the server, from 0.
    pub number: u64,
    /// Number of the event behind it, from 0; `None` for lines that tell no recorded fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact_number: Option<u64>,
    /// The recorded fact, as the journal has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<Value>,
}

/// An event of an update, as clients read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EventJson {
    /// When it happened.
    pub at: Time,
    /// The recorded fact, as the journal has it.
    pub fact: Value,
    /// The fact in a sentence.
    pub text: String,
}

impl UpdateFeed {
    /// Adds a turn: its report, facts and lines. `pods` is news about pods, in words.
    pub fn show(&self, turned: &Turned<'_>, pods: Vec<String>) {
        let update = turned.rollout.spec().update.as_str();
        let report = Arc::new(ReportJson::from(&turned.report()));
        let mut inner = self.lock();
        let shown = inner.updates.entry(update.to_owned()).or_default();
        shown.report = Some(report);
        shown.waited.take(turned.at, &turned.decision.waits);
        shown.budgets.take(turned.seen);
        shown.watched = shown.watched.saturating_sub(1);
        let rows = || roster(turned.rollout, turned.seen).iter().map(RowJson::from).collect();
        shown.nodes = (shown.watched > 0).then(rows);
        if turned.rollout.end().is_some() {
            shown.waited.close(turned.at);
        }
        let mut number = shown.events.len();
        shown.events.extend(turned.facts.iter().map(event));
        for line in shown.narrator.tell(turned, pods) {
            let fact = (line.about == About::Update).then_some(number);
            number += usize::from(fact.is_some());
            shown.write(&line, fact);
        }
        drop(inner);
        self.ring();
    }

    /// Sets the facts of an update that were recorded before this process.
    pub fn remember(&self, update: &str, facts: &[Event]) {
        self.lock().updates.entry(update.to_owned()).or_default().events = facts.iter().map(event).collect();
    }

    /// Forgets the report and the lines of an update that goes on elsewhere.
    pub fn forget(&self, update: &str) {
        self.lock().updates.remove(update);
        self.ring();
    }

    /// Wakes all long-polling clients.
    pub fn ring(&self) {
        self.news.send_modify(|_| ());
    }

    /// Wakes all long-polling clients at shutdown.
    pub fn close(&self) {
        self.news.send_replace(true);
    }

    /// A receiver that changes whenever something is written; its value becomes true at shutdown.
    pub fn news(&self) -> watch::Receiver<bool> {
        self.news.subscribe()
    }

    /// Identifies this process.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Ids of all known updates.
    pub fn updates(&self) -> Vec<String> {
        self.lock().updates.keys().cloned().collect()
    }

    /// Whether the feed knows an update.
    pub fn knows(&self, update: &str) -> bool {
        self.lock().updates.contains_key(update)
    }

    /// Last report of an update; `None` before its first turn in this process.
    pub fn report(&self, update: &str) -> Option<Arc<ReportJson>> {
        self.lock().updates.get(update)?.report.clone()
    }

    /// What an update waited for in this process and no longer waits for.
    pub fn waited(&self, update: &str) -> Vec<WaitedJson> {
        self.lock().updates.get(update).map(|shown| shown.waited.over()).unwrap_or_default()
    }

    /// The nodes of an update's group and the budgets of its cluster. The nodes are listed for the next turns then.
    pub fn watch(&self, update: &str) -> Watched {
        let mut inner = self.lock();
        let Some(shown) = inner.updates.get_mut(update) else { return Watched::default() };
        shown.watched = WATCHED_TURNS;
        Watched { nodes: shown.nodes.clone(), budgets: shown.budgets.shown() }
    }

    /// Facts of an update, in order; `None` for unknown updates.
    pub fn events(&self, update: &str) -> Option<Vec<EventJson>> {
        Some(self.lock().updates.get(update)?.events.clone())
    }

    /// Lines of an update from number `from` on, at most 500.
    pub fn lines(&self, update: &str, from: u64) -> Lines {
        let inner = self.lock();
        let Some(shown) = inner.updates.get(update) else { return Lines { next: from, ..Lines::default() } };
        let lost = shown.first_line.saturating_sub(from);
        let skipped = (from + lost - shown.first_line) as usize;
        let told: Vec<LineJson> = shown.lines.iter().skip(skipped).take(LINES_AT_ONCE).cloned().collect();
        Lines { next: from + lost + told.len() as u64, told, lost }
    }

    /// Queues a command; the receiver gets the answer once the reconciler has taken it. `None` when too many are
    /// queued.
    pub fn ask(&self, command: Command) -> Option<oneshot::Receiver<Answered>> {
        let mut inner = self.lock();
        if inner.waiting.len() >= COMMANDS_MAX {
            return None;
        }
        let (answer, answered) = oneshot::channel();
        inner.waiting.push_back((command, answer));
        Some(answered)
    }

    /// Commands that were queued since the last call.
    pub fn take(&self) -> Vec<Command> {
        let mut inner = self.lock();
        let waiting = std::mem::take(&mut inner.waiting);
        let commands = waiting.iter().map(|(command, _)| command.clone()).collect();
        inner.taken.extend(waiting);
        commands
    }

    /// Answers the first taken command that equals this one; whether there was one.
    pub fn answer(&self, command: &Command, answer: Answered) -> bool {
        let mut inner = self.lock();
        let Some(at) = inner.taken.iter().position(|(taken, _)| taken == command) else { return false };
        if let Some((_, sender)) = inner.taken.remove(at) {
            // Whoever asked may have gone.
            let _heard = sender.send(answer);
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UpdateNews {
    /// Keeps a line; `fact` is the number of the fact it reports.
    fn write(&mut self, line: &Line, fact: Option<usize>) {
        let told = |number: usize| self.events.get(number).map_or(Value::Null, |event| event.fact.clone());
        self.lines.push_back(LineJson {
            at: line.at,
            group: line.group.clone(),
            about: line.about,
            text: line.text.clone(),
            number: self.first_line + self.lines.len() as u64,
            fact_number: fact.map(|number| number as u64),
            fact: fact.map(told),
        });
        if self.lines.len() > LINES_MAX {
            self.lines.pop_front();
            self.first_line += 1;
        }
    }
}

/// An event as clients read it.
pub fn event(event: &Event) -> EventJson {
    EventJson {
        at: Time(event.at),
        fact: json!(v1::Fact::of(&event.fact)),
        text: messages::fact(&event.fact),
    }
}

#[cfg(test)]
mod tests {
    use replank_core::names::UpdateId;
    use replank_engine::commands::CommandKind;

    use super::*;

    #[test]
    fn commands_wait_for_their_answer_and_are_bounded() {
        let feed = UpdateFeed::default();
        let command = Command { update: UpdateId::new("u"), wish: CommandKind::Resume };
        let mut answered = feed.ask(command.clone()).unwrap();
        assert_eq!(feed.take(), std::slice::from_ref(&command));
        assert!(feed.answer(&command, Err("no".into())) && !feed.answer(&command, Ok(())));
        assert_eq!(answered.try_recv(), Ok(Err("no".to_owned())));
        let asked: Vec<_> = (0..100).map_while(|_| feed.ask(command.clone())).collect();
        assert_eq!(asked.len(), 64);
    }
}
