//! Events as JSON, one object per line. docs/reference/events.md is generated from the table in this file.

use std::collections::BTreeMap;

use replank_engine::messages::{self, topic};
use replank_engine::report::Repeats;
use replank_engine::report::wire::ReportJson;
use replank_engine::run::Face;
use replank_engine::serialized::{SerializedForm, Time, v1};
use replank_engine::turn::Turned;
use replank_rehearsal::adapter::Shared;
use replank_rehearsal::session::Told;
use serde::Serialize;
use serde_json::json;

use super::ActListener;
use super::feed::Feed;
use super::summary::Summary;
use crate::cli::remote::Format;
use crate::output;
use crate::printer::Printer;

/// One line of output.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum Line {
    /// A recorded fact of an update.
    Fact {
        /// Virtual time.
        at: Time,
        /// Node group of the update.
        group: String,
        /// The fact in the form of the journal.
        fact: v1::Fact,
        /// The fact as text.
        text: String,
    },
    /// An effect and its answer.
    Act {
        /// Virtual time.
        at: Time,
        /// Node group of the update.
        group: String,
        /// The effect as text.
        act: String,
        /// The answer as text.
        answer: String,
    },
    /// An act of the world file.
    Script {
        /// Virtual time.
        at: Time,
        /// The act as text.
        act: String,
        /// Its result as text.
        answer: String,
    },
    /// A change of a pod.
    Pod {
        /// Virtual time.
        at: Time,
        /// Namespace and name.
        pod: String,
        /// Node that it is or was on.
        node: Option<String>,
        /// `arrives`, `ready`, `unready`, `ends`, `leaves`, `unschedulable` or `gone`.
        what: &'static str,
    },
    /// The report of an update, whenever its phase, sizes, nodes in work or waits changed.
    Report {
        /// All that the live view shows of it.
        report: Box<ReportJson>,
    },
    /// The end of an update.
    Summary {
        /// How it ended, how long it took and what it disturbed.
        summary: Box<Summary>,
    },
}

/// Every kind of line with its meaning; the reference page is generated from it.
pub(crate) const KINDS: [(&str, &str); 6] = [
    ("fact", "A fact that was recorded: `at`, `group`, `fact` (its kind and members), `text` in words."),
    (
        "act",
        "An effect that was asked for: `at`, `group`, `act` in words, `answer` in words. One that is refused again and \
         again is told once, and anew when the answer says something else.",
    ),
    (
        "pod",
        "News of a pod: `at`, `pod`, `node`, `what`: `arrives`, `ready`, `unready`, `ends`, `leaves`, `unschedulable`, \
         `gone`.",
    ),
    (
        "script",
        "An act of the world file that happened: `at`, `act` as the file has it, `answer`: `done`, `asked for`, or \
         why nothing came of it.",
    ),
    (
        "report",
        "The update as it stands, whenever its phase, its sizes, its nodes in work or its waits changed: `report` \
         with phase, sizes, counts, nodes, waits with their words and advice, problems.",
    ),
    (
        "summary",
        "The end: `summary` with outcome, virtual seconds by phase, pods moved by workload, the lowest point of each \
         budget, and what was waited for longest.",
    ),
];

/// Prints every event as a JSON object on a line of its own.
#[derive(Debug)]
pub(crate) struct Json<'p> {
    printer: &'p mut Printer,
    format: Format,
    feed: Feed,
    /// Last report of each group without its times, to detect changes.
    shown: BTreeMap<String, String>,
    repeats: Repeats,
}

impl<'p> Json<'p> {
    /// Prints on `printer`, with the changes of pods of `world`.
    pub(crate) fn new(printer: &'p mut Printer, format: Format, world: Shared) -> Self {
        Self { printer, format, feed: Feed::new(world), shown: BTreeMap::new(), repeats: Repeats::default() }
    }
}

/// Prints one line, or one document.
pub(crate) fn print(printer: &mut Printer, format: Format, line: &Line) {
    match serde_json::to_string(line) {
        Ok(_) if format == Format::Yaml => output::print_next(printer, format, &json!(line)),
        Ok(text) => printer.line(&text),
        Err(error) => Printer::complain(&format!("error: a line cannot be written as JSON: {error}")),
    }
}

impl ActListener for Json<'_> {
    fn tell(&mut self, told: &Told) {
        let (act, answer) = (told.act.clone(), told.answer.clone());
        print(self.printer, self.format, &Line::Script { at: Time(told.at), act, answer });
    }
}

impl Face for Json<'_> {
    fn show(&mut self, turned: &Turned<'_>) {
        let group = turned.rollout.spec().group.to_string();
        for event in turned.facts {
            let (fact, text) = (v1::Fact::of(&event.fact), messages::fact(&event.fact));
            print(
                self.printer,
                self.format,
                &Line::Fact { at: Time(event.at), group: group.clone(), fact, text },
            );
        }
        for news in self.feed.news() {
            let line =
                Line::Pod { at: Time(turned.at), pod: news.pod, node: news.node, what: news.what.name() };
            print(self.printer, self.format, &line);
        }
        for (action, answer) in turned.performed {
            if !self.repeats.is_news(&group, action, answer, turned.at) {
                continue;
            }
            let (act, answer) = (messages::act(action), messages::answer(answer));
            print(
                self.printer,
                self.format,
                &Line::Act { at: Time(turned.at), group: group.clone(), act, answer },
            );
        }
        let report = turned.report();
        let waits = report.waits.iter().map(topic);
        let nodes = report.nodes.iter().map(|node| (&node.instance, node.stage));
        let essence = format!(
            "{:?} {:?} {:?} {:?}",
            report.phase,
            report.sizes,
            waits.collect::<Vec<_>>(),
            nodes.collect::<Vec<_>>()
        );
        if self.shown.get(&group) != Some(&essence) {
            self.shown.insert(group, essence);
            print(self.printer, self.format, &Line::Report { report: Box::new(ReportJson::from(&report)) });
        }
        self.printer.flush();
    }
}
