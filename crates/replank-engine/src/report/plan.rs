//! A preview as JSON, with its words: what `replank plan` prints, and what a server answers.

use jiff::{SignedDuration, Timestamp};
use replank_core::names::ObjectName;
use replank_core::node_group::preview::{Finding, NoNode, Preview, Unplaced};
use replank_core::node_group::problem::{Outcome, Problem};
use replank_core::node_group::spec::Spec;
use serde::{Deserialize, Serialize};

use crate::messages;
use crate::serialized::{SerializedForm, v1};

/// A plan as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanJson {
    /// The cluster.
    pub cluster: String,
    /// The node group.
    pub group: String,
    /// The release to move to.
    pub release: String,
    /// Its Kubernetes minor; empty with an image of the user's own.
    pub version: String,
    /// Its image.
    pub image: String,
    /// What Setup would work out.
    pub numbers: Option<v1::Measured>,
    /// Why so many extra nodes.
    pub increment_reason: Option<String>,
    /// Why so many at a time.
    pub batch_reason: Option<String>,
    /// Phases with their seconds.
    pub phases: Vec<(v1::Phase, i64)>,
    /// The nodes as they would be picked.
    pub order: Vec<String>,
    /// How long it would take.
    pub seconds: i64,
    /// The most nodes at any time.
    pub peak: u32,
    /// Evictions.
    pub evictions: u64,
    /// What is to be known of single pods.
    pub findings: Vec<FindingJson>,
    /// Who and what else is there: autoscalers, nodes that only call themselves the group's, pods that keep their nodes
    /// from autoscalers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<BesideJson>,
    /// How it would fail.
    pub failure: Option<v1::Failure>,
    /// Pods that no node takes; nothing where a plan is projected and knows no scheduler.
    #[serde(default)]
    pub unplaced: UnplacedJson,
    /// How it would end; `None` when it would wait for ever.
    pub outcome: Option<v1::Outcome>,
    /// The same in a sentence.
    pub verdict: String,
}

/// Pods without a node, by when they had none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnplacedJson {
    /// Before the update began.
    pub before: Vec<NoNodeJson>,
    /// While it ran, and no more in the end.
    pub during: Vec<NoNodeJson>,
    /// In the end.
    pub after: Vec<NoNodeJson>,
}

/// A pod that the scheduler found no node for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoNodeJson {
    /// Namespace and name.
    pub pod: String,
    /// The scheduler's words.
    pub message: String,
    /// For how long it had none, in seconds.
    pub seconds: i64,
    /// Whether its workload had such pods before the update began.
    pub as_before: bool,
}

impl UnplacedJson {
    /// The lists for programs.
    pub fn of(pods: &Unplaced) -> Self {
        let all = |pods: &[NoNode]| pods.iter().map(NoNodeJson::of).collect();
        Self { before: all(&pods.before), during: all(&pods.during), after: all(&pods.after) }
    }

    /// The lists as they were.
    pub fn back(&self) -> Unplaced {
        let all = |pods: &[NoNodeJson]| pods.iter().map(NoNodeJson::back).collect();
        Unplaced { before: all(&self.before), during: all(&self.during), after: all(&self.after) }
    }
}

impl NoNodeJson {
    fn of(pod: &NoNode) -> Self {
        let (message, seconds) = (pod.why.to_string(), pod.lasted.as_secs());
        Self { pod: pod.pod.to_string(), message, seconds, as_before: pod.as_before }
    }

    fn back(&self) -> NoNode {
        let (namespace, name) = self.pod.split_once('/').unwrap_or(("", &self.pod));
        NoNode {
            pod: ObjectName::new(namespace, name),
            why: self.message.as_str().into(),
            lasted: SignedDuration::from_secs(self.seconds),
            as_before: self.as_before,
        }
    }
}

/// A finding with its words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingJson {
    /// The value.
    pub finding: v1::Finding,
    /// Whether it would hold the update up.
    pub blocks: bool,
    /// In words.
    pub text: String,
    /// What a person can do.
    pub advice: Option<String>,
}

/// Something beside the update, with its words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BesideJson {
    /// The value, as in the problems of a running update.
    pub problem: v1::Problem,
    /// In words.
    pub text: String,
    /// What a person can do.
    pub advice: String,
}

impl BesideJson {
    /// What is there, as seen when the update would begin.
    pub fn of(found: &Problem, now: Timestamp) -> Self {
        Self {
            problem: v1::Problem::of(found),
            text: messages::problem(found, now),
            advice: messages::problem_advice(found),
        }
    }
}

impl PlanJson {
    /// The plan of an update.
    pub fn of(spec: &Spec, shown: &Preview) -> Self {
        let measured = shown.measured.as_ref();
        Self {
            cluster: spec.cluster.to_string(),
            group: spec.group.to_string(),
            release: spec.target.release.clone(),
            version: spec.target.version.clone(),
            image: spec.target.image().to_string(),
            numbers: measured.map(v1::Measured::of),
            increment_reason: measured.map(|measured| messages::increment_reason(spec, measured)),
            batch_reason: measured.map(|measured| messages::batch_reason(spec, measured)),
            phases: shown
                .phases
                .iter()
                .map(|(phase, length)| (v1::Phase::of(phase), length.as_secs()))
                .collect(),
            order: shown.order.iter().map(ToString::to_string).collect(),
            seconds: shown.total.as_secs(),
            peak: shown.peak,
            evictions: shown.evictions,
            findings: shown.findings.iter().map(FindingJson::of).collect(),
            unplaced: UnplacedJson::of(&shown.unplaced),
            beside: shown.beside.iter().map(|found| BesideJson::of(found, shown.begun)).collect(),
            failure: shown.failure.as_ref().map(v1::Failure::of),
            outcome: shown.end.as_ref().map(|end| v1::Outcome::of(&end.outcome)),
            verdict: verdict(spec, shown),
        }
    }

    /// Whether the update would reach its end.
    pub fn succeeds(&self) -> bool {
        self.outcome.clone().is_some_and(|outcome| {
            <v1::Outcome as SerializedForm<Outcome>>::back(outcome) == Outcome::Succeeded
        })
    }
}

impl FindingJson {
    fn of(finding: &Finding) -> Self {
        Self {
            finding: v1::Finding::of(finding),
            blocks: finding.about.blocks(),
            text: messages::finding(finding),
            advice: messages::finding_advice(finding),
        }
    }
}

fn verdict(spec: &Spec, shown: &Preview) -> String {
    match (&shown.failure, &shown.end) {
        (Some(failure), _) => format!("It would fail: {}", messages::failure_line(failure, &spec.group)),
        (None, Some(end)) => {
            let succeeds = messages::would_succeed(None, shown.unplaced.left());
            messages::larger_size_kept(end).map_or(succeeds.clone(), |kept| format!("{succeeds} {kept}"))
        }
        (None, None) => "It would wait for something that only a person can change.".to_owned(),
    }
}
