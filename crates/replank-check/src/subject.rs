//! What is checked: objects, releases, request counts, versions. The caller reads them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::Value;

use crate::object::{Item, Name, Origin, ReadBy, group_version};
use crate::version::Version;

/// An API version that clients asked for since the API server started (metric `apiserver_requested_deprecated_apis`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requested {
    /// API group; empty for the core group.
    pub group: String,
    /// Version, such as `v1beta1`.
    pub version: String,
    /// Resource, with a subresource after a slash.
    pub resource: String,
    /// Minor that removes it, as the server says.
    pub removed_release: String,
}

/// Something that was found and could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Identity of what was found.
    pub object: Name,
    /// Why it cannot be read, without any of its content.
    pub why: String,
}

/// What an API server of the target said of an object that it tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Index of the object in [`Subject::items`].
    pub item: usize,
    /// What it warned of.
    pub warnings: Vec<String>,
    /// Why it does not take it; `None` when it does.
    pub refused: Option<String>,
}

/// What is checked.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Objects of all origins.
    pub items: Vec<Item>,
    /// Releases that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// What an API server of the target said, of objects that it said something about.
    pub answered: Vec<Answered>,
    /// Requests to deprecated APIs; `None` when the metrics could not be read.
    pub requested: Option<Vec<Requested>>,
    /// Version of the cluster, if there is one.
    pub cluster: Option<Version>,
    /// Groups and kinds of which all live objects were read, so that absence can be told.
    pub complete: BTreeSet<(String, String)>,
}

/// The question to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Version to which the control plane is to be upgraded.
    pub target: Version,
    /// Whether every node must run the control plane's version before its upgrade.
    pub strict_skew: bool,
    /// Today's date; without it nothing is said that depends on dates.
    pub today: Option<Date>,
}

/// The subject in the form in which rules read it.
pub(crate) struct Facts<'s> {
    pub(crate) subject: &'s Subject,
    pub(crate) target: Version,
    pub(crate) cluster: Option<Version>,
    pub(crate) strict_skew: bool,
    pub(crate) today: Option<Date>,
    by_kind: BTreeMap<(&'s str, &'s str), Vec<&'s Item>>,
    pods: Vec<PodMaker<'s>>,
}

/// A pod, or an object with a pod template.
#[derive(Clone, Copy)]
pub(crate) struct PodMaker<'s> {
    pub(crate) item: &'s Item,
    /// Metadata of the pods.
    pub(crate) meta: &'s Value,
    /// `spec` of the pods.
    pub(crate) spec: &'s Value,
}

impl<'s> Facts<'s> {
    pub(crate) fn new(subject: &'s Subject, question: &Question) -> Self {
        let mut by_kind: BTreeMap<_, Vec<&Item>> = BTreeMap::new();
        for item in subject.items.iter().filter(|item| item.is_current()) {
            let (group, _) = group_version(item.api_version());
            by_kind.entry((group, item.kind())).or_default().push(item);
        }
        let pods = by_kind.iter().flat_map(|((group, kind), items)| {
            items.iter().filter_map(|item| {
                let (meta, spec) = template(group, kind, &item.object)?;
                Some(PodMaker { item, meta, spec })
            })
        });
        let pods = pods.collect();
        let Question { target, strict_skew, today } = *question;
        Self { subject, target, cluster: subject.cluster, strict_skew, today, by_kind, pods }
    }

    /// Objects of a kind in use, of any origin.
    pub(crate) fn of(&self, group: &str, kind: &str) -> impl Iterator<Item = &'s Item> {
        // The key is looked up by value: the borrow of the texts must not outlive this call.
        let found = self.by_kind.iter().find(|((g, k), _)| *g == group && *k == kind);
        found.into_iter().flat_map(|(_, items)| items.iter().copied())
    }

    /// Live objects of a kind, including those that a server printed into a file.
    pub(crate) fn live(&self, group: &str, kind: &str) -> impl Iterator<Item = &'s Item> {
        self.of(group, kind).filter(|item| item.is_printed_by_server())
    }

    /// Pods and pod templates in use, without those that another of them made.
    pub(crate) fn pods(&self) -> &[PodMaker<'s>] {
        &self.pods
    }

    /// Whether the target is this minor or a later one.
    pub(crate) fn reaches(&self, minor: u32) -> bool {
        self.target.minor.0 >= minor
    }

    /// Whether all live objects of a kind were read.
    pub(crate) fn is_complete(&self, group: &str, kind: &str) -> bool {
        self.subject.complete.iter().any(|(g, k)| g == group && k == kind)
    }
}

/// Metadata and `spec` of the pods that an object is or makes.
fn template<'o>(group: &str, kind: &str, object: &'o Value) -> Option<(&'o Value, &'o Value)> {
    let template = match (group, kind) {
        ("", "Pod") => object,
        ("", "PodTemplate") => &object["template"],
        ("", "ReplicationController")
        | ("apps" | "extensions", "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet")
        | ("batch", "Job") => &object["spec"]["template"],
        ("batch", "CronJob") => &object["spec"]["jobTemplate"]["spec"]["template"],
        _ => return None,
    };
    (!is_made_by_another(object)).then_some((&template["metadata"], &template["spec"]))
}

/// Kinds whose template is checked instead of the pods they make.
const MAKERS: &[&str] =
    &["CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"];

/// Whether an object that is checked itself made this one.
fn is_made_by_another(object: &Value) -> bool {
    let mut owners = crate::object::list(object, &["metadata", "ownerReferences"]);
    owners.any(|owner| {
        owner["controller"] == true && owner["kind"].as_str().is_some_and(|kind| MAKERS.contains(&kind))
    })
}

/// Marks which revisions of each release are current: the deployed ones and the newest.
pub fn stand(items: &mut [Item]) {
    let mut newest: BTreeMap<(String, String), u32> = BTreeMap::new();
    for item in &*items {
        if let Origin::Release { release, revision, .. } = &item.origin {
            let known = newest.entry(release.clone()).or_default();
            *known = (*known).max(*revision);
        }
    }
    for item in items {
        if let Origin::Release { release, revision, status, standing, .. } = &mut item.origin {
            let is_newest = newest.get(release).is_some_and(|newest| newest == revision);
            let counts = status == "deployed" || is_newest && status != "uninstalled";
            *standing = if counts { ReadBy::Current } else { ReadBy::Past };
        }
    }
}
