//! Findings: which check found what, in which object, where, and what to do about it.

use std::fmt;

use replank_core::version::Minor;

use crate::object::Name;

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing has to be done.
    Informs,
    /// Something may go wrong, or will in a later version.
    Warns,
    /// Something stops working with the upgrade.
    Breaks,
    /// The upgrade is refused, or cannot be completed.
    Blocks,
}

impl Severity {
    /// All severities, the worst first.
    pub const ALL: [Self; 4] = [Self::Blocks, Self::Breaks, Self::Warns, Self::Informs];

    /// Name of the severity in output and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Informs => "informs",
            Self::Warns => "warns",
            Self::Breaks => "breaks",
            Self::Blocks => "blocks",
        }
    }

    /// What it means, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Informs => "Good to know; nothing has to be done.",
            Self::Warns => "Something may go wrong, or will in a later version.",
            Self::Breaks => "Something stops working with the upgrade.",
            Self::Blocks => "The upgrade is refused, or does not come to its end.",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A check, documented under its id.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Id, which never changes, since suppressions name it.
    pub id: &'static str,
    /// Severity of its findings, unless a finding has another.
    pub severity: Severity,
    /// What a finding of it means.
    pub meaning: &'static str,
    /// What to do about a finding.
    pub advice: &'static str,
    /// Source of the rule, such as a release note or a file of Kubernetes.
    pub basis: &'static str,
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// In the cluster, as its API server shows the object.
    Live,
    /// In an entry of `managedFields`: what a client wrote.
    Manager {
        /// Field manager of the client.
        manager: String,
        /// `apiVersion` that the client used.
        api_version: String,
        /// Time of the entry, as the object has it.
        time: String,
    },
    /// In the annotation of client-side `kubectl apply`.
    LastApplied {
        /// `apiVersion` in the annotation.
        api_version: String,
    },
    /// In a file of manifests that the user named.
    File {
        /// File and line, such as `web.yaml:12`.
        place: String,
    },
    /// In a Helm release.
    Release {
        /// Namespace and name of the release.
        release: (String, String),
        /// Revision of the release.
        revision: u32,
        /// Status of the release, such as `deployed`.
        status: String,
        /// Name of the hook, for objects of hooks.
        hook: Option<String>,
    },
    /// In the API server's metric of requests to deprecated APIs.
    Metric,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live => f.write_str("cluster"),
            Self::Manager { manager, api_version, time } => {
                write!(f, "{manager} wrote {api_version}")?;
                if time.is_empty() { Ok(()) } else { write!(f, " at {time}") }
            }
            Self::LastApplied { api_version } => write!(f, "last applied as {api_version}"),
            Self::File { place } => f.write_str(place),
            Self::Release { release: (namespace, name), revision, status, hook } => {
                write!(f, "Helm release {namespace}/{name} revision {revision} ({status})")?;
                match hook {
                    Some(hook) => write!(f, ", hook {hook}"),
                    None => Ok(()),
                }
            }
            Self::Metric => f.write_str("metric apiserver_requested_deprecated_apis"),
        }
    }
}

/// What one check found in one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that it comes from, with its id and what it means.
    pub check: &'static Check,
    /// Severity; that of the check, unless a rule set another.
    pub severity: Severity,
    /// Identity of the object.
    pub object: Name,
    /// Where it was found, without repetitions.
    pub sources: Vec<Source>,
    /// Who applied the object so, as far as `managedFields` and Helm tell.
    pub applied_by: Vec<String>,
    /// First minor in which it breaks, if known.
    pub breaks_in: Option<Minor>,
    /// API version to use instead, which the target serves.
    pub replacement: Option<String>,
    /// What was seen, without repetitions.
    pub evidence: Vec<String>,
    /// What to do about it.
    pub advice: String,
}
