//! How long things took in a cluster, from the times in its objects: pods of each workload until they were Ready,
//! nodes until they had joined, Jobs until they were done.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields;
use crate::manifest::controller;
use crate::rng::Delay;
use crate::snapshot::Snapshot;
use crate::snapshot::synthesis::Census;
use crate::time::{Span, Time};

/// A change of a pod so near to one of its node has the node for a reason.
const WITH_NODE: Span = Span::secs(60);
/// A node that became Ready later than this did so again.
const JOIN_MAX: Span = Span::secs(600);
/// Work of which nothing is known takes at least this long yet.
const WORK_LEFT: Span = Span::secs(60);

/// Work of which no end was ever seen takes at least this long yet.
pub(super) const UNKNOWN_WORK: Span = Span::secs(3600);

/// Namespace and name of what stands above pods.
pub(super) type Workload<'a> = (&'a str, &'a str);

/// How long something took, several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Half took less.
    pub(crate) median: Span,
    /// One in twenty took longer.
    pub(crate) slow: Span,
    /// How many were seen.
    pub(crate) seen: usize,
}

impl Pace {
    fn of(mut samples: Vec<Span>) -> Option<Self> {
        samples.sort_unstable();
        let at = |share: usize| samples.get((samples.len() * share / 100).min(samples.len() - 1)).copied();
        if samples.is_empty() {
            return None;
        }
        Some(Self { median: at(50)?, slow: at(95)?, seen: samples.len() })
    }

    /// The delay to draw from, less what else is drawn of it.
    pub(crate) fn delay(self, less: Span) -> Delay {
        let median = Span((self.median.0 - less.0).max(0));
        let slow = Span((self.slow.0 - less.0).max(0));
        if median.0 == 0 || slow <= median || self.seen < 3 {
            Delay::Fixed(median)
        } else {
            Delay::Skewed { median, slow }
        }
    }
}

/// How long things took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paces {
    /// From a pod's binding to Ready, by namespace and name of its workload.
    ready: BTreeMap<(String, String), Pace>,
    /// From a node's object to Ready, by group.
    joins: BTreeMap<String, Pace>,
    /// How long a pod of a Job works, by namespace and name of the Job or its CronJob.
    runs: BTreeMap<(String, String), Span>,
    /// The slowest of all workloads.
    slowest: Option<Span>,
}

impl Paces {
    /// Reads the times of a snapshot.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let mut paces = Self::default();
        let above = Above::of(snapshot);
        let nodes = nodes(snapshot);
        let mut ready: BTreeMap<(String, String), Vec<Span>> = BTreeMap::new();
        let mut runs: BTreeMap<(String, String), Vec<Span>> = BTreeMap::new();
        for pod in snapshot.of("Pod") {
            let Some((kind, (namespace, name))) = above.workload(pod) else { continue };
            let place = (namespace.to_owned(), name.to_owned());
            if kind == "Job" || kind == "CronJob" {
                runs.entry(place).or_default().extend(ran(pod));
            } else {
                ready.entry(place).or_default().extend(became_ready(pod, &nodes));
            }
        }
        for job in snapshot.of("Job") {
            let Some((namespace, name)) = job_place(job) else { continue };
            let runs = runs.entry((namespace.to_owned(), name.to_owned())).or_default();
            // Its pod says it better, where it is still there.
            if runs.is_empty() {
                runs.extend(took(job));
            }
        }
        paces.ready = paces_of(ready);
        paces.runs = paces_of(runs).into_iter().map(|(place, pace)| (place, pace.median)).collect();
        paces.slowest = paces.ready.values().map(|pace| pace.slow).max();
        let groups = Census::of(snapshot).groups.into_iter();
        let joins = groups.map(|(group, members)| {
            let nodes = members.iter().filter_map(|member| joined(member.node));
            let spans = nodes.map(|(made, ready)| ready - made);
            // A node that is Ready within the second it was made was there before anybody looked.
            (group.to_owned(), spans.filter(|span| *span > Span::ZERO && *span <= JOIN_MAX).collect())
        });
        paces.joins = paces_of(joins.collect());
        paces
    }

    /// How long nodes of a group took to join, in the words of a world file.
    pub(crate) fn join(&self, group: &str) -> Option<String> {
        let pace = self.joins.get(group)?;
        Some(match pace.delay(Span::ZERO) {
            Delay::Skewed { median, slow } => format!("median {}, 95% {}", words(median), words(slow)),
            Delay::Fixed(_) | Delay::Between(..) => words(pace.median),
        })
    }

    /// How long pods of a workload took to become Ready.
    pub(super) fn ready(&self, (namespace, name): Workload<'_>) -> Option<Pace> {
        self.ready.get(&(namespace.to_owned(), name.to_owned())).copied()
    }

    /// All workloads whose pods were seen to become Ready.
    pub(super) fn workloads(&self) -> impl Iterator<Item = (Workload<'_>, Pace)> {
        self.ready.iter().map(|((namespace, name), pace)| ((namespace.as_str(), name.as_str()), *pace))
    }

    /// The slowest of all workloads.
    pub(super) fn slowest(&self) -> Option<Span> {
        self.slowest
    }

    /// How long a pod of this Job or `CronJob` works.
    pub(super) fn job_of(&self, given: &Value) -> Option<Span> {
        if !matches!(given["kind"].as_str(), Some("Job" | "CronJob")) {
            return None;
        }
        let (namespace, name) = job_place(given)?;
        self.runs.get(&(namespace.to_owned(), name.to_owned())).copied()
    }

    /// Until when a pod works that started then, when so much is known of its work. One that has worked for longer than
    /// others did works for as long again: of such work nothing better is known.
    pub(super) fn works_until(started: Time, work: Option<Span>, now: Time) -> Time {
        let usual = work.map(|work| started + work).filter(|until| *until > now);
        usual.unwrap_or(now + (now - started).max(WORK_LEFT))
    }

    /// Until when a pod works of which nothing is known: for as long again, and for an hour at least. An update that
    /// ends well only if such work ends sooner is no update that ends well.
    pub(super) fn works_on(started: Time, now: Time) -> Time {
        now + (now - started).max(UNKNOWN_WORK)
    }

    /// What was learned, in words.
    pub(super) fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        if !self.ready.is_empty() {
            let pods: usize = self.ready.values().map(|pace| pace.seen).sum();
            told.push(format!(
                "pods take as long to become Ready as today's did ({pods} pods {} seen), each workload by itself",
                match self.ready.len() {
                    1 => "of 1 workload".to_owned(),
                    many => format!("of {many} workloads"),
                }
            ));
        }
        if !self.joins.is_empty() {
            let joins = self.joins.iter().map(|(group, pace)| format!("{group} {}", words(pace.median)));
            told.push(format!(
                "new nodes join as fast as today's did: {}",
                joins.collect::<Vec<_>>().join(", ")
            ));
        }
        told
    }
}

/// Namespace and name of a Job, or of the `CronJob` that stands for it and all others of its.
pub(super) fn job_place(job: &Value) -> Option<Workload<'_>> {
    let cron = controller(job).filter(|owner| owner["kind"] == "CronJob");
    let name = cron.map_or(&job["metadata"]["name"], |cron| &cron["name"]).as_str()?;
    Some((job["metadata"]["namespace"].as_str()?, name))
}

fn paces_of<K: Ord>(samples: BTreeMap<K, Vec<Span>>) -> BTreeMap<K, Pace> {
    samples.into_iter().filter_map(|(place, samples)| Some((place, Pace::of(samples)?))).collect()
}

/// A length as a world file has it.
fn words(span: Span) -> String {
    crate::worldfile::Length(span.into()).to_string()
}

/// When a node was made and when it became Ready.
fn joined(node: &Value) -> Option<(Time, Time)> {
    let condition = fields::condition(node, "Ready").filter(|condition| condition["status"] == "True")?;
    let made = fields::time(&node["metadata"]["creationTimestamp"])?;
    let ready = fields::time(&condition["lastTransitionTime"])?;
    (ready >= made).then_some((made, ready))
}

/// How long a Job took that needed one pod and is done: its pods may be gone.
fn took(job: &Value) -> Option<Span> {
    let (spec, status) = (&job["spec"], &job["status"]);
    let one = spec["completions"].as_i64().unwrap_or(1) <= 1 && fields::number(&status["failed"]) == 0;
    let (began, done) = (fields::time(&status["startTime"])?, fields::time(&status["completionTime"])?);
    (one && done >= began).then(|| done - began)
}

fn nodes(snapshot: &Snapshot) -> BTreeMap<&str, (Time, Time)> {
    let nodes = snapshot.of("Node");
    nodes.filter_map(|node| Some((node["metadata"]["name"].as_str()?, joined(node)?))).collect()
}

/// How long a pod took from its binding to Ready, unless something else made it so later.
fn became_ready(pod: &Value, nodes: &BTreeMap<&str, (Time, Time)>) -> Option<Span> {
    let is_true = |kind: &str| fields::condition(pod, kind).filter(|condition| condition["status"] == "True");
    let bound = fields::time(&is_true("PodScheduled")?["lastTransitionTime"])?;
    let ready = fields::time(&is_true("Ready")?["lastTransitionTime"])?;
    if fields::restarts(pod) > 0 || ready < bound {
        return None;
    }
    let node = pod["spec"]["nodeName"].as_str().and_then(|name| nodes.get(name));
    let with_node =
        node.is_some_and(|(made, at)| *at - *made > JOIN_MAX && Span((ready - *at).0.abs()) <= WITH_NODE);
    (!with_node).then(|| ready - bound)
}

/// How long a pod of a Job worked that is done.
fn ran(pod: &Value) -> Option<Span> {
    let ended = &pod["status"]["containerStatuses"][0]["state"]["terminated"];
    let (started, finished) = (fields::time(&ended["startedAt"])?, fields::time(&ended["finishedAt"])?);
    (ended["exitCode"] == 0 && finished >= started).then(|| finished - started)
}

/// What stands above pods: the owner of their owner where there is one.
pub(super) struct Above<'a>(BTreeMap<&'a str, &'a Value>);

impl<'a> Above<'a> {
    /// The owners in a snapshot that have owners.
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let sets = snapshot.of("ReplicaSet").chain(snapshot.of("Job"));
        Self(sets.filter_map(|set| Some((set["metadata"]["uid"].as_str()?, set))).collect())
    }

    /// Kind, namespace and name of the workload of a pod.
    pub(super) fn workload(&self, pod: &'a Value) -> Option<(&'a str, Workload<'a>)> {
        let namespace = pod["metadata"]["namespace"].as_str()?;
        let owner = controller(pod)?;
        let above = owner["uid"].as_str().and_then(|uid| self.0.get(uid)).and_then(|set| controller(set));
        let top = above.unwrap_or(owner);
        Some((top["kind"].as_str()?, (namespace, top["name"].as_str()?)))
    }
}
