//! Lines of an update on a server. If the server is away for a while, it goes on when the server is back.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use replank_core::node_group::event::Fact;
use replank_engine::messages;
use replank_engine::report::plan::NoNodeJson;
use replank_engine::report::wire::{MaybeNewer, ProblemJson};
use replank_engine::report::{About, Line, phases};
use replank_engine::serialized::{SerializedForm, v1};
use replank_server::control::api::{HistoryAnswer, LinesAnswer, UpdateAnswer};
use replank_service::records::UpdateStatus;
use replank_service::update_feed::{EventJson, LineJson};

use super::away::{Away, WAIT};
use super::{EndJson, Ending, Engine, Heard, Source};
use crate::client::{Client, Trouble, encoded};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::printer::Printer;

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
    away: Away,
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
            away: Away::default(),
        })
    }

    fn ask(&self) -> Result<Option<LinesAnswer>, Trouble> {
        let (from, wait) = (self.next.to_string(), WAIT.as_secs().to_string());
        let query = [("from", from.as_str()), ("run", self.run.as_str()), ("wait", wait.as_str())];
        let path = format!("updates/{}/lines", encoded(&self.update));
        self.client.get_patiently(&path, &query, WAIT, &self.interrupt)
    }

    /// New lines of an answer. Facts whose lines are no longer kept are read from the record.
    fn heard(&mut self, answer: LinesAnswer) -> Result<Heard> {
        let mut lines = Vec::new();
        if answer.lost > 0 {
            Printer::complain(&format!("note: {} older lines are not kept any more", answer.lost));
        }
        for line in answer.lines {
            match line.fact_number {
                Some(number) if number < self.facts => continue,
                Some(number) => {
                    if number > self.facts {
                        let events = self.history()?;
                        lines.extend(self.record(&events, &line.group, Some(number)));
                    }
                    self.facts = number + 1;
                }
                None => {}
            }
            lines.push(plain(line));
        }
        (self.run, self.next) = (answer.run, answer.next);
        Ok(Heard::Lines { begun: answer.begun.map(|time| time.0), lines })
    }

    fn history(&self) -> Result<Vec<EventJson>> {
        let path = format!("updates/{}/history", encoded(&self.update));
        let HistoryAnswer { events, .. } = self.client.get(&path, &[])?;
        Ok(events)
    }

    /// Lines of recorded facts that were not printed yet, up to a number.
    fn record(&mut self, events: &[EventJson], group: &str, until: Option<u64>) -> Vec<Line> {
        let events = events.iter().enumerate().skip(self.facts as usize);
        let events = events.take_while(|(number, _)| until.is_none_or(|until| (*number as u64) < until));
        let mut lines = Vec::new();
        for (number, event) in events {
            lines.push(Line {
                at: event.at,
                group: group.to_owned(),
                about: About::Update,
                text: event.text.clone(),
                fact: Some(event.fact.clone()),
            });
            self.facts = number as u64 + 1;
        }
        lines
    }

    fn ending(&mut self) -> Result<Heard> {
        let shown: UpdateAnswer = self.client.get(&format!("updates/{}", encoded(&self.update)), &[])?;
        let events = self.history()?;
        let missing = self.record(&events, shown.nodegroup.as_deref().unwrap_or_default(), None);
        if !missing.is_empty() {
            let begun = missing.first().map(|line| line.at.0);
            return Ok(Heard::Lines { begun, lines: missing });
        }
        Ok(Heard::Over(Box::new(Ending {
            exit: end(&shown).0,
            sentences: sentences(&shown),
            value: self.value(&shown, events),
        })))
    }
}

impl Remote<'_> {
    /// The end for programs, with the phases from the record.
    fn value(&self, shown: &UpdateAnswer, events: Vec<EventJson>) -> EndJson {
        let report = shown.report.as_deref();
        let facts: Vec<(Timestamp, Fact)> = events.into_iter().filter_map(fact).collect();
        let begun = report.map(|report| report.started_at.0);
        let ended = facts.last().map(|(at, _)| *at);
        let errors = shown.recorded.iter().flat_map(|recorded| &recorded.errors);
        let errors: Vec<String> =
            errors.map(|error| format!("{}: {}", error.error_code, error.error_message)).collect();
        let kept = report.and_then(|report| report.problems.iter().find(|it| is_about_sizes(it)));
        EndJson {
            update: self.update.clone(),
            engine: Engine::Replank,
            outcome: end(shown).1.to_owned(),
            failure: (!errors.is_empty()).then(|| errors.join("; ")),
            kept: kept.map(|problem| problem.text.clone()),
            seconds: begun.zip(ended).map(|(begun, ended)| ended.duration_since(begun).as_secs()),
            phases: begun.map_or_else(Vec::new, |begun| {
                phases::ended(begun, facts.iter().map(|(at, fact)| (*at, fact)))
            }),
            stalls: Vec::new(),
            unplaced: report.map(|report| report.unplaced.clone()).unwrap_or_default(),
            not_joined: Vec::new(),
        }
    }
}

/// A recorded fact; none for one that this version does not know.
fn fact(event: EventJson) -> Option<(Timestamp, Fact)> {
    let fact: v1::Fact = serde_json::from_value(event.fact).ok()?;
    Some((event.at.0, fact.back()))
}

/// Whether it says that the group keeps more nodes than before.
fn is_about_sizes(problem: &ProblemJson) -> bool {
    matches!(problem.problem, MaybeNewer::Known(v1::Problem::SizesKept { .. }))
}

impl Source for Remote<'_> {
    fn next(&mut self) -> Result<Heard> {
        let answer = match self.ask() {
            Ok(Some(answer)) => answer,
            Ok(None) => return Ok(Heard::Left),
            Err(trouble) => {
                let what = format!("update {}", self.update);
                let has_left = self.away.missed(trouble, &what, self.client, &self.interrupt)?;
                return Ok(if has_left {
                    Heard::Left
                } else {
                    Heard::Lines { begun: None, lines: Vec::new() }
                });
            }
        };
        self.away.answered();
        if answer.over { self.ending() } else { self.heard(answer) }
    }

    fn way_back(&self) -> String {
        way_back(&self.update)
    }
}

/// Prints how an update ended that was followed otherwise, or that it goes on.
pub(crate) fn ended(client: &Client, id: &str, printer: &mut Printer) -> Result<Exit> {
    let shown: UpdateAnswer = client.get(&format!("updates/{}", encoded(id)), &[])?;
    if shown.is_running() {
        Printer::complain(&way_back(id));
        return Ok(Exit::Cancelled);
    }
    sentences(&shown).iter().for_each(|sentence| printer.line(sentence));
    Ok(end(&shown).0)
}

fn way_back(id: &str) -> String {
    format!(
        "\nleft; update {id} goes on. Come back with: replank follow {id}\nHold it with: replank pause {id}"
    )
}

/// A line without its place.
fn plain(line: LineJson) -> Line {
    let LineJson { at, group, about, text, fact, .. } = line;
    Line { at, group, about, text, fact }
}

/// How an update ended: exit code and outcome. An update that only the journal has tells no more than that it is over.
fn end(shown: &UpdateAnswer) -> (Exit, &'static str) {
    match shown.recorded.as_ref().map(|recorded| recorded.status) {
        Some(UpdateStatus::Successful) => (
            Exit::of_plan(true, shown.report.as_ref().is_none_or(|report| report.unplaced.is_empty())),
            "succeeded",
        ),
        Some(UpdateStatus::Cancelled) => (Exit::Cancelled, "cancelled"),
        Some(UpdateStatus::Failed | UpdateStatus::InProgress) | None => (Exit::Failed, "failed"),
    }
}

/// The end for people.
fn sentences(shown: &UpdateAnswer) -> Vec<String> {
    let report = shown.report.as_deref();
    let outcome = match end(shown).1 {
        "cancelled" => "was cancelled",
        outcome => outcome,
    };
    let took = report.and_then(|report| Some((report.end.as_ref()?.at.0, report.started_at.0)));
    let took = took
        .map(|(end, begun)| format!(" after {} of virtual time", messages::span(end.duration_since(begun))));
    let group = shown.nodegroup.as_deref().unwrap_or_default();
    let mut sentences = vec![
        String::new(),
        format!("The update of node group {group} {outcome}{}.", took.unwrap_or_default()),
    ];
    for error in shown.recorded.iter().flat_map(|recorded| &recorded.errors) {
        sentences.push(format!("  {}: {}", error.error_code, error.error_message));
    }
    if let Some(counts) = report.map(|report| report.counts) {
        sentences
            .push(format!("  nodes     {} replaced, {} surplus removed", counts.replaced, counts.removed));
    }
    let waits = shown.waited.as_deref().unwrap_or_default();
    if !waits.is_empty() {
        sentences.push("Waited for longest:".to_owned());
    }
    for wait in waits.iter().take(WAITS_MAX) {
        let lasted = SignedDuration::from_secs(wait.seconds);
        sentences.push(format!("  {}: {}", messages::span(lasted), wait.what));
    }
    let unplaced = report.map(|report| report.unplaced.iter().map(NoNodeJson::back).collect::<Vec<_>>());
    let unplaced = messages::left_unplaced(&unplaced.unwrap_or_default());
    if !unplaced.is_empty() {
        sentences.push(format!("{}:", messages::UNPLACED));
        sentences.extend(unplaced.into_iter().map(|line| format!("  {line}")));
    }
    sentences
}
