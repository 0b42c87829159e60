//! Built-in kinds and their versions, and what replaced removed ones.

use replank_core::api_versions;
use replank_core::names::api_group;
use replank_core::version::Minor;

use crate::yaml::nearest;

/// A built-in kind.
pub(super) struct Api {
    /// `kind`, such as `Deployment`.
    pub(super) kind: &'static str,
    /// `apiVersion`, such as `apps/v1`.
    pub(super) version: &'static str,
    /// Resource with group, such as `deployments.apps`.
    pub(super) resource: &'static str,
    /// Whether its objects are namespaced.
    pub(super) namespaced: bool,
}

const fn api(kind: &'static str, version: &'static str, resource: &'static str, namespaced: bool) -> Api {
    Api { kind, version, resource, namespaced }
}

/// The kinds that the world acts on, and others of the same groups that it only stores.
static APIS: &[Api] = &[
    api("Pod", "v1", "pods", true),
    api("ReplicationController", "v1", "replicationcontrollers", true),
    api("Service", "v1", "services", true),
    api("PersistentVolumeClaim", "v1", "persistentvolumeclaims", true),
    api("PersistentVolume", "v1", "persistentvolumes", false),
    api("Namespace", "v1", "namespaces", false),
    api("Node", "v1", "nodes", false),
    api("ConfigMap", "v1", "configmaps", true),
    api("Secret", "v1", "secrets", true),
    api("ServiceAccount", "v1", "serviceaccounts", true),
    api("Endpoints", "v1", "endpoints", true),
    api("Event", "v1", "events", true),
    api("LimitRange", "v1", "limitranges", true),
    api("ResourceQuota", "v1", "resourcequotas", true),
    api("PodTemplate", "v1", "podtemplates", true),
    api("Deployment", "apps/v1", "deployments.apps", true),
    api("ReplicaSet", "apps/v1", "replicasets.apps", true),
    api("StatefulSet", "apps/v1", "statefulsets.apps", true),
    api("DaemonSet", "apps/v1", "daemonsets.apps", true),
    api("ControllerRevision", "apps/v1", "controllerrevisions.apps", true),
    api("Job", "batch/v1", "jobs.batch", true),
    api("CronJob", "batch/v1", "cronjobs.batch", true),
    api("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets.policy", true),
    api("StorageClass", "storage.k8s.io/v1", "storageclasses.storage.k8s.io", false),
    api("PriorityClass", "scheduling.k8s.io/v1", "priorityclasses.scheduling.k8s.io", false),
    api("HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers.autoscaling", true),
    api("Ingress", "networking.k8s.io/v1", "ingresses.networking.k8s.io", true),
    api("IngressClass", "networking.k8s.io/v1", "ingressclasses.networking.k8s.io", false),
    api("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies.networking.k8s.io", true),
    api("Role", "rbac.authorization.k8s.io/v1", "roles.rbac.authorization.k8s.io", true),
    api("RoleBinding", "rbac.authorization.k8s.io/v1", "rolebindings.rbac.authorization.k8s.io", true),
    api("ClusterRole", "rbac.authorization.k8s.io/v1", "clusterroles.rbac.authorization.k8s.io", false),
    api(
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io/v1",
        "clusterrolebindings.rbac.authorization.k8s.io",
        false,
    ),
    api(
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1",
        "customresourcedefinitions.apiextensions.k8s.io",
        false,
    ),
    api("APIService", "apiregistration.k8s.io/v1", "apiservices.apiregistration.k8s.io", false),
    api(
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        false,
    ),
    api(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        false,
    ),
    api("CSIDriver", "storage.k8s.io/v1", "csidrivers.storage.k8s.io", false),
    api("RuntimeClass", "node.k8s.io/v1", "runtimeclasses.node.k8s.io", false),
];

/// Whether a built-in kind is cluster-scoped; false for unknown kinds.
pub fn is_of_cluster(kind: &str) -> bool {
    by_kind(kind).is_some_and(|api| !api.namespaced)
}

/// API versions whose kinds are all in `APIS`.
const CLOSED: [&str; 5] = ["v1", "apps/v1", "batch/v1", "policy/v1", "scheduling.k8s.io/v1"];

/// The result of looking up `apiVersion` and `kind`.
pub(super) enum Found {
    /// A built-in kind.
    BuiltIn(&'static Api),
    /// A kind of a custom resource or an aggregated API.
    Foreign,
    /// No such kind; advice on what to use instead, if known.
    NoMatch(Option<String>),
}

/// Looks up a kind in a cluster of version 1.`minor`.
pub(super) fn find(version: &str, kind: &str, minor: u32) -> Found {
    let same_kind = APIS.iter().find(|api| api.kind == kind);
    if let Some(api) = same_kind.filter(|api| api.version == version) {
        return Found::BuiltIn(api);
    }
    if let Some((removed, replacement)) = lifecycle(version, kind, minor) {
        if removed.is_none_or(|removed| minor < removed) {
            return same_kind.map_or(Found::Foreign, Found::BuiltIn);
        }
        let removed = removed.unwrap_or_default();
        let advice = match replacement {
            Some(replacement) => format!("removed in Kubernetes 1.{removed}, use {replacement}"),
            None => format!("removed in Kubernetes 1.{removed} without replacement"),
        };
        return Found::NoMatch(Some(advice));
    }
    if CLOSED.contains(&version) {
        let near = nearest(kind, APIS.iter().filter(|api| api.version == version).map(|api| api.kind));
        let advice = same_kind.map(|api| format!("expected {}", api.version));
        return Found::NoMatch(advice.or(near.map(|kind| format!("did you mean {kind}?"))));
    }
    let group = api_group(version);
    match same_kind.filter(|api| api_group(api.version) == group) {
        Some(api) if api.kind != "HorizontalPodAutoscaler" => {
            Found::NoMatch(Some(format!("expected {}", api.version)))
        }
        Some(_) | None => Found::Foreign,
    }
}

/// The minor in which a version of a kind was removed (`None`: not yet), and what a cluster of 1.`minor` serves in its
/// place; `None` when it was never deprecated.
fn lifecycle(version: &str, kind: &str, minor: u32) -> Option<(Option<u32>, Option<String>)> {
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let known = api_versions::find(group, version, kind)?;
    let served = api_versions::replacement(group, version, kind, Minor(minor)).or(known.replacement);
    let replacement = served.map(|(group, version, other)| {
        let slash = if group.is_empty() { "" } else { "/" };
        let other = if other == kind { String::new() } else { format!(" {other}") };
        format!("{group}{slash}{version}{other}")
    });
    Some((known.removed_in.map(|minor| minor.0), replacement))
}

/// The built-in kind of that name.
pub(super) fn by_kind(kind: &str) -> Option<&'static Api> {
    APIS.iter().find(|api| api.kind == kind)
}

/// The resource of a kind with its group, as messages name it; `objects` for kinds that are not built in.
pub fn resource(kind: &str) -> &'static str {
    by_kind(kind).map_or("objects", |api| api.resource)
}
