//! End of an update of a real cluster: outcome, length of each phase, stalls.

use jiff::{SignedDuration, Timestamp};
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::phase::Phase;
use replank_core::node_group::rollout::Rollout;
use replank_engine::messages;
use replank_engine::report::{Stall, StallJson};
use replank_engine::run::Ended;
use serde_json::json;

use crate::exit::Exit;
use crate::follow::Ending;
use crate::rehearse::text;

/// The end, from the record of the update and the stalls that this process saw.
pub(super) fn of(
    ended: Ended,
    rollout: &Rollout,
    events: &[Event],
    stalls: &[Stall],
    least: SignedDuration,
) -> Ending {
    let spec = rollout.spec();
    let (exit, outcome, first) = match (rollout.end(), ended) {
        (Some(end), _) => {
            let outcome = messages::outcome(end.outcome);
            (end.outcome.into(), outcome, format!("Update {}: {outcome}.", spec.update))
        }
        (None, Ended::Stuck) => (Exit::Stuck, "stuck", format!("Update {} is stuck.", spec.update)),
        (None, Ended::Left | Ended::Over) => {
            let text = format!("Left update {}. The same command goes on with it.", spec.update);
            (Exit::Cancelled, "left", text)
        }
    };
    let failure = rollout.failure().map(|failure| messages::failure_line(failure, &spec.group));
    let mut sentences = vec![first];
    sentences.extend(failure.clone());
    let kept = rollout.end().and_then(messages::larger_size_kept);
    sentences.extend(kept.clone());
    let phases = phases(rollout.started_at(), events);
    let told: Vec<StallJson> =
        stalls.iter().map(|stall| StallJson::of(stall, rollout.started_at())).collect();
    if rollout.end().is_some() {
        let spans = phases.iter().map(|(phase, seconds)| format!("{phase} {}", span(*seconds)));
        sentences.push(format!("  phases    {}", spans.collect::<Vec<_>>().join(", ")));
        let stalls: Vec<(&StallJson, String)> = told.iter().map(|stall| (stall, String::new())).collect();
        sentences.extend(text::held_up(&stalls, least.as_secs()));
    }
    let seconds: i64 = phases.iter().map(|(_, seconds)| seconds).sum();
    let value = json!({
        "update": spec.update.as_str(), "outcome": outcome, "failure": failure, "kept": kept, "seconds": seconds,
        "phases": phases, "stalls": told,
    });
    Ending { exit, sentences, value }
}

/// Phases that ended, with their lengths in seconds.
fn phases(begun: Timestamp, events: &[Event]) -> Vec<(&'static str, i64)> {
    let mut phases = Vec::new();
    let mut now = (Phase::Setup, begun);
    for event in events {
        let next = match event.fact {
            Fact::Entered { phase } => phase,
            Fact::Finished { .. } => Phase::Done,
            _ => continue,
        };
        phases.push((messages::phase(now.0), event.at.duration_since(now.1).as_secs()));
        now = (next, event.at);
    }
    phases
}

fn span(seconds: i64) -> String {
    messages::span(SignedDuration::from_secs(seconds))
}
