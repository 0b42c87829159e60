//! Lines of an update on a server. If the server is away for a while, it goes on when the server is back.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use replank_engine::messages;
use replank_engine::report::{About, Line};
use replank_engine::serialized::Time;
use serde::Deserialize;
use serde_json::Value;

use super::{Ending, Heard, Source};
use crate::client::{Client, Trouble, encoded};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::{items, text};
use crate::printer::Printer;

/// Time that the server may wait for a line.
const WAIT: Duration = Duration::from_secs(20);
/// Time for which the server may be unreachable.
const AWAY_MAX: Duration = Duration::from_mins(2);
/// Interval between attempts while it is unreachable.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// Number of longest waits that are printed at the end.
const WAITS_MAX: usize = 5;

/// An update on a server.
#[derive(Debug)]
pub(crate) struct Remote<'c> {
    client: &'c Client,
    interrupt: Interrupt,
    update: String,
    run: String,
    next: u64,
    /// Number of recorded facts that were printed.
    facts: u64,
    away_since: Option<Instant>,
}

/// Answer of the control API for the lines of an update.
#[derive(Debug, Deserialize)]
struct Answer {
    run: String,
    begun: Option<Time>,
    lines: Vec<Numbered>,
    next: u64,
    lost: u64,
    over: bool,
}

/// A line, with the number of its fact.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Numbered {
    #[serde(flatten)]
    line: Line,
    fact_number: Option<u64>,
}

impl<'c> Remote<'c> {
    /// Follows an update from its beginning. From now on SIGINT stops following, not the update.
    pub(crate) fn new(client: &'c Client, update: &str) -> Result<Self> {
        let interrupt = Interrupt::listen().context("signals")?;
        Ok(Self {
            client,
            interrupt,
            update: update.to_owned(),
            run: String::new(),
            next: 0,
            facts: 0,
            away_since: None,
        })
    }

    fn ask(&self) -> Result<Option<Answer>, Trouble> {
        let (from, wait) = (self.next.to_string(), WAIT.as_secs().to_string());
        let query = [("from", from.as_str()), ("run", self.run.as_str()), ("wait", wait.as_str())];
        let path = format!("updates/{}/lines", encoded(&self.update));
        let Some(answer) = self.client.get_patiently(&path, &query, WAIT, &self.interrupt)? else {
            return Ok(None);
        };
        let read = serde_json::from_value(answer);
        read.map(Some).map_err(|error| Trouble::Machine(format!("the server speaks another tongue: {error}")))
    }

    /// Handles a failed request: waits for a server that may come back, up to a limit.
    fn missed(&mut self, trouble: Trouble) -> Result<Heard> {
        let since = *self.away_since.get_or_insert_with(Instant::now);
        if !trouble.may_pass() || since.elapsed() >= AWAY_MAX {
            return Err(trouble).with_context(|| format!("update {} is no longer heard of", self.update));
        }
        if since.elapsed() < ASK_AGAIN {
            Printer::complain(&format!("note: {trouble}; update {} goes on when it is back", self.update));
        }
        std::thread::sleep(ASK_AGAIN);
        if self.interrupt.asked() {
            return Ok(Heard::Left);
        }
        Ok(Heard::Lines { begun: None, lines: Vec::new() })
    }

    /// New lines of an answer. Facts whose lines are no longer kept are read from the record.
    fn heard(&mut self, answer: Answer) -> Result<Heard> {
        let mut lines = Vec::new();
        if answer.lost > 0 {
            Printer::complain(&format!("note: {} older lines are not kept any more", answer.lost));
        }
        for Numbered { line, fact_number } in answer.lines {
            match fact_number {
                Some(number) if number < self.facts => continue,
                Some(number) => {
                    if number > self.facts {
                        lines.extend(self.record(&line.group, Some(number))?);
                    }
                    self.facts = number + 1;
                }
                None => {}
            }
            lines.push(line);
        }
        (self.run, self.next) = (answer.run, answer.next);
        Ok(Heard::Lines { begun: answer.begun.map(|time| time.0), lines })
    }

    /// Lines of recorded facts that were not printed yet, up to a number.
    fn record(&mut self, group: &str, until: Option<u64>) -> Result<Vec<Line>> {
        let history = self.client.get(&format!("updates/{}/history", encoded(&self.update)), &[])?;
        let events = items(&history, "events").enumerate().skip(self.facts as usize);
        let events = events.take_while(|(number, _)| until.is_none_or(|until| (*number as u64) < until));
        let mut lines = Vec::new();
        for (number, event) in events {
            let at = text(event, "at").parse::<Timestamp>().context("a time of the record")?;
            lines.push(Line {
                at: Time(at),
                group: group.to_owned(),
                about: About::Update,
                text: text(event, "text").to_owned(),
                fact: Some(event["fact"].clone()),
            });
            self.facts = number as u64 + 1;
        }
        Ok(lines)
    }

    fn ending(&mut self) -> Result<Heard> {
        let shown = self.client.get(&format!("updates/{}", encoded(&self.update)), &[])?;
        let missing = self.record(text(&shown, "nodegroup"), None)?;
        if !missing.is_empty() {
            let begun = missing.first().map(|line| line.at.0);
            return Ok(Heard::Lines { begun, lines: missing });
        }
        Ok(Heard::Over(Box::new(Ending { exit: exit(&shown), sentences: sentences(&shown), value: shown })))
    }
}

impl Source for Remote<'_> {
    fn next(&mut self) -> Result<Heard> {
        let answer = match self.ask() {
            Ok(Some(answer)) => answer,
            Ok(None) => return Ok(Heard::Left),
            Err(trouble) => return self.missed(trouble),
        };
        if self.away_since.take().is_some() {
            Printer::complain("note: the server is back");
        }
        if answer.over { self.ending() } else { self.heard(answer) }
    }

    fn way_back(&self) -> String {
        let id = &self.update;
        format!(
            "\nleft; update {id} goes on. Come back with: replank follow {id}\nHold it with: replank pause {id}"
        )
    }
}

fn exit(shown: &Value) -> Exit {
    match text(shown, "status") {
        "Successful" => Exit::Done,
        "Cancelled" => Exit::Cancelled,
        _ => Exit::Failed,
    }
}

/// The end, in sentences.
fn sentences(shown: &Value) -> Vec<String> {
    let report = &shown["report"];
    let outcome = match text(shown, "status") {
        "Successful" => "succeeded",
        "Cancelled" => "was cancelled",
        _ => "failed",
    };
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let took = time(&report["end"]["at"]).zip(time(&report["started_at"]));
    let took = took
        .map(|(end, begun)| format!(" after {} of virtual time", messages::span(end.duration_since(begun))));
    let group = text(shown, "nodegroup");
    let mut sentences = vec![
        String::new(),
        format!("The update of node group {group} {outcome}{}.", took.unwrap_or_default()),
    ];
    for error in items(shown, "errors") {
        sentences.push(format!("  {}: {}", text(error, "errorCode"), text(error, "errorMessage")));
    }
    if let Some(replaced) = report["counts"]["replaced"].as_u64() {
        let removed = report["counts"]["removed"].as_u64().unwrap_or(0);
        sentences.push(format!("  nodes     {replaced} replaced, {removed} surplus removed"));
    }
    let mut waits = items(shown, "waited").take(WAITS_MAX).peekable();
    if waits.peek().is_some() {
        sentences.push("Waited for longest:".to_owned());
    }
    for wait in waits {
        let lasted = SignedDuration::from_secs(wait["seconds"].as_i64().unwrap_or(0));
        sentences.push(format!("  {}: {}", messages::span(lasted), text(wait, "what")));
    }
    sentences
}
