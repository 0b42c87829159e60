//! The phases of an update, with what was forecast beside what came.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use replank_core::node_group::event::Fact;
use replank_core::node_group::phase::Phase;
use replank_engine::messages;
use replank_engine::report::plan::PlanJson;
use replank_engine::report::wire::ReportJson;
use replank_engine::serialized::{SerializedForm, v1};
use replank_service::update_feed::EventJson;

/// A phase with its times.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    phase: Phase,
    forecast: Option<SignedDuration>,
    actual: Option<SignedDuration>,
    state: State,
}

/// Where a phase stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Over,
    UnderWay,
    Ahead,
}

/// The phases as a table.
pub(super) fn table(facts: &[EventJson], forecast: Option<&PlanJson>, report: Option<&ReportJson>) -> Markup {
    // The first phase is entered by the beginning itself, of which there is no fact.
    let first = report.map(|report| (Phase::Setup, report.started_at.0));
    let entered: Vec<(Phase, Timestamp)> =
        first.into_iter().chain(facts.iter().filter_map(entered)).collect();
    let forecast: Option<Vec<(Phase, SignedDuration)>> = forecast.map(|plan| {
        let phases = plan.phases.iter().cloned();
        phases.map(|it| (it.phase.back(), SignedDuration::from_secs(it.seconds))).collect()
    });
    let now = report.map(|report| report.end.as_ref().map_or(report.at.0, |end| end.at.0));
    let rows = rows(&entered, forecast.as_deref(), now, report.is_some_and(|report| report.end.is_some()));
    html! {
        h2 { "Phases" }
        @if rows.is_empty() { p { "It entered none so far." } }
        @else {
            table {
                thead { tr { @for head in ["Phase", "Stands", "Forecast", "Actual"] { th scope="col" { (head) } } } }
                tbody { @for row in &rows { (line(row)) } }
            }
        }
        @if forecast.is_none() {
            p.small { "There is no forecast: no plan of this very update was made in this run of the server." }
        }
    }
}

fn line(row: &Row) -> Markup {
    let span = |length: Option<SignedDuration>| length.map_or("-".to_owned(), messages::span);
    let (class, word) = match row.state {
        State::Over => ("over", "done"),
        State::UnderWay => ("now", "under way"),
        State::Ahead => ("ahead", "ahead"),
    };
    html! {
        tr.(class) {
            th scope="row" { (messages::phase(row.phase)) }
            td { (word) }
            td { (span(row.forecast)) }
            td { (span(row.actual)) }
        }
    }
}

/// The phase that a fact says was entered.
fn entered(event: &EventJson) -> Option<(Phase, Timestamp)> {
    let fact: v1::Fact = serde_json::from_value(event.fact.clone()).ok()?;
    match fact.back() {
        Fact::Entered { phase } => Some((phase, event.at.0)),
        _ => None,
    }
}

/// Phases in order: those that were entered, then those that were forecast and are ahead.
fn rows(
    entered: &[(Phase, Timestamp)],
    forecast: Option<&[(Phase, SignedDuration)]>,
    now: Option<Timestamp>,
    is_over: bool,
) -> Vec<Row> {
    let said = |phase: Phase| forecast?.iter().find(|(known, _)| *known == phase).map(|(_, length)| *length);
    let mut rows = Vec::new();
    for (at, (phase, since)) in entered.iter().enumerate().filter(|(_, (phase, _))| *phase != Phase::Done) {
        let next = entered.get(at + 1).map(|(_, next)| *next);
        let until = next.or(now);
        rows.push(Row {
            phase: *phase,
            forecast: said(*phase),
            actual: until.map(|until| until.duration_since(*since)),
            state: if next.is_some() || is_over { State::Over } else { State::UnderWay },
        });
    }
    if !is_over {
        let known = |phase: Phase| rows.iter().any(|row| row.phase == phase);
        let ahead = forecast.unwrap_or_default().iter().filter(|(phase, _)| !known(*phase));
        let ahead: Vec<Row> = ahead
            .map(|(phase, length)| Row {
                phase: *phase,
                forecast: Some(*length),
                actual: None,
                state: State::Ahead,
            })
            .collect();
        rows.extend(ahead);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_stands_beside_what_was_forecast() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let seconds = SignedDuration::from_secs;
        let forecast =
            [(Phase::Setup, seconds(5)), (Phase::ScaleUp, seconds(60)), (Phase::Upgrade, seconds(300))];
        let entered = [(Phase::Setup, at(0)), (Phase::ScaleUp, at(7))];
        let shown = |is_over| {
            let rows = rows(&entered, Some(&forecast), Some(at(20)), is_over);
            rows.into_iter().map(|row| (row.phase, row.forecast, row.actual, row.state)).collect::<Vec<_>>()
        };
        let setup = (Phase::Setup, Some(seconds(5)), Some(seconds(7)), State::Over);
        let up = |state| (Phase::ScaleUp, Some(seconds(60)), Some(seconds(13)), state);
        let ahead = (Phase::Upgrade, Some(seconds(300)), None, State::Ahead);
        assert_eq!(shown(false), [setup, up(State::UnderWay), ahead]);
        assert_eq!(shown(true), [setup, up(State::Over)]);
    }
}
