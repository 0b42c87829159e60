//! The lines of an update as server-sent events (WHATWG HTML, 9.2), for whoever does not want to ask again and again.
//!
//! The id of an event is where to go on: the run of the server and the number of the next line. A client that comes again
//! with it as `Last-Event-ID` misses nothing and hears nothing twice.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use replank_service::Service;
use replank_service::ports::Account;
use replank_service::update_feed::FOLLOWERS_MAX;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, timeout_at};

use super::updates::{self, Heard};
use super::{Query, Refusal};
use crate::app::App;
use crate::wire::{Answer, Reply, Request};

/// A comment after so long without a word, so that no proxy in between takes the connection for dead.
const BEAT: Duration = Duration::from_secs(15);
/// A stream ends after so long, and its client shows anew who it is.
const LASTS: Duration = Duration::from_hours(1);
/// How long a client waits before it comes again.
const RETRY_MILLIS: u32 = 1000;

/// The stream of an update, from where the client left it.
pub(crate) fn events<A: Account>(
    app: &App<A>,
    request: &Request,
    id: &str,
    query: &Query,
) -> Result<Answer, Refusal> {
    let service = app.service.clone();
    let feed = &service.feed;
    let last = request.header("last-event-id");
    let from = match last {
        Some(last) => resumed(last, feed.run())?,
        None => updates::from(&service, query)?,
    };
    // Without this a client would come for the end of an update again and again (WHATWG HTML: 204 ends it).
    let heard = updates::heard(&service, id, from)?;
    let is_at_the_end = last.is_some_and(|last| last.starts_with(feed.run()));
    if is_at_the_end && heard.is_over && heard.lines.told.is_empty() {
        let content_type = "text/plain; charset=utf-8";
        return Ok(Reply { status: 204, content_type, error: None, body: String::new() }.into());
    }
    let Ok(place) = feed.followers.clone().try_acquire_owned() else {
        let said =
            format!("{FOLLOWERS_MAX} clients are told of updates as it happens; ask for lines instead.");
        return Err(Refusal::new(429, "TooManyRequests", said));
    };
    let following = Following {
        news: feed.news(),
        update: id.to_owned(),
        next: from,
        stage: StreamState::Begins,
        until: Instant::now() + LASTS,
        service,
        _place: place,
    };
    Ok(Answer::Events(Box::pin(stream::unfold(following, Following::told))))
}

/// Where a client goes on that heard an event with this id; from the beginning when the server was started again.
fn resumed(last: &str, run: &str) -> Result<u64, Refusal> {
    let read = last.rsplit_once(':').and_then(|(run, next)| Some((run, next.parse().ok()?)));
    match read {
        Some((its, next)) => Ok(if its == run { next } else { 0 }),
        None => Err(Refusal::bad("Last-Event-ID: not the id of an event of this stream; leave it out.")),
    }
}

/// A client that follows an update.
struct Following<A> {
    service: Arc<Service<A>>,
    update: String,
    next: u64,
    news: watch::Receiver<bool>,
    stage: StreamState,
    until: Instant,
    _place: OwnedSemaphorePermit,
}

/// How far a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamState {
    /// Nothing was said yet.
    Begins,
    /// Lines are told.
    Goes,
    /// No line will follow.
    Over,
}

impl<A: Account> Following<A> {
    /// What the client is told next; none at the end.
    async fn told(mut self) -> Option<(Bytes, Self)> {
        if self.stage == StreamState::Over {
            return None;
        }
        // The news are of every update: those of others put the beat off no further.
        let beat_at = Instant::now() + BEAT;
        loop {
            // What is written from here on wakes the wait below.
            let is_ending = *self.news.borrow_and_update();
            let heard = updates::heard(&self.service, &self.update, self.next).ok()?;
            let (text, stage) = self.written(&heard);
            self.next = heard.lines.next;
            if stage == StreamState::Goes && text.is_empty() {
                if is_ending || Instant::now() >= self.until {
                    return None;
                }
                match timeout_at(beat_at, self.news.changed()).await {
                    Ok(Ok(())) => continue,
                    Ok(Err(_)) => return None,
                    Err(_) => return Some((Bytes::from_static(b": beat\n\n"), self)),
                }
            }
            self.stage = stage;
            return Some((text.into(), self));
        }
    }

    fn written(&self, heard: &Heard) -> (String, StreamState) {
        let (id, run) = (&self.update, self.service.feed.run());
        let mut text = String::new();
        if self.stage == StreamState::Begins {
            let begun = json!({ "update": id, "run": run, "begun": heard.begun });
            text = format!("retry: {RETRY_MILLIS}\n\n") + &event("run", run, self.next, &begun);
        }
        text += &lines(run, heard);
        // Whether it is over is read before the lines are: more of them may be there than are told at once.
        if heard.is_over && heard.lines.told.is_empty() {
            text += &event("over", run, heard.lines.next, &json!({ "update": id }));
            return (text, StreamState::Over);
        }
        (text, StreamState::Goes)
    }
}

/// Lines as events; first of all how many were no longer kept.
fn lines(run: &str, heard: &Heard) -> String {
    let told = &heard.lines;
    let first = told.next - told.told.len() as u64;
    let mut text = String::new();
    if told.lost > 0 {
        text += &event("lost", run, first, &json!({ "lines": told.lost }));
    }
    for (line, next) in told.told.iter().zip(first + 1..) {
        text += &event("line", run, next, &json!(line));
    }
    text
}

/// One event. JSON has no line break of its own, so one line of data is enough.
fn event(name: &str, run: &str, next: u64, data: &Value) -> String {
    format!("event: {name}\nid: {run}:{next}\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use replank_engine::report::About;
    use replank_engine::serialized::Time;
    use replank_service::update_feed::{LineJson, Lines};

    use super::*;

    #[test]
    fn a_client_goes_on_where_it_was() {
        assert_eq!(resumed("a-run:17", "a-run"), Ok(17));
        assert_eq!(resumed("another:17", "a-run"), Ok(0), "the server was started again");
        for bad in ["", "17", "a-run:", "a-run:-1", "a-run:x"] {
            assert_eq!(resumed(bad, "a-run").map_err(|refusal| refusal.status), Err(400), "{bad}");
        }
    }

    #[test]
    fn each_event_says_where_to_go_on() {
        let line = |number: u64, text: &str| LineJson {
            at: Time(Timestamp::UNIX_EPOCH),
            group: "g".to_owned(),
            about: About::Update,
            text: text.to_owned(),
            number,
            fact_number: None,
            fact: None,
        };
        let told = vec![line(7, "one\ntwo"), line(8, "three")];
        let heard = Heard { lines: Lines { told, next: 9, lost: 3 }, is_over: false, begun: None };
        let text = lines("r", &heard);
        let events: Vec<&str> = text.split_terminator("\n\n").collect();
        assert_eq!(events[0], "event: lost\nid: r:7\ndata: {\"lines\":3}");
        for (event, id, words) in [(events[1], "r:8", "one\\ntwo"), (events[2], "r:9", "three")] {
            let fields: Vec<&str> = event.lines().collect();
            assert_eq!(fields[..2], ["event: line", &format!("id: {id}")], "{event}");
            assert!(
                fields.len() == 3 && fields[2].starts_with("data: {") && fields[2].contains(words),
                "{event}"
            );
        }
        assert_eq!(events.len(), 3);
    }
}
