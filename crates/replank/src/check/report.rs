//! Result of a check, and its summary.

use std::collections::BTreeSet;

use replank_check::baseline::Sorted;
use replank_check::version::Version;
use replank_check::{Finding, Severity, Subject};

use super::least;
use crate::cli::FailOn;
use crate::exit::Exit;

/// Input of a check: what was read, and what could not be.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Objects for the rules.
    pub(crate) subject: Subject,
    /// Descriptions of what was read, such as `12 files`.
    pub(crate) at: Vec<String>,
    /// Descriptions of what could not be read, with the reason.
    pub(crate) unseen: Vec<String>,
    /// Places of the inputs that could not be read, each with its mistake.
    pub(crate) broken: Vec<String>,
    /// Whether no list of the cluster could be read, so that nothing is known of it.
    pub(crate) is_blind: bool,
    /// Missing permissions of the user: API group, resource, verb.
    pub(crate) lacking: Lacking,
    /// Those on the server of `--against`.
    pub(crate) lacking_there: Lacking,
}

/// Permissions that a user lacks: API group, resource, verb.
pub(crate) type Lacking = BTreeSet<(String, String, String)>;

/// Result of a check.
#[derive(Debug)]
pub(crate) struct Report {
    /// Target version of the control plane.
    pub(crate) target: Version,
    /// Current version of the control plane, if known.
    pub(crate) cluster: Option<Version>,
    /// Findings: open ones and suppressed ones.
    pub(crate) sorted: Sorted,
    /// Descriptions of what was read.
    pub(crate) at: Vec<String>,
    /// Descriptions of what could not be read, with the reason.
    pub(crate) unseen: Vec<String>,
    /// Places of the inputs that could not be read, each with its mistake.
    pub(crate) broken: Vec<String>,
    /// Whether nothing of the cluster could be read.
    pub(crate) is_blind: bool,
    /// Number of lists that the user may not read.
    pub(crate) withheld: usize,
    /// YAML of the role with the missing permissions; empty when none is missing.
    pub(crate) role: String,
    /// The same for the server of `--against`.
    pub(crate) role_there: String,
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
            broken: looked.broken,
            is_blind: looked.is_blind,
            withheld: looked.lacking.len(),
            role: role(&looked.lacking),
            role_there: role(&looked.lacking_there),
            least: least(fail_on),
        }
    }

    /// Whether a finding is at or above the `--fail-on` severity.
    pub(crate) fn is_failure(&self, finding: &Finding) -> bool {
        self.least.is_some_and(|least| finding.severity >= least)
    }

    /// Exit code of the check. That something could not be read comes first: findings of the rest are not all there are.
    pub(crate) fn exit(&self) -> Exit {
        match (self.is_blind || !self.broken.is_empty(), self.fails()) {
            (true, _) => Exit::BadInput,
            (false, true) => Exit::Found,
            (false, false) => Exit::Done,
        }
    }

    /// Whether any open finding is.
    pub(crate) fn fails(&self) -> bool {
        self.sorted.open.iter().any(|finding| self.is_failure(finding))
    }

    /// Number of open findings of a severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.sorted.open.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The upgrade path as text, such as `from 1.33 to 1.34`.
    pub(crate) fn way(&self) -> String {
        match self.cluster {
            Some(cluster) => format!("from {cluster} to {}", self.target),
            None => format!("to {}", self.target),
        }
    }

    /// The result in one sentence.
    pub(crate) fn verdict(&self) -> String {
        let counts = Severity::ALL.map(|severity| format!("{} {severity}", self.count(severity)));
        let unread = |count: usize, what: &str, how: &str| match count {
            0 => String::new(),
            1 => format!(" 1 {what} {how}."),
            count => format!(" {count} {what}s {how}."),
        };
        let unread = unread(self.broken.len(), "document", "could not be read")
            + &unread(self.withheld, "list", "may not be read by this user");
        if self.is_blind {
            return format!(
                "The cluster could not be read: nothing is known of the way {}.{unread}",
                self.way()
            );
        }
        let found = match self.sorted.open.len() {
            0 => format!("Nothing found on the way {}.", self.way()),
            count => format!(
                "{count} {} on the way {}: {}.",
                if count == 1 { "finding" } else { "findings" },
                self.way(),
                counts.join(", ")
            ),
        };
        found + &unread
    }
}

/// YAML for `kubectl apply` of a role with the missing permissions.
pub(super) fn role(lacking: &Lacking) -> String {
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
