//! A plan as JSON with its text: the output of `replank plan` and the answer of a server.

use jiff::{SignedDuration, Timestamp};
use replank_core::names::ObjectName;
use replank_core::node_group::plan::{Finding, NoNode, Plan, Unplaced};
use replank_core::node_group::problem::{Outcome, Problem};
use replank_core::node_group::spec::Spec;
use serde::{Deserialize, Serialize};

use super::PhaseJson;
use super::wire::FORMAT;
use crate::messages;
use crate::serialized::{SerializedForm, v1};

/// A plan of an update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanJson {
    /// Number of the format, as that of a report.
    pub format: u32,
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the node group.
    pub group: String,
    /// Release to update to.
    pub release: String,
    /// Kubernetes minor of the release; empty with an image of the user's own.
    pub version: String,
    /// Id of the image.
    pub image: String,
    /// Numbers of Setup; `None` when it would not get that far.
    pub numbers: Option<v1::Measured>,
    /// Why so many extra nodes are asked for.
    pub increment_reason: Option<String>,
    /// Why so many nodes are replaced at a time.
    pub batch_reason: Option<String>,
    /// Phases with their durations.
    pub phases: Vec<PhaseJson>,
    /// Old nodes in the order in which they would be picked.
    pub order: Vec<String>,
    /// Duration in seconds.
    pub seconds: i64,
    /// Most nodes at any time, terminating ones not counted.
    pub peak: u32,
    /// Time in seconds that nodes beyond the original desired size stood, summed over the nodes.
    #[serde(default)]
    pub extra_node_seconds: i64,
    /// Number of evictions, repeated ones included.
    pub evictions: u64,
    /// What to know about pods on old nodes.
    pub findings: Vec<FindingJson>,
    /// Autoscalers, nodes with the group's label that are not in the group, and pods that keep autoscalers from their
    /// nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<BesideJson>,
    /// Why it would fail, if it would.
    pub failure: Option<v1::Failure>,
    /// Pods without a node; empty where the plan is a projection, which has no scheduler.
    #[serde(default)]
    pub unplaced: UnplacedJson,
    /// How it would end; `None` when it would wait for ever.
    pub outcome: Option<v1::Outcome>,
    /// The result in a sentence.
    pub verdict: String,
}

/// Pods without a node, by when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UnplacedJson {
    /// When the update would begin.
    pub before: Vec<NoNodeJson>,
    /// At some time while it would run, but not at its end.
    pub during: Vec<NoNodeJson>,
    /// At its end.
    pub after: Vec<NoNodeJson>,
}

/// A pod for which the scheduler found no node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoNodeJson {
    /// Namespace and name, as `namespace/name`.
    pub pod: String,
    /// Message of the scheduler.
    pub message: String,
    /// How long it had no node, in seconds.
    pub seconds: i64,
    /// Whether pods of its workload had no node before the update too.
    pub as_before: bool,
}

impl UnplacedJson {
    /// Serializes the lists.
    pub fn of(pods: &Unplaced) -> Self {
        let all = |pods: &[NoNode]| pods.iter().map(NoNodeJson::of).collect();
        Self { before: all(&pods.before), during: all(&pods.during), after: all(&pods.after) }
    }

    /// Reads the lists back; a name without a slash has an empty namespace.
    pub fn back(&self) -> Unplaced {
        let all = |pods: &[NoNodeJson]| pods.iter().map(NoNodeJson::back).collect();
        Unplaced { before: all(&self.before), during: all(&self.during), after: all(&self.after) }
    }
}

impl NoNodeJson {
    /// Serializes one.
    pub fn of(pod: &NoNode) -> Self {
        let (message, seconds) = (pod.why.to_string(), pod.lasted.as_secs());
        Self { pod: pod.pod.to_string(), message, seconds, as_before: pod.as_before }
    }

    /// Reads one back; a name without a slash has an empty namespace.
    pub fn back(&self) -> NoNode {
        let (namespace, name) = self.pod.split_once('/').unwrap_or(("", &self.pod));
        NoNode {
            pod: ObjectName::new(namespace, name),
            why: self.message.as_str().into(),
            lasted: SignedDuration::from_secs(self.seconds),
            as_before: self.as_before,
        }
    }
}

/// A finding with its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FindingJson {
    /// The finding as a value.
    pub finding: v1::Finding,
    /// Whether it alone can make a drain fail.
    pub blocks: bool,
    /// The finding in a sentence.
    pub text: String,
    /// What a person can do about it.
    pub advice: Option<String>,
}

/// A problem that exists beside the update, with its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BesideJson {
    /// The problem as a value, as in reports.
    pub problem: v1::Problem,
    /// The problem in a sentence.
    pub text: String,
    /// What a person can do about it.
    pub advice: String,
}

impl BesideJson {
    /// The problem as of `now`, when the update would begin.
    pub fn of(found: &Problem, now: Timestamp) -> Self {
        Self {
            problem: v1::Problem::of(found),
            text: messages::problem(found, now),
            advice: messages::problem_advice(found),
        }
    }
}

impl PlanJson {
    /// The plan that follows from a plan.
    pub fn of(spec: &Spec, shown: &Plan) -> Self {
        let measured = shown.measured.as_ref();
        Self {
            format: FORMAT,
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
                .map(|(phase, length)| PhaseJson::of(*phase, length.as_secs()))
                .collect(),
            order: shown.order.iter().map(ToString::to_string).collect(),
            seconds: shown.total.as_secs(),
            peak: shown.peak,
            extra_node_seconds: shown.extra_node_time.as_secs(),
            evictions: shown.evictions,
            findings: shown.findings.iter().map(FindingJson::of).collect(),
            unplaced: UnplacedJson::of(&shown.unplaced),
            beside: shown.beside.iter().map(|found| BesideJson::of(found, shown.begun)).collect(),
            failure: shown.failure.as_ref().map(v1::Failure::of),
            outcome: shown.end.as_ref().map(|end| v1::Outcome::of(&end.outcome)),
            verdict: verdict(spec, shown),
        }
    }

    /// Whether the update would end successfully.
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

fn verdict(spec: &Spec, shown: &Plan) -> String {
    match (&shown.failure, &shown.end) {
        (Some(failure), _) => format!("It would fail: {}", messages::failure_line(failure, &spec.group)),
        (None, Some(end)) => {
            let succeeds = messages::would_succeed(None, shown.unplaced.left());
            messages::larger_size_kept(end).map_or(succeeds.clone(), |kept| format!("{succeeds} {kept}"))
        }
        (None, None) => "It would wait for something that only a person can change.".to_owned(),
    }
}
