//! Objects to check, and where each was found.

use std::fmt;

use serde_json::Value;

use crate::{apis, managed};

/// An object to check.
#[derive(Clone, Debug)]
pub struct Item {
    /// The object, with `apiVersion` and `kind`.
    pub object: Value,
    /// Where it was found.
    pub origin: Origin,
}

/// Where an object was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In the cluster, as its API server shows it.
    Live,
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
        /// Whether the next `helm upgrade` starts from this revision.
        standing: ReadBy,
        /// Name of the hook, for objects of hooks.
        hook: Option<String>,
    },
}

/// Which command reads a revision of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadBy {
    /// `helm upgrade`: the deployed or the newest revision.
    Current,
    /// `helm rollback` only: an older revision.
    Past,
}

/// Identity of an object, without API version.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// API group, as of the newest version; empty for the core group.
    pub group: String,
    /// Kind, such as `Deployment`.
    pub kind: String,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.path())
    }
}

impl Name {
    /// Something of the cluster that is no API object.
    pub fn of(kind: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned(), ..Self::default() }
    }

    /// Namespace and name, such as `shop/web`.
    pub fn path(&self) -> String {
        if self.namespace.is_empty() {
            self.name.clone()
        } else {
            format!("{}/{}", self.namespace, self.name)
        }
    }

    /// Kind and group, such as `Deployment.apps`.
    pub fn group_kind(&self) -> String {
        if self.group.is_empty() { self.kind.clone() } else { format!("{}.{}", self.kind, self.group) }
    }
}

impl Item {
    /// `apiVersion` of the object.
    pub fn api_version(&self) -> &str {
        text(&self.object, &["apiVersion"])
    }

    /// `kind` of the object.
    pub fn kind(&self) -> &str {
        text(&self.object, &["kind"])
    }

    /// `metadata.name`; empty without one.
    pub(crate) fn own_name(&self) -> &str {
        text(&self.object, &["metadata", "name"])
    }

    /// Whether it has this namespace and name.
    pub(crate) fn is_called(&self, namespace: &str, name: &str) -> bool {
        self.own_name() == name && self.name().namespace == namespace
    }

    /// Identity of the object. Without a namespace it gets `default` in a file, and the release's namespace in a
    /// release.
    pub fn name(&self) -> Name {
        let (group, version) = group_version(self.api_version());
        let group = apis::current_group(group, version, self.kind()).to_owned();
        let kind = self.kind().to_owned();
        let mut namespace = text(&self.object, &["metadata", "namespace"]);
        if apis::is_cluster_scoped(&group, &kind) {
            namespace = "";
        } else if namespace.is_empty() {
            namespace = match &self.origin {
                Origin::Live => "",
                Origin::File { .. } => "default",
                Origin::Release { release, .. } => &release.0,
            };
        }
        let name = match text(&self.object, &["metadata", "name"]) {
            "" => text(&self.object, &["metadata", "generateName"]),
            name => name,
        };
        Name { group, kind: printable(&kind), namespace: printable(namespace), name: printable(name) }
    }

    /// Whether an API server printed it, as into files by `kubectl get -o json`. Then its `apiVersion` is the server's
    /// choice and does not tell who applied it how.
    pub fn is_printed_by_server(&self) -> bool {
        match self.origin {
            Origin::Live => true,
            Origin::File { .. } => {
                let meta = &self.object["metadata"];
                meta["uid"].is_string()
                    && (meta["resourceVersion"].is_string() || meta["creationTimestamp"].is_string())
            }
            Origin::Release { .. } => false,
        }
    }

    /// Whether an API server printed it without `managedFields`, which would tell who applied it: `kubectl get` leaves
    /// them out by default.
    pub fn hides_who_applied_it(&self) -> bool {
        self.is_printed_by_server() && managed::hides_traces(&self.object)
    }

    /// Whether it is in use: everything but past revisions of releases.
    pub fn is_current(&self) -> bool {
        !matches!(self.origin, Origin::Release { standing: ReadBy::Past, .. })
    }
}

/// Longest text that is quoted, in characters.
const LETTERS_MAX: usize = 500;

/// A text of an object for display: on one line, without control characters, cut to [`LETTERS_MAX`].
pub(crate) fn printable(text: &str) -> String {
    let letter = |letter: char| if letter.is_control() { '?' } else { letter };
    let shown: String = text.chars().take(LETTERS_MAX).map(letter).collect();
    if text.chars().nth(LETTERS_MAX).is_some() { shown + "..." } else { shown }
}

/// Splits an `apiVersion` into group and version.
pub fn group_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// The text at a path; empty when there is none.
pub(crate) fn text<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    at(value, path).as_str().unwrap_or_default()
}

/// The value at a path; null when there is none.
pub(crate) fn at<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter().fold(value, |value, name| &value[*name])
}

/// The items of the list at a path.
pub(crate) fn list<'v>(value: &'v Value, path: &[&str]) -> impl Iterator<Item = &'v Value> + use<'v> {
    at(value, path).as_array().into_iter().flatten()
}

/// The texts of the list at a path.
pub(crate) fn texts<'v>(value: &'v Value, path: &[&str]) -> impl Iterator<Item = &'v str> + use<'v> {
    list(value, path).filter_map(Value::as_str)
}

/// The entries of the map at a path.
pub(crate) fn entries<'v>(
    value: &'v Value,
    path: &[&str],
) -> impl Iterator<Item = (&'v str, &'v Value)> + use<'v> {
    at(value, path).as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn nothing_that_is_shown_acts_on_a_terminal() {
        assert_eq!(printable("web\u{1b}[31m\n1"), "web?[31m?1");
        assert_eq!(printable(&"a".repeat(501)), "a".repeat(500) + "...");
    }
}
