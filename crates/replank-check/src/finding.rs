//! A finding: what was found of which object, by which check, from where, and what to do about it.

use std::fmt;

use replank_core::version::Minor;

use crate::object::Name;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Informs,
    /// Something may go wrong, or will in a later version.
    Warns,
    /// Something stops working with the upgrade.
    Breaks,
    /// The upgrade is refused, or does not come to its end.
    Blocks,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::Blocks, Self::Breaks, Self::Warns, Self::Informs];

    /// Its word.
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

/// A check: what is looked for, documented by its id.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Its id, which stays.
    pub id: &'static str,
    /// How bad what it finds is, unless the finding says otherwise.
    pub severity: Severity,
    /// What it means when it finds something.
    pub meaning: &'static str,
    /// What to do then.
    pub advice: &'static str,
    /// Where the rule comes from.
    pub basis: &'static str,
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The object in the cluster.
    Live,
    /// What a client wrote in it: the entry of its `managedFields`.
    Manager {
        /// The client.
        manager: String,
        /// The version of the API it used.
        api_version: String,
        /// When, as the object says.
        time: String,
    },
    /// The annotation that `kubectl apply` leaves.
    LastApplied {
        /// The version of the API in it.
        api_version: String,
    },
    /// A file.
    File {
        /// The file and where in it.
        place: String,
    },
    /// A release of Helm.
    Release {
        /// Its namespace and name.
        release: (String, String),
        /// Its revision.
        revision: u32,
        /// What it says of itself.
        status: String,
        /// The hook.
        hook: Option<String>,
    },
    /// The API server's own count of requests.
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

/// What was found of one object by one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: &'static Check,
    /// How bad it is.
    pub severity: Severity,
    /// The object.
    pub object: Name,
    /// Where it was found, each once.
    pub sources: Vec<Source>,
    /// Who applied the object so, as far as its `managedFields` and Helm tell.
    pub applied_by: Vec<String>,
    /// The minor from which on it breaks, when that is known.
    pub breaks_in: Option<Minor>,
    /// What takes its place and is served by the target.
    pub replacement: Option<String>,
    /// What was seen, each once.
    pub evidence: Vec<String>,
    /// What to do.
    pub advice: String,
}
