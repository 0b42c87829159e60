//! Durations learnt from the times in a snapshot: pods of each workload until Ready, nodes until joined, Jobs
//! until done.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields;
use crate::manifest::controller;
use crate::snapshot::Snapshot;
use crate::snapshot::synthesis::Census;
use replank_world::rng::Delay;
use replank_world::time::{Span, Time};

/// A change of a pod this near to one of its node is attributed to the node.
const WITH_NODE: Span = Span::secs(60);
/// A node that became Ready later than this after its creation had been Ready before.
const JOIN_MAX: Span = Span::secs(600);
/// The least remaining run time of a pod that outlived the usual one.
const WORK_LEFT: Span = Span::secs(60);

/// The least remaining run time of a pod whose kind was never seen to end.
pub const UNKNOWN_WORK: Span = Span::secs(3600);

/// Namespace and name of a workload.
pub type Workload<'a> = (&'a str, &'a str);

/// The distribution of a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Half the samples were shorter.
    pub median: Span,
    /// One sample in twenty was longer.
    pub slow: Span,
    /// Number of samples.
    pub seen: usize,
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

    /// A delay to draw from, shortened by `less`, which is drawn elsewhere.
    pub fn delay(self, less: Span) -> Delay {
        let median = Span((self.median.0 - less.0).max(0));
        let slow = Span((self.slow.0 - less.0).max(0));
        if median.0 == 0 || slow <= median || self.seen < 3 {
            Delay::Fixed(median)
        } else {
            Delay::Skewed { median, slow }
        }
    }
}

/// Durations of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Paces {
    /// From binding to Ready, by namespace and name of the workload.
    ready: BTreeMap<(String, String), Pace>,
    /// From the creation of a node to Ready, by node group.
    joins: BTreeMap<String, Pace>,
    /// Run time of a pod, by namespace and name of the Job or its CronJob.
    runs: BTreeMap<(String, String), Span>,
    /// The slowest readiness of all workloads.
    slowest: Option<Span>,
}

impl Paces {
    /// Learns from the times of a snapshot.
    pub fn of(snapshot: &Snapshot) -> Self {
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

    /// The join time of a group's nodes, as a delay of a world file.
    pub fn join(&self, group: &str) -> Option<String> {
        let pace = self.joins.get(group)?;
        Some(match pace.delay(Span::ZERO) {
            Delay::Skewed { median, slow } => format!("median {}, 95% {}", words(median), words(slow)),
            Delay::Fixed(_) | Delay::Between(..) => words(pace.median),
        })
    }

    /// The time to Ready of a workload's pods.
    pub fn ready(&self, (namespace, name): Workload<'_>) -> Option<Pace> {
        self.ready.get(&(namespace.to_owned(), name.to_owned())).copied()
    }

    /// All workloads with a known time to Ready.
    pub fn workloads(&self) -> impl Iterator<Item = (Workload<'_>, Pace)> {
        self.ready.iter().map(|((namespace, name), pace)| ((namespace.as_str(), name.as_str()), *pace))
    }

    /// The slowest readiness of all workloads.
    pub fn slowest(&self) -> Option<Span> {
        self.slowest
    }

    /// The run time of a pod of this Job or CronJob.
    pub fn job_of(&self, given: &Value) -> Option<Span> {
        if !matches!(given["kind"].as_str(), Some("Job" | "CronJob")) {
            return None;
        }
        let (namespace, name) = job_place(given)?;
        self.runs.get(&(namespace.to_owned(), name.to_owned())).copied()
    }

    /// The estimated end of a pod that started at `started`, given its usual run time. One that has run for
    /// longer is expected to run as long again, at least `WORK_LEFT`.
    pub fn works_until(started: Time, work: Option<Span>, now: Time) -> Time {
        let usual = work.map(|work| started + work).filter(|until| *until > now);
        usual.unwrap_or(now + (now - started).max(WORK_LEFT))
    }

    /// The estimated end of a pod of unknown run time: as long again, and at least an hour. The pessimistic
    /// estimate: an update that only succeeds if such work ends sooner is not reported as succeeding.
    pub fn works_on(started: Time, now: Time) -> Time {
        now + (now - started).max(UNKNOWN_WORK)
    }

    /// What was learnt, in sentences for the user.
    pub fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        if !self.ready.is_empty() {
            let pods: usize = self.ready.values().map(|pace| pace.seen).sum();
            let plural = if pods == 1 { "" } else { "s" };
            told.push(format!(
                "pods take as long to become Ready as today's did ({pods} pod{plural} {} seen), each workload by itself",
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

/// Namespace and name of a CronJob or Job; of a Job with a CronJob as its controller, that CronJob's.
pub fn job_place(job: &Value) -> Option<Workload<'_>> {
    let cron = controller(job).filter(|owner| owner["kind"] == "CronJob");
    let name = cron.map_or(&job["metadata"]["name"], |cron| &cron["name"]).as_str()?;
    Some((job["metadata"]["namespace"].as_str()?, name))
}

fn paces_of<K: Ord>(samples: BTreeMap<K, Vec<Span>>) -> BTreeMap<K, Pace> {
    samples.into_iter().filter_map(|(place, samples)| Some((place, Pace::of(samples)?))).collect()
}

/// A duration as a world file writes it.
fn words(span: Span) -> String {
    crate::worldfile::Length(span.into()).to_string()
}

/// When a node was created and when it became Ready.
fn joined(node: &Value) -> Option<(Time, Time)> {
    let condition = fields::condition(node, "Ready").filter(|condition| condition["status"] == "True")?;
    let made = fields::time(&node["metadata"]["creationTimestamp"])?;
    let ready = fields::time(&condition["lastTransitionTime"])?;
    (ready >= made).then_some((made, ready))
}

/// The duration of a completed Job with one pod, which may be gone.
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

/// The time from binding to Ready, unless a restart or the node made it Ready later.
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

/// The run time of a succeeded pod.
fn ran(pod: &Value) -> Option<Span> {
    let ended = &pod["status"]["containerStatuses"][0]["state"]["terminated"];
    let (started, finished) = (fields::time(&ended["startedAt"])?, fields::time(&ended["finishedAt"])?);
    (ended["exitCode"] == 0 && finished >= started).then(|| finished - started)
}

/// The controllers of controllers: Deployments of ReplicaSets, CronJobs of Jobs.
pub struct Above<'a>(BTreeMap<&'a str, &'a Value>);

impl<'a> Above<'a> {
    /// Indexes the ReplicaSets and Jobs of a snapshot.
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let sets = snapshot.of("ReplicaSet").chain(snapshot.of("Job"));
        Self(sets.filter_map(|set| Some((set["metadata"]["uid"].as_str()?, set))).collect())
    }

    /// Kind, namespace and name of a pod's workload: its topmost controller.
    pub fn workload(&self, pod: &'a Value) -> Option<(&'a str, Workload<'a>)> {
        let namespace = pod["metadata"]["namespace"].as_str()?;
        let owner = controller(pod)?;
        let above = owner["uid"].as_str().and_then(|uid| self.0.get(uid)).and_then(|set| controller(set));
        let top = above.unwrap_or(owner);
        Some((top["kind"].as_str()?, (namespace, top["name"].as_str()?)))
    }
}
