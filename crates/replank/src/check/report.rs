//! What was looked at, what was found, and how it is summed up.

use std::collections::BTreeSet;

use replank_check::baseline::Sorted;
use replank_check::version::Version;
use replank_check::{Finding, Severity, Subject};

use super::least;
use crate::cli::FailOn;

/// What was read, and what was not.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// What the rules look at.
    pub(crate) subject: Subject,
    /// What was read, in words, such as `12 files`.
    pub(crate) at: Vec<String>,
    /// What could not be looked at and why, in words.
    pub(crate) unseen: Vec<String>,
    /// Verbs and resources that this user lacks: group, resource, verb.
    pub(crate) lacking: BTreeSet<(String, String, String)>,
}

/// A check that was made.
#[derive(Debug)]
pub(crate) struct Report {
    /// Where the control plane is to go.
    pub(crate) target: Version,
    /// Where it is, when that is known.
    pub(crate) cluster: Option<Version>,
    /// Findings, by what was decided of them.
    pub(crate) sorted: Sorted,
    /// What was read.
    pub(crate) at: Vec<String>,
    /// What could not be looked at.
    pub(crate) unseen: Vec<String>,
    /// The role that grants the rights that were lacking; empty when none were.
    pub(crate) role: String,
    least: Option<Severity>,
}

impl Report {
    pub(crate) fn new(looked: Looked, target: Version, sorted: Sorted, fail_on: FailOn) -> Self {
        Self {
            target,
            cluster: looked.subject.cluster,
            sorted,
            at: looked.at,
            unseen: looked.unseen,
            role: role(&looked.lacking),
            least: least(fail_on),
        }
    }

    /// Whether a finding is bad enough for the exit code.
    pub(crate) fn is_failure(&self, finding: &Finding) -> bool {
        self.least.is_some_and(|least| finding.severity >= least)
    }

    /// Whether any is.
    pub(crate) fn fails(&self) -> bool {
        self.sorted.open.iter().any(|finding| self.is_failure(finding))
    }

    /// How many open findings there are of a severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.sorted.open.iter().filter(|finding| finding.severity == severity).count()
    }

    /// From where to where, in words.
    pub(crate) fn way(&self) -> String {
        match self.cluster {
            Some(cluster) => format!("from {cluster} to {}", self.target),
            None => format!("to {}", self.target),
        }
    }

    /// All of it in a sentence.
    pub(crate) fn verdict(&self) -> String {
        let counts = Severity::ALL.map(|severity| format!("{} {severity}", self.count(severity)));
        match self.sorted.open.len() {
            0 => format!("Nothing found on the way {}.", self.way()),
            count => format!(
                "{count} {} on the way {}: {}.",
                if count == 1 { "finding" } else { "findings" },
                self.way(),
                counts.join(", ")
            ),
        }
    }
}

/// The role that grants what is lacking, as YAML for `kubectl apply`.
fn role(lacking: &BTreeSet<(String, String, String)>) -> String {
    if lacking.is_empty() {
        return String::new();
    }
    let rules = lacking.iter().map(|(group, resource, verb)| {
        if resource.starts_with('/') {
            format!("  - {{nonResourceURLs: [{resource}], verbs: [{verb}]}}\n")
        } else {
            format!("  - {{apiGroups: [\"{group}\"], resources: [{resource}], verbs: [{verb}]}}\n")
        }
    });
    let rules: String = rules.collect();
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: replank-check-more\n\
         rules:\n{rules}"
    )
}
