//! What a drain prints while it runs: a line when something is waited for and one when it is over, for people or as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use replank_core::action::ClusterAction;
use replank_core::names::NodeName;
use replank_core::node_group::decide::Evacuated;
use replank_core::node_group::wait::{On, Wait};
use replank_core::observed::Answer;
use replank_engine::drain::{Ended, Step};
use replank_engine::messages;
use serde_json::{Value, json};

use super::live::Live;
use crate::cli::remote::Format;
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;

/// Time after which a cordon that is not seen in the watch is shown as a wait.
const SEEN_WITHIN: SignedDuration = SignedDuration::from_secs(5);
/// How long a wait that is gone may come back and count as the same.
const OVER_AFTER: SignedDuration = SignedDuration::from_secs(3);

/// How often a drain looks at what does not change, and how often on a terminal, where somebody may press a key.
const LOOKS_EVERY: Duration = Duration::from_secs(2);
const LOOKS_EVERY_LIVE: Duration = Duration::from_millis(250);

/// What was printed, so that nothing is printed twice.
pub(super) struct Shown<'p> {
    printer: &'p mut Printer,
    format: Format,
    /// The screen of a terminal, where there is one.
    live: Option<Live>,
    /// Waits that were told and are not over, by what they are about.
    waits: BTreeMap<String, Told>,
    drained: BTreeSet<NodeName>,
}

/// A wait that was told.
struct Told {
    /// Its end, as the beginning of a sentence.
    over: String,
    /// What it says besides numbers and times.
    substance: String,
    begun: Timestamp,
    /// When it stood last.
    stood: Timestamp,
}

impl<'p> Shown<'p> {
    /// Nothing was printed yet.
    pub(super) fn new(printer: &'p mut Printer, format: Format) -> Self {
        Self { printer, format, live: None, waits: BTreeMap::new(), drained: BTreeSet::new() }
    }

    /// Shows all that follows as a live view, on a terminal of somebody who reads tables.
    pub(super) fn watched(&mut self) {
        if self.printer.is_terminal && self.format == Format::Table {
            self.printer.flush();
            self.live = Live::open();
        }
    }

    /// How often to look at what does not change.
    pub(super) fn looks_every(&self) -> Duration {
        if self.live.is_some() { LOOKS_EVERY_LIVE } else { LOOKS_EVERY }
    }

    /// A line for people alone.
    pub(super) fn heading(&mut self, text: &str) {
        if self.format.is_for_people() {
            self.printer.line(text);
        }
    }

    /// A node was cordoned.
    pub(super) fn cordoned(&mut self, at: Timestamp, node: &NodeName) {
        self.say(
            at,
            "cordoned",
            &json!({ "node": node.as_str() }),
            &format!("node {node} is cordoned"),
            None,
        );
    }

    /// Prints what is new in a turn. Whether somebody leaves the live view.
    pub(super) fn step(&mut self, step: &Step<'_>) -> bool {
        self.over(step);
        for (action, answer) in step.performed {
            if let (ClusterAction::Evict { pod, .. }, Answer::Done) = (action, answer) {
                let name = pod.name.to_string();
                self.say(
                    step.at,
                    "evicted",
                    &json!({ "pod": name }),
                    &format!("pod {name} is evicted"),
                    None,
                );
            }
        }
        for wait in step.evacuated.waits.iter().filter(|wait| !passes(wait, step.at)) {
            self.wait(wait, step.at);
        }
        for node in step.evacuated.left.keys() {
            if step.evacuated.is_drained(node) && self.drained.insert(node.clone()) {
                self.say(
                    step.at,
                    "drained",
                    &json!({ "node": node.as_str() }),
                    &format!("node {node} is drained"),
                    None,
                );
            }
        }
        self.printer.flush();
        self.live.as_mut().is_some_and(|live| live.show(step))
    }

    /// Tells a wait when it begins, and again when there is another reason for it.
    fn wait(&mut self, wait: &Wait, at: Timestamp) {
        let substance = messages::substance(wait);
        let begun = match self.waits.get_mut(&messages::topic(wait)) {
            Some(told) if told.substance == substance => {
                told.stood = at;
                return;
            }
            Some(told) => told.begun,
            None => at,
        };
        let told = Told { over: over(wait), substance, begun, stood: at };
        self.waits.insert(messages::topic(wait), told);
        let about = json!({
            "pod": wait.on.pod().map(ToString::to_string), "node": wait.node.as_ref().map(ToString::to_string),
        });
        let (text, advice) = (messages::describe(wait, at), messages::advice(wait));
        self.say(at, "wait", &about, &text, advice.as_deref());
    }

    /// Tells of waits that are over, with how long they were.
    fn over(&mut self, step: &Step<'_>) {
        let stands: BTreeSet<String> = step.evacuated.waits.iter().map(messages::topic).collect();
        let is_over = |(topic, told): &(&String, &Told)| {
            let is_long = step.at.duration_since(told.stood) >= OVER_AFTER || step.evacuated.waits.is_empty();
            !stands.contains(*topic) && is_long
        };
        let over: Vec<String> = self.waits.iter().filter(is_over).map(|(topic, _)| topic.clone()).collect();
        for topic in over {
            let Some(told) = self.waits.remove(&topic) else { continue };
            let lasted = told.stood.duration_since(told.begun);
            let text = format!("{}, after {}", told.over, messages::span(lasted));
            let value = json!({ "seconds": lasted.as_secs() });
            self.say(step.at, "waited", &value, &text, None);
        }
    }

    /// Prints the end: what is left, why, and how to open the nodes again.
    pub(super) fn end(mut self, ended: &Ended, gives_up: bool) -> Exit {
        self.live = None;
        let (exit, outcome, evacuated) = match ended {
            Ended::Drained(evacuated) => (Exit::Done, "drained", evacuated),
            Ended::OutOfTime(evacuated) => (Exit::Failed, "out-of-time", evacuated),
            Ended::Left(evacuated) if gives_up => (Exit::Stuck, "stuck", evacuated),
            Ended::Left(evacuated) => (Exit::Cancelled, "left", evacuated),
        };
        match self.format {
            Format::Table | Format::Wide | Format::Name => self.tell_end(outcome, evacuated),
            Format::Json | Format::Yaml => {
                let value = json!({ "type": "end", "drain": ending(outcome, evacuated) });
                output::print_next(self.printer, self.format, &value);
            }
        }
        self.printer.flush();
        exit
    }

    fn tell_end(&mut self, outcome: &str, evacuated: &Evacuated) {
        let now = Timestamp::now();
        for (node, pods) in &evacuated.returned {
            let names: Vec<String> = pods.iter().map(ToString::to_string).collect();
            let names = names.join(", ");
            self.printer.line(&format!("came back to node {node}, for no cordon keeps them off: {names}"));
        }
        for (node, left) in evacuated.left.iter().filter(|(node, _)| !evacuated.is_drained(node)) {
            let stays =
                if evacuated.open.contains(node) { "it is open to new ones" } else { "it stays cordoned" };
            self.printer.line(&format!("node {node} still has {left} pods that have to leave; {stays}"));
        }
        if outcome != "drained" {
            for wait in &evacuated.waits {
                self.printer.line(&messages::describe(wait, now));
                if let Some(advice) = messages::advice(wait) {
                    self.printer.line(&format!("  {advice}"));
                }
            }
        }
        match outcome {
            "drained" => self.printer.line("Every node is drained and stays cordoned."),
            "stuck" => self.printer.line(
                "Nothing is left but what no time mends, so the drain has ended; --wait-anyway waits for somebody to mend it.",
            ),
            _ => {}
        }
        self.printer.line(&format!("Open them again with: {}", uncordon(evacuated)));
    }

    fn say(&mut self, at: Timestamp, kind: &str, about: &Value, text: &str, advice: Option<&str>) {
        if let Some(live) = &mut self.live {
            live.event(at, text);
            return;
        }
        match self.format {
            Format::Table | Format::Wide | Format::Name => {
                self.printer.line(&format!("{} {text}", messages::clock(at, at)));
                if let Some(advice) = advice {
                    self.printer.line(&format!("         {advice}"));
                }
            }
            Format::Json | Format::Yaml => {
                let mut value = json!({ "type": kind, "at": at.to_string(), "text": text, "advice": advice });
                if let (Some(value), Some(about)) = (value.as_object_mut(), about.as_object()) {
                    value.extend(about.clone());
                }
                output::print_next(self.printer, self.format, &value);
            }
        }
    }
}

/// The end of a wait, as the beginning of a sentence.
fn over(wait: &Wait) -> String {
    let node = wait.node.as_ref().map_or(String::new(), |node| format!(" of node {node}"));
    match (&wait.on, wait.on.pod()) {
        (On::Budget(held) | On::BudgetNever(held), _) => {
            format!("budget {} holds no pod{node} any more", held.budget)
        }
        (_, Some(pod)) => format!("pod {pod} waits no more"),
        (_, None) => format!("a wait{node} is over"),
    }
}

/// The end, for programs.
fn ending(outcome: &str, evacuated: &Evacuated) -> Value {
    let now = Timestamp::now();
    let nodes: Vec<Value> = evacuated
        .left
        .iter()
        .map(|(node, left)| {
            json!({ "node": node.as_str(), "left": left, "drained": evacuated.is_drained(node),
                "cordoned": !evacuated.open.contains(node) })
        })
        .collect();
    let waits: Vec<Value> = evacuated
        .waits
        .iter()
        .map(|wait| json!({ "text": messages::describe(wait, now), "advice": messages::advice(wait) }))
        .collect();
    json!({ "outcome": outcome, "nodes": nodes, "waits": waits, "uncordon": uncordon(evacuated) })
}

/// The command that opens the nodes again.
fn uncordon(evacuated: &Evacuated) -> String {
    let nodes: Vec<&str> = evacuated.left.keys().map(NodeName::as_str).collect();
    format!("kubectl uncordon {}", nodes.join(" "))
}

/// Whether a wait is too short to be printed: pods that are terminating, and a cordon that will be seen in a moment.
fn passes(wait: &Wait, at: Timestamp) -> bool {
    let is_new = wait.since.is_some_and(|since| at.duration_since(since) < SEEN_WITHIN);
    matches!(wait.on, On::EvictionSent { .. } | On::Terminating { .. }) || (wait.on == On::Cordon && is_new)
}
