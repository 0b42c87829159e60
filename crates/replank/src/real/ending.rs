//! End of an update of a real cluster: outcome, length of each phase, stalls.

use jiff::SignedDuration;
use replank_core::node_group::event::Event;
use replank_core::node_group::plan::NoNode;
use replank_core::node_group::rollout::Rollout;
use replank_engine::messages;
use replank_engine::report::plan::NoNodeJson;
use replank_engine::report::{Stall, StallJson, phases};
use replank_engine::run::Ended;
use replank_engine::serialized::{SerializedForm, v1};

use crate::exit::Exit;
use crate::follow::{EndJson, Ending, Engine};
use crate::output::word;
use crate::rehearse::text;

/// The end, from the record of the update and the stalls that this process saw. `unplaced` are the pods of the cluster
/// that had no node then.
pub(super) fn of(
    ended: Ended,
    rollout: &Rollout,
    events: &[Event],
    (stalls, unplaced): (&[Stall], &[NoNode]),
    least: SignedDuration,
) -> Ending {
    let spec = rollout.spec();
    let (exit, outcome, first) = match (rollout.end(), ended) {
        (Some(end), _) => {
            let exit = match Exit::from(end.outcome) {
                Exit::Done => Exit::of_plan(true, unplaced.is_empty()),
                other => other,
            };
            let text = format!("Update {}: {}.", spec.update, messages::outcome(end.outcome));
            (exit, word(&v1::Outcome::of(&end.outcome)), text)
        }
        (None, Ended::Stuck) => {
            (Exit::Stuck, "stuck".to_owned(), format!("Update {} is stuck.", spec.update))
        }
        (None, Ended::Left | Ended::Over) => {
            let text = format!("Left update {}. The same command goes on with it.", spec.update);
            (Exit::Cancelled, "left".to_owned(), text)
        }
    };
    let failure = rollout.failure().map(|failure| messages::failure_line(failure, &spec.group));
    let mut sentences = vec![first];
    sentences.extend(failure.clone());
    let kept = rollout.end().and_then(messages::larger_size_kept);
    sentences.extend(kept.clone());
    let phases = phases::ended(rollout.started_at(), events.iter().map(|event| (event.at, &event.fact)));
    let told: Vec<StallJson> =
        stalls.iter().map(|stall| StallJson::of(stall, rollout.started_at())).collect();
    if rollout.end().is_some() {
        let spans = phases.iter().map(|phase| format!("{} {}", phase.name(), span(phase.seconds)));
        sentences.push(format!("  phases    {}", spans.collect::<Vec<_>>().join(", ")));
        let stalls: Vec<(&StallJson, String)> = told.iter().map(|stall| (stall, String::new())).collect();
        sentences.extend(text::held_up(&stalls, least.as_secs()));
        let unplaced = messages::left_unplaced(unplaced);
        if !unplaced.is_empty() {
            sentences.push(format!("{}:", messages::UNPLACED));
            sentences.extend(unplaced.into_iter().map(|line| format!("  {line}")));
        }
    }
    let seconds: i64 = phases.iter().map(|phase| phase.seconds).sum();
    let value = EndJson {
        update: spec.update.to_string(),
        engine: Engine::Replank,
        outcome,
        failure,
        kept,
        seconds: Some(seconds),
        phases,
        stalls: told,
        unplaced: unplaced.iter().map(NoNodeJson::of).collect(),
        not_joined: Vec::new(),
    };
    Ending { exit, sentences, value }
}

fn span(seconds: i64) -> String {
    messages::span(SignedDuration::from_secs(seconds))
}
