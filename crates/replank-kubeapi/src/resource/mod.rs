//! Resources, built in or defined by custom resource definitions, and where their objects come from.

mod custom;

use std::sync::{Arc, LazyLock};

use replank_world::world::World;
use serde_json::Value;

pub(crate) use custom::served;

const ROWS: &str = include_str!("../../data/resources.csv");

/// A resource of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) short: Vec<String>,
    pub(crate) namespaced: bool,
    pub(crate) categories: Vec<String>,
    pub(crate) subresources: Vec<String>,
    pub(crate) source: Source,
    /// Fields of a custom resource that field selectors may use.
    pub(crate) selectable: Vec<String>,
    /// The version's part of the definition of a custom resource.
    pub(crate) definition: Option<Value>,
}

/// Where the objects of a resource come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Source {
    Pods,
    Nodes,
    Budgets,
    ReplicaSets,
    ReplicationControllers,
    Deployments,
    StatefulSets,
    DaemonSets,
    Jobs,
    CronJobs,
    Services,
    Claims,
    StorageClasses,
    /// One per node.
    Leases,
    /// One per node.
    CsiNodes,
    /// One per service.
    Endpoints,
    /// One per service with a selector.
    Slices,
    /// One per bound claim.
    Volumes,
    Events,
    /// Stored as given; nothing in the world acts on them.
    Kept,
    /// Objects of a custom resource definition.
    Custom,
    /// Answered and never stored, such as reviews.
    Posted,
}

static BUILT_IN: LazyLock<Vec<Arc<Resource>>> = LazyLock::new(|| {
    let rows = ROWS.lines().filter(|row| !row.starts_with('#') && !row.is_empty());
    rows.filter_map(|row| Some(Arc::new(read(row)?))).collect()
});

fn read(row: &str) -> Option<Resource> {
    let cells: Vec<&str> = row.split(',').collect();
    let [group, version, kind, plural, short, scope, categories, subresources] = cells[..] else {
        return None;
    };
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let posted = subresources == "+";
    Some(Resource {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        singular: kind.to_lowercase(),
        short: words(short),
        namespaced: scope == "N",
        categories: words(categories),
        subresources: if posted { Vec::new() } else { words(subresources) },
        source: if posted { Source::Posted } else { source(group, kind) },
        selectable: Vec::new(),
        definition: None,
    })
}

fn source(group: &str, kind: &str) -> Source {
    match (group, kind) {
        ("", "Pod") => Source::Pods,
        ("", "Node") => Source::Nodes,
        ("", "Service") => Source::Services,
        ("", "PersistentVolumeClaim") => Source::Claims,
        ("", "PersistentVolume") => Source::Volumes,
        ("", "Endpoints") => Source::Endpoints,
        ("" | "events.k8s.io", "Event") => Source::Events,
        ("", "ReplicationController") => Source::ReplicationControllers,
        ("apps", "ReplicaSet") => Source::ReplicaSets,
        ("apps", "Deployment") => Source::Deployments,
        ("apps", "StatefulSet") => Source::StatefulSets,
        ("apps", "DaemonSet") => Source::DaemonSets,
        ("batch", "Job") => Source::Jobs,
        ("batch", "CronJob") => Source::CronJobs,
        ("policy", "PodDisruptionBudget") => Source::Budgets,
        ("storage.k8s.io", "StorageClass") => Source::StorageClasses,
        ("storage.k8s.io", "CSINode") => Source::CsiNodes,
        ("coordination.k8s.io", "Lease") => Source::Leases,
        ("discovery.k8s.io", "EndpointSlice") => Source::Slices,
        _ => Source::Kept,
    }
}

impl Resource {
    /// Group and version, such as `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Name in messages, such as `deployments.apps`.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Verbs in discovery.
    pub(crate) fn verbs(&self) -> &'static [&'static str] {
        match self.source {
            Source::Posted => &["create"],
            _ => &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        }
    }
}

/// All built-in resources, in order of discovery.
pub(crate) fn built_in() -> &'static [Arc<Resource>] {
    &BUILT_IN
}

/// The resource of that group, version and plural.
pub(crate) fn find(world: &World, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
    let is = |one: &&Arc<Resource>| one.group == group && one.version == version && one.plural == plural;
    BUILT_IN.iter().find(is).cloned().or_else(|| served(world).iter().find(is).cloned())
}

#[cfg(test)]
mod tests {
    use super::{Source, built_in};

    #[test]
    fn every_row_is_read() {
        let rows = super::ROWS.lines().filter(|row| !row.starts_with('#') && !row.is_empty());
        assert_eq!(built_in().len(), rows.count());
        let pods = built_in().iter().find(|one| one.plural == "pods").unwrap();
        assert_eq!((pods.source, pods.short.as_slice()), (Source::Pods, &["po".to_owned()][..]));
        assert!(pods.namespaced && pods.subresources.iter().any(|sub| sub == "eviction"));
    }
}
