//! The demo in a pipe: one plain line per event.

use std::collections::BTreeSet;

use jiff::Timestamp;
use replank_core::action::Action;
use replank_core::observed::Answer;
use replank_core::rollout::Phase;
use replank_engine::run::Face;
use replank_engine::turn::Turned;
use replank_engine::words;
use replank_sim::face::Shared;

use super::feed::Feed;
use crate::printer::Printer;

/// Prints every event as a line: virtual time since the start, what it is about, what happened.
#[derive(Debug)]
pub(crate) struct Lines<'p> {
    printer: &'p mut Printer,
    feed: Feed,
    begun: Option<Timestamp>,
    /// Waits that were told, by their words without times; told again only after they were over.
    told: BTreeSet<String>,
    sizes: Option<replank_core::spec::Sizes>,
}

impl<'p> Lines<'p> {
    /// Lines on `printer` about `world`.
    pub(crate) fn new(printer: &'p mut Printer, world: Shared) -> Self {
        Self { printer, feed: Feed::new(world), begun: None, told: BTreeSet::new(), sizes: None }
    }

    fn say(&mut self, at: Timestamp, about: &str, what: &str) {
        let begun = *self.begun.get_or_insert(at);
        self.printer.line(&format!("{} {about:<10} {what}", since(begun, at)));
    }

    fn waits(&mut self, turned: &Turned<'_>) {
        let mut standing = BTreeSet::new();
        for wait in &turned.decision.waits {
            let key = format!("{:?} {:?}", wait.node, std::mem::discriminant(&wait.on));
            let subject = words::subject(wait, turned.at);
            let first_words: String = subject.split(" (").next().unwrap_or("").to_owned();
            let key = format!("{key} {}", first_words.split(" since ").next().unwrap_or(""));
            if !self.told.contains(&key) && !standing.contains(&key) {
                self.say(turned.at, "wait", &words::describe(wait, turned.at));
            }
            standing.insert(key);
        }
        self.told = standing;
    }
}

/// `hh:mm:ss` since the beginning.
pub(crate) fn since(begun: Timestamp, at: Timestamp) -> String {
    let seconds = at.duration_since(begun).as_secs().max(0);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

impl Face for Lines<'_> {
    fn show(&mut self, turned: &Turned<'_>) {
        for event in turned.facts {
            self.say(event.at, "update", &words::fact(&event.fact));
        }
        for news in self.feed.news() {
            let node = news.node.unwrap_or_default();
            self.say(turned.at, "pod", format!("{} {} {node}", news.pod, news.what.verb()).trim_end());
        }
        let sizes = turned.seen.group.as_ref().map(|group| group.sizes);
        if let Some(now) = sizes.filter(|_| sizes != self.sizes) {
            self.sizes = sizes;
            self.say(turned.at, "sizes", &words::sizes(&now));
        }
        for (action, answer) in turned.performed {
            let quiet = matches!(action, Action::Evict { .. }) && *answer == Answer::Done;
            if !quiet {
                self.say(turned.at, "act", &format!("{}: {}", words::act(action), words::answer(answer)));
            }
        }
        if turned.rollout.phase() != Phase::Done {
            self.waits(turned);
        }
        for problem in &turned.decision.problems {
            self.say(turned.at, "problem", &words::problem(problem, turned.at));
        }
        self.printer.flush();
    }
}
