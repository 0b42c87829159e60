//! The demo in a pipe: one plain line per event.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use replank_core::action::Action;
use replank_core::names::NodeGroupName;
use replank_core::observed::Answer;
use replank_core::rollout::Phase;
use replank_core::spec::Sizes;
use replank_engine::commands::CommandError;
use replank_engine::run::Face;
use replank_engine::turn::Turned;
use replank_engine::words;
use replank_sim::face::Shared;
use replank_sim::session::Told;

use super::Teller;
use super::feed::Feed;
use super::topic::{problem_topic, topic};
use crate::printer::Printer;

/// A wait that is away for less than this between two turns goes on.
const OVER_AFTER: SignedDuration = SignedDuration::from_secs(15);

/// Prints every event as a line: virtual time since the start, what it is about, what happened.
#[derive(Debug)]
pub(crate) struct Lines<'p> {
    printer: &'p mut Printer,
    feed: Feed,
    begun: Timestamp,
    /// Waits that were told, by topic, and when they last stood; told again only after they were over.
    told: BTreeMap<String, Timestamp>,
    /// Problems that stand and were told.
    problems: BTreeSet<String>,
    /// Acts that were refused for the time being and told.
    refused: BTreeSet<String>,
    sizes: BTreeMap<NodeGroupName, Sizes>,
    /// Whether lines name their node group, because several are updated at once.
    names_groups: bool,
}

impl<'p> Lines<'p> {
    /// Lines on `printer` about `world`.
    ///
    /// `begun` is when the first update was asked for; `groups` is how many are updated at once.
    pub(crate) fn new(printer: &'p mut Printer, world: Shared, begun: Timestamp, groups: usize) -> Self {
        Self {
            printer,
            feed: Feed::new(world),
            begun,
            told: BTreeMap::new(),
            problems: BTreeSet::new(),
            refused: BTreeSet::new(),
            sizes: BTreeMap::new(),
            names_groups: groups > 1,
        }
    }

    fn say(&mut self, at: Timestamp, about: &str, what: &str) {
        self.printer.line(&format!("{} {about:<8} {what}", since(self.begun, at)));
    }

    /// Says something of one node group.
    fn of_group(&mut self, group: &NodeGroupName, at: Timestamp, about: &str, what: &str) {
        if self.names_groups {
            self.say(at, about, &format!("[{group}] {what}"));
        } else {
            self.say(at, about, what);
        }
    }

    fn waits(&mut self, turned: &Turned<'_>) {
        let group = &turned.rollout.spec().group;
        for wait in &turned.decision.waits {
            let seen_at = self.told.insert(format!("{group} {}", topic(wait)), turned.at);
            if seen_at.is_none() {
                self.of_group(group, turned.at, "wait", &words::describe(wait, turned.at));
            }
        }
        self.told.retain(|_, seen_at| turned.at.duration_since(*seen_at) < OVER_AFTER);
    }

    fn problems(&mut self, turned: &Turned<'_>) {
        let group = &turned.rollout.spec().group;
        for problem in &turned.decision.problems {
            if self.problems.insert(format!("{group} {}", problem_topic(problem))) {
                self.of_group(group, turned.at, "problem", &words::problem(problem, turned.at));
                self.of_group(group, turned.at, "problem", &words::problem_advice(problem));
            }
        }
    }
}

/// `hh:mm:ss` since the beginning.
pub(crate) fn since(begun: Timestamp, at: Timestamp) -> String {
    let seconds = at.duration_since(begun).as_secs().max(0);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

impl Teller for Lines<'_> {
    fn tell(&mut self, told: &Told) {
        self.say(told.at, "script", &format!("{}: {}", told.act, told.answer));
    }
}

impl Face for Lines<'_> {
    fn show(&mut self, turned: &Turned<'_>) {
        let group = &turned.rollout.spec().group;
        for event in turned.facts {
            self.of_group(group, event.at, "update", &words::fact(&event.fact));
        }
        for news in self.feed.news() {
            self.say(turned.at, "pod", &news.text());
        }
        if let Some(now) = turned.seen.group.as_ref().map(|group| group.sizes)
            && self.sizes.insert(group.clone(), now) != Some(now)
        {
            self.of_group(group, turned.at, "sizes", &words::sizes(&now));
        }
        for (action, answer) in turned.performed {
            // What is done is seen in the nodes and pods; what is not done is heard of nowhere else.
            let is_seen = matches!(action, Action::Evict { .. } | Action::Mark(_) | Action::SetSizes { .. });
            if is_seen && *answer == Answer::Done {
                continue;
            }
            let what = format!("{}: {}", words::act(action), words::answer(answer));
            // An eviction that is refused is tried every few seconds; its wait tells the rest.
            if self.refused.insert(what.clone()) || !matches!(answer, Answer::NotYet(_)) {
                self.of_group(group, turned.at, "act", &what);
            }
        }
        if turned.rollout.phase() != Phase::Done {
            self.waits(turned);
        }
        self.problems(turned);
        self.printer.flush();
    }

    fn refused(&mut self, error: &CommandError) {
        Printer::complain(&format!("warning: {error}"));
    }
}
