//! Traces of the engine for others: a span for each turn of an update, with its acts below it. Turns of one update are one
//! trace, whose id is that of the update.
//!
//! Whoever ends a span does not wait for anybody: what finds no room in the queue is dropped.

mod otlp;
mod span;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

pub(crate) use otlp::Exporter;
pub(crate) use span::Span;

/// Most spans that may wait to be sent: a few seconds of a large update.
const WAITING_MAX: usize = 4096;
/// Name of the span of a turn.
const TURN: &str = "turn";
/// Where spans come from.
const ENGINE: &str = "replank_engine";

/// Spans that have ended, for whoever sends them on.
pub(crate) type Ended = Receiver<Span>;

/// Collects the spans of the engine.
#[derive(Debug)]
pub(crate) struct Collecting {
    ended: Sender<Span>,
}

/// The layer, and where what it collects comes out.
pub(crate) fn collecting() -> (Collecting, Ended) {
    let (ended, queue) = channel(WAITING_MAX);
    (Collecting { ended }, queue)
}

/// What is collected, whatever is logged.
pub(crate) fn of_the_engine<S>() -> impl Filter<S> {
    FilterFn::new(|about: &Metadata<'_>| about.is_span() && about.target().starts_with(ENGINE))
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collecting {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(entry) = context.span(id) else { return };
        let parent = entry.parent().and_then(|above| above.extensions().get::<Span>().map(Span::place));
        let name = attributes.metadata().name();
        // Rehearsals act too, in turns of nobody's: what is below no turn of an update is none of its trace.
        if parent.is_none() && name != TURN {
            return;
        }
        let mut span = Span::begun(name, parent);
        attributes.record(&mut Fields(&mut span));
        entry.extensions_mut().insert(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(entry) = context.span(id) else { return };
        if let Some(span) = entry.extensions_mut().get_mut::<Span>() {
            values.record(&mut Fields(span));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(entry) = context.span(&id) else { return };
        let taken = entry.extensions_mut().remove::<Span>();
        if let Some(span) = taken {
            // One that finds no room is lost: nobody waits for it.
            let _dropped = self.ended.try_send(span.ended());
        }
    }
}

/// Writes fields into a span.
struct Fields<'a>(&'a mut Span);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.note(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.note(field.name(), format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::prelude::*;

    use super::*;

    #[test]
    fn acts_are_below_their_turn_and_turns_of_an_update_are_one_trace() {
        let (collecting, mut ended) = collecting();
        let subscriber = tracing_subscriber::registry().with(collecting.with_filter(of_the_engine()));
        let id = "5f0c2b9e-7d5c-4f7e-9d2b-0c1a2b3c4d5e";
        tracing::subscriber::with_default(subscriber, || {
            drop(tracing::debug_span!(target: "replank_engine::act", "act", action = "of a rehearsal"));
            for _ in 0..2 {
                let turn = tracing::debug_span!(target: "replank_engine::turn", "turn", update = %id);
                let _in_turn = turn.enter();
                let act = tracing::debug_span!(target: "replank_engine::act", "act", action = "evict", answer = tracing::field::Empty);
                act.record("answer", "impossible");
                drop(act);
                drop(tracing::debug_span!(target: "hyper", "other"));
            }
        });
        let mut spans = Vec::new();
        while let Ok(span) = ended.try_recv() {
            spans.push(span.json());
        }
        let names: Vec<_> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["act", "turn", "act", "turn"]);
        assert!(spans.iter().all(|span| span["traceId"] == id.replace('-', "")), "{spans:#?}");
        assert_eq!(spans[0]["parentSpanId"], spans[1]["spanId"]);
        assert_ne!(spans[1]["spanId"], spans[3]["spanId"]);
        assert!(spans[1].get("parentSpanId").is_none(), "{}", spans[1]);
        assert_eq!((&spans[0]["status"]["code"], &spans[1]["status"]["code"]), (&2.into(), &0.into()));
    }
}
