//! A preview as JSON, with its words: what `replank plan` prints, and what a server answers.

use replank_core::preview::{Finding, Preview};
use replank_core::problem::Outcome;
use replank_core::spec::Spec;
use serde::{Deserialize, Serialize};

use crate::wire::{Mirror, v1};
use crate::words;

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
    /// How it would fail.
    pub failure: Option<v1::Failure>,
    /// How it would end; `None` when it would wait for ever.
    pub outcome: Option<v1::Outcome>,
    /// The same in a sentence.
    pub verdict: String,
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
            increment_reason: measured.map(|measured| words::increment_reason(spec, measured)),
            batch_reason: measured.map(|measured| words::batch_reason(spec, measured)),
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
            failure: shown.failure.as_ref().map(v1::Failure::of),
            outcome: shown.end.as_ref().map(|end| v1::Outcome::of(&end.outcome)),
            verdict: verdict(spec, shown),
        }
    }

    /// Whether the update would reach its end.
    pub fn succeeds(&self) -> bool {
        self.outcome
            .clone()
            .is_some_and(|outcome| <v1::Outcome as Mirror<Outcome>>::back(outcome) == Outcome::Succeeded)
    }
}

impl FindingJson {
    fn of(finding: &Finding) -> Self {
        Self {
            finding: v1::Finding::of(finding),
            blocks: finding.about.blocks(),
            text: words::finding(finding),
            advice: words::finding_advice(finding),
        }
    }
}

fn verdict(spec: &Spec, shown: &Preview) -> String {
    match (&shown.failure, &shown.end) {
        (Some(failure), _) => format!("It would fail: {}", words::failure_line(failure, &spec.group)),
        (None, Some(end)) => match words::larger_size_kept(end) {
            None => "It would succeed.".to_owned(),
            Some(kept) => format!("It would succeed. {kept}"),
        },
        (None, None) => "It would wait for something that only a person can change.".to_owned(),
    }
}
