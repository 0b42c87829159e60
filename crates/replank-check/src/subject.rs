//! What is looked at: objects, releases, what the server counted, versions. Read by others, judged here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::Value;

use crate::object::{Item, Name, Origin, Standing, group_version};
use crate::version::Version;

/// A version of an API that clients asked for since the API server began (its metric
/// `apiserver_requested_deprecated_apis`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requested {
    /// The group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The resource, with its subresource behind a slash.
    pub resource: String,
    /// In which minor it goes, as the server says.
    pub removed_release: String,
}

/// Something that was found and could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What.
    pub object: Name,
    /// Why not. Nothing of what stands in it.
    pub why: String,
}

/// What is looked at.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Objects from everywhere.
    pub items: Vec<Item>,
    /// Releases that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// What the server counted; none when nobody could ask.
    pub requested: Option<Vec<Requested>>,
    /// What the cluster runs, when there is one.
    pub cluster: Option<Version>,
    /// Kinds of which all live objects were read: what is not among them is not there.
    pub complete: BTreeSet<(String, String)>,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Where the control plane is to go.
    pub target: Version,
    /// Whether every node has to run the control plane's version before it goes up.
    pub strict_skew: bool,
    /// The day on which that is asked; without one, nothing is said of dates.
    pub today: Option<Date>,
}

/// What the rules look at.
pub(crate) struct Facts<'s> {
    pub(crate) subject: &'s Subject,
    pub(crate) target: Version,
    pub(crate) cluster: Option<Version>,
    pub(crate) strict_skew: bool,
    pub(crate) today: Option<Date>,
    by_kind: BTreeMap<(&'s str, &'s str), Vec<&'s Item>>,
    pods: Vec<PodMaker<'s>>,
}

/// A pod, or what makes pods.
#[derive(Clone, Copy)]
pub(crate) struct PodMaker<'s> {
    pub(crate) item: &'s Item,
    /// The metadata of the pods.
    pub(crate) meta: &'s Value,
    /// Their `spec`.
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

    /// Current objects of a kind, wherever they were found.
    pub(crate) fn of(&self, group: &str, kind: &str) -> impl Iterator<Item = &'s Item> {
        // The key is looked up by value: the borrow of the texts must not outlive this call.
        let found = self.by_kind.iter().find(|((g, k), _)| *g == group && *k == kind);
        found.into_iter().flat_map(|(_, items)| items.iter().copied())
    }

    /// Live objects of a kind, also as a server printed them into a file.
    pub(crate) fn live(&self, group: &str, kind: &str) -> impl Iterator<Item = &'s Item> {
        self.of(group, kind).filter(|item| item.is_printed_by_server())
    }

    /// Current pods and what makes pods; not what another of them made.
    pub(crate) fn pods(&self) -> &[PodMaker<'s>] {
        &self.pods
    }

    /// Whether the upgrade passes into `minor`, or the target is beyond it already.
    pub(crate) fn reaches(&self, minor: u32) -> bool {
        self.target.minor.0 >= minor
    }

    /// Whether all live objects of a kind were read.
    pub(crate) fn is_complete(&self, group: &str, kind: &str) -> bool {
        self.subject.complete.iter().any(|(g, k)| g == group && k == kind)
    }
}

/// The metadata and the `spec` of the pods that an object is, or makes.
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

/// Kinds whose own template is looked at in place of what they make.
const MAKERS: &[&str] =
    &["CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"];

/// Whether an object that is looked at itself made this one.
fn is_made_by_another(object: &Value) -> bool {
    let mut owners = crate::object::list(object, &["metadata", "ownerReferences"]);
    owners.any(|owner| {
        owner["controller"] == true && owner["kind"].as_str().is_some_and(|kind| MAKERS.contains(&kind))
    })
}

/// Marks which revisions of each release count: those that are deployed, and the newest.
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
            *standing = if counts { Standing::Current } else { Standing::Past };
        }
    }
}
