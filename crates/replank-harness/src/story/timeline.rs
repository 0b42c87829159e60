//! The timeline of a run: one line for each event, in fixed columns, in the engine's words.
//!
//! Waits are listed where they begin, and only those that lasted. Joined nodes are listed only if they were lost
//! before; other lines count them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::{InstanceId, NodeName};
use replank_core::node_group::event::Fact;
use replank_core::node_group::problem::Problem;
use replank_core::node_group::wait::{On, Wait};
use replank_engine::messages;
use replank_engine::turn::Turned;

use super::names::wait_name;
use replank_world::recorder::Seen;
use replank_world::world::World;

/// The end of every node name, left out to keep lines short.
const DOMAIN: &str = ".us-west-2.compute.internal";
/// Shorter waits are not listed.
const LASTING: SignedDuration = SignedDuration::from_secs(20);
/// Waits of every node, such as the deregistration delay, are listed only when longer than this.
const ROUTINE: SignedDuration = SignedDuration::from_secs(90);
const SUBJECT_WIDTH: usize = 14;

/// The timeline of one run.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    start: Option<Timestamp>,
    lines: Vec<(Timestamp, String, String)>,
    nodes: BTreeMap<InstanceId, NodeName>,
    /// Instances that were lost once.
    lost: BTreeSet<InstanceId>,
    waits: BTreeMap<(String, &'static str), OngoingWait>,
    problems: Vec<String>,
    /// Whether each line names its group, with several updates in one run.
    groups: bool,
    /// Whether times have milliseconds, as with watched objects.
    fine: bool,
}

/// A wait that lasts.
#[derive(Clone, Debug)]
struct OngoingWait {
    since: Timestamp,
    words: String,
    told: bool,
    seen_at: Timestamp,
}

impl Timeline {
    /// An empty timeline; `groups` when several groups are updated.
    pub fn new(groups: bool) -> Self {
        Self { groups, ..Self::default() }
    }

    /// Adds the events and waits of a turn.
    pub fn take(&mut self, turned: &Turned<'_>) {
        self.start.get_or_insert(turned.at);
        let group = if self.groups { format!("{} ", turned.rollout.spec().group) } else { String::new() };
        for event in turned.facts {
            if let Fact::Picked { instance, node: Some(node), .. } = &event.fact {
                self.nodes.insert(instance.clone(), node.clone());
            }
            match &event.fact {
                Fact::Lost { nodes } => self.lost.extend(nodes.iter().map(|lost| lost.instance.clone())),
                Fact::Joined { instances } if !instances.iter().any(|id| self.lost.contains(id)) => continue,
                _ => {}
            }
            let subject = self.subject(&event.fact);
            self.lines.push((event.at, format!("{group}{subject}"), messages::fact(&event.fact)));
        }
        self.waits(turned, &group);
        for problem in &turned.decision.problems {
            let words = format!("{group}{}", messages::problem(problem, turned.at));
            // What is told of an autoscaler holds times and numbers that go on changing.
            let key = match problem {
                Problem::Autoscaler(_) => format!("{group}{}", messages::problem_topic(problem)),
                _ => words.clone(),
            };
            if !self.problems.contains(&key) {
                self.lines.push((turned.at, format!("{group}problem"), words));
                self.problems.push(key);
            }
        }
    }

    /// Adds a line that no turn tells.
    pub fn note(&mut self, at: Timestamp, subject: &str, words: &str) {
        self.start.get_or_insert(at);
        self.lines.push((at, subject.to_owned(), words.to_owned()));
    }

    /// Adds the recorder's observations: the state at the start of the run, and every change since.
    pub fn witnessed(&mut self, seen: &[Seen]) {
        self.fine = true;
        let start = self.start.unwrap_or(Timestamp::UNIX_EPOCH);
        let mut before: BTreeMap<&str, &Seen> = BTreeMap::new();
        for one in seen {
            if Timestamp::from(one.at) > start {
                self.lines.push((one.at.into(), one.subject.clone(), one.words.clone()));
            } else if one.words == "gone" {
                before.remove(one.subject.as_str());
            } else {
                before.insert(&one.subject, one);
            }
        }
        let lines = before.into_values().map(|one| (start, one.subject.clone(), one.words.clone()));
        let begun: Vec<_> = lines.collect();
        self.lines.splice(0..0, begun);
    }

    fn waits(&mut self, turned: &Turned<'_>, group: &str) {
        let at = turned.at;
        for wait in &turned.decision.waits {
            let words = messages::subject(wait, at);
            let key = (format!("{group}{}", waiting(wait)), wait_name(&wait.on));
            let fresh = || OngoingWait { since: at, words: words.clone(), told: false, seen_at: at };
            let standing = self.waits.entry(key.clone()).or_insert_with(fresh);
            standing.seen_at = at;
            let lasting = match &wait.on {
                On::Deregistering | On::InstanceLeaving { .. } => ROUTINE,
                // It is over as soon as it is seen, and others would like to know.
                On::Uncordoned { .. } => SignedDuration::ZERO,
                _ => LASTING,
            };
            if !standing.told && at.duration_since(standing.since) >= lasting {
                standing.told = true;
                // Why a budget gives nothing is seen only after it gave what it had.
                let words = if matches!(wait.on, On::Budget(_)) { &words } else { &standing.words };
                let line = (standing.since, key.0, format!("waits: {words}"));
                self.lines.push(line);
            }
        }
        let other = |(subject, _): &(String, &'static str)| !subject.starts_with(group);
        self.waits.retain(|key, standing| standing.seen_at == at || other(key));
    }

    fn subject(&self, fact: &Fact) -> String {
        let instance = match fact {
            Fact::Picked { instance, .. }
            | Fact::Drained { instance }
            | Fact::ForceBegan { instance }
            | Fact::TerminateAsked { instance, .. }
            | Fact::Gone { instance }
            | Fact::GivenBack { instance }
            | Fact::Undrained { instance } => instance,
            Fact::Measured(_)
            | Fact::Entered { .. }
            | Fact::SizesAsked { .. }
            | Fact::Grown { .. }
            | Fact::Missing { .. }
            | Fact::Joined { .. }
            | Fact::Lost { .. }
            | Fact::Failed(_)
            | Fact::Paused { .. }
            | Fact::Resumed
            | Fact::Cancelled { .. }
            | Fact::Forced
            | Fact::Finished { .. } => return "update".to_owned(),
        };
        self.nodes.get(instance).map_or_else(|| instance.to_string(), short)
    }

    /// The timeline as text.
    pub fn text(&self) -> String {
        let start = self.start.unwrap_or(Timestamp::UNIX_EPOCH);
        let mut lines = self.lines.clone();
        lines.sort_by_key(|(at, ..)| *at);
        let width = lines
            .iter()
            .map(|(_, subject, _)| subject.replace(DOMAIN, "").chars().count())
            .max()
            .unwrap_or(0);
        let width = width.max(SUBJECT_WIDTH);
        let mut out = String::new();
        for (at, subject, words) in lines {
            let (subject, words) = (subject.replace(DOMAIN, ""), words.replace(DOMAIN, ""));
            let millis = at.duration_since(start).subsec_millis();
            let fine = if self.fine { format!(".{millis:03}") } else { String::new() };
            let _infallible = writeln!(out, "{}{fine}  {subject:<width$}  {words}", offset(start, at));
        }
        out
    }

    /// The disruption statistics of the run, as lines.
    pub fn cost(world: &World) -> String {
        let tally = &world.tally;
        let mut out = format!(
            "evictions accepted {}, refused {}; pods lost otherwise {}\n",
            tally.evicted, tally.refused, tally.lost
        );
        for (of, moves) in &tally.moved() {
            let most =
                moves.by_pod.values().max().map_or(String::new(), |most| format!(", at most {most} each"));
            let _infallible =
                writeln!(out, "moved  {} {}/{}: {}{most}", of.kind, of.namespace, of.name, moves.total);
        }
        for ((namespace, name), dip) in tally.dips() {
            let _infallible = writeln!(
                out,
                "dip    {namespace}/{name}: {} healthy of {}, {} needed",
                dip.healthy, dip.expected, dip.desired
            );
        }
        out
    }
}

/// A time since the start: `+07:31`, or `+1:07:31` after an hour.
fn offset(start: Timestamp, at: Timestamp) -> String {
    let seconds = at.duration_since(start).as_secs().max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("+{minutes:02}:{seconds:02}"),
        hours => format!("+{hours}:{minutes:02}:{seconds:02}"),
    }
}

fn waiting(wait: &Wait) -> String {
    wait.node.as_ref().map_or("update".to_owned(), short)
}

/// A node's name without its domain.
fn short(node: &NodeName) -> String {
    node.as_str().split('.').next().unwrap_or_default().to_owned()
}
