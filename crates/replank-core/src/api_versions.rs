//! API versions of Kubernetes: when each is deprecated and removed, and its replacement. The one table for whoever checks
//! objects, reads manifests or serves an API.
//!
//! `data/deprecated-apis.csv` has what Kubernetes removed since 1.16 and announced to remove (lifecycle marks in
//! `k8s.io/api` up to 0.38.0-beta.0); `data/served-since.csv` when the replacements came (the same marks).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::version::Minor;

/// Lifecycle of a version of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Api {
    /// First minor whose API server warns about it.
    pub deprecated_in: Option<Minor>,
    /// First minor that does not serve it.
    pub removed_in: Option<Minor>,
    /// Group, version and kind to use instead.
    pub replacement: Option<Gvk>,
}

/// Group, version and kind.
pub type Gvk = (&'static str, &'static str, &'static str);

const DEPRECATED: &str = include_str!("../data/deprecated-apis.csv");
const SERVED_SINCE: &str = include_str!("../data/served-since.csv");

static APIS: LazyLock<BTreeMap<Gvk, Api>> =
    LazyLock::new(|| rows(DEPRECATED).filter_map(|row| deprecated(&row)).collect());
static RESOURCES: LazyLock<BTreeMap<Gvk, &'static str>> = LazyLock::new(|| {
    let row = |row: Vec<&'static str>| match row[..] {
        [group, version, kind, resource, ..] => Some(((group, version, resource), kind)),
        _ => None,
    };
    rows(DEPRECATED).filter_map(row).collect()
});
static SINCE: LazyLock<BTreeMap<Gvk, Minor>> = LazyLock::new(|| {
    let row = |row: Vec<&'static str>| match row[..] {
        [group, version, kind, since] => Some(((group, version, kind), Minor::parse(since)?)),
        _ => None,
    };
    rows(SERVED_SINCE).filter_map(row).collect()
});

/// Rows of a table without its header; its cells have no commas.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().skip(1).map(|line| line.split(',').map(str::trim).collect())
}

fn deprecated(row: &[&'static str]) -> Option<(Gvk, Api)> {
    let [group, version, kind, _resource, deprecated, removed, new_group, new_version, new_kind] = row[..]
    else {
        return None;
    };
    let replacement = (!new_kind.is_empty()).then_some((new_group, new_version, new_kind));
    let api = Api { deprecated_in: Minor::parse(deprecated), removed_in: Minor::parse(removed), replacement };
    Some(((group, version, kind), api))
}

/// Lifecycle of a version of a kind; `None` when it is not deprecated.
pub fn find(group: &str, version: &str, kind: &str) -> Option<Api> {
    known(&APIS, (group, version, kind))
}

/// The minors of the table that stop serving something, oldest first.
pub fn minors_that_remove() -> BTreeSet<Minor> {
    APIS.values().filter_map(|api| api.removed_in).collect()
}

/// The plural name of a kind, as far as a deprecated version of it is known.
pub fn resource_of(group: &str, kind: &str) -> Option<&'static str> {
    let mut known = RESOURCES.iter();
    known.find(|((of, _, _), name)| *of == group && **name == kind).map(|((_, _, resource), _)| *resource)
}

/// Looks a key up whose texts need not be static.
fn known<'k, T: Copy>(
    table: &BTreeMap<(&'k str, &'k str, &'k str), T>,
    key: (&'k str, &'k str, &'k str),
) -> Option<T> {
    table.get(&key).copied()
}

/// Kind of a resource, such as `poddisruptionbudgets` or `pods/eviction`, in a deprecated version.
pub fn kind_of_resource(group: &str, version: &str, resource: &str) -> Option<&'static str> {
    known(&RESOURCES, (group, version, resource))
}

/// The replacement that `target` serves; replacements that were removed too are followed.
pub fn replacement(group: &str, version: &str, kind: &str, target: Minor) -> Option<Gvk> {
    let mut next = find(group, version, kind)?.replacement?;
    // Each step leads to a newer version, and no chain is longer than the versions of a group.
    for _ in 0..8 {
        match find(next.0, next.1, next.2) {
            Some(Api { removed_in: Some(removed), replacement: Some(newer), .. }) if removed <= target => {
                next = newer;
            }
            Some(_) | None => break,
        }
    }
    let is_gone =
        find(next.0, next.1, next.2).and_then(|api| api.removed_in).is_some_and(|removed| removed <= target);
    if !is_gone && served_since(next).is_none_or(|since| since <= target) {
        return Some(next);
    }
    // The newest one is not served yet: another version of the same kind that is.
    let served = APIS.iter().filter(|((g, v, k), api)| {
        *g == next.0
            && *k == next.2
            && (*g, *v) != (group, version)
            && v.contains("beta")
            && api.removed_in.is_none_or(|removed| removed > target)
            && api.deprecated_in.is_none_or(|deprecated| deprecated.0 <= target.0 + 3)
    });
    served.map(|(gvk, _)| *gvk).next_back()
}

/// First minor that serves a version of a kind; `None` when the table does not say.
pub fn served_since(gvk: Gvk) -> Option<Minor> {
    known(&SINCE, gvk)
}

/// The group in which a kind is served today, so that its objects in old and new groups count as the same.
pub fn current_group<'g>(group: &'g str, version: &str, kind: &str) -> &'g str {
    match find(group, version, kind).and_then(|api| api.replacement) {
        Some((new, _, same)) if same == kind => new,
        Some(_) | None => group,
    }
}

/// Built-in cluster-scoped kinds, sorted.
const CLUSTER_SCOPED: &[(&str, &str)] = &[
    ("", "ComponentStatus"),
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("auditregistration.k8s.io", "AuditSink"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("certificates.k8s.io", "ClusterTrustBundle"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("networking.k8s.io", "ClusterCIDR"),
    ("networking.k8s.io", "IPAddress"),
    ("networking.k8s.io", "IngressClass"),
    ("networking.k8s.io", "ServiceCIDR"),
    ("node.k8s.io", "RuntimeClass"),
    ("policy", "PodSecurityPolicy"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("resource.k8s.io", "DeviceClass"),
    ("resource.k8s.io", "DeviceTaintRule"),
    ("resource.k8s.io", "ResourceClass"),
    ("resource.k8s.io", "ResourceSlice"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("storage.k8s.io", "VolumeAttributesClass"),
    ("storagemigration.k8s.io", "StorageVersionMigration"),
];

/// Whether a built-in kind is cluster-scoped.
pub fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    CLUSTER_SCOPED.binary_search(&(group, kind)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(group: &str, version: &str, kind: &str, target: u32) -> Option<String> {
        replacement(group, version, kind, Minor(target))
            .map(|(group, version, kind)| format!("{group}/{version} {kind}"))
    }

    #[test]
    fn every_row_of_the_tables_is_read() {
        assert_eq!(APIS.len(), DEPRECATED.lines().count() - 1);
        assert_eq!(SINCE.len(), SERVED_SINCE.lines().count() - 1);
        assert!(CLUSTER_SCOPED.is_sorted());
    }

    #[test]
    fn the_replacement_is_one_that_the_target_serves() {
        for (group, version, kind, target, wanted) in [
            ("policy", "v1beta1", "PodDisruptionBudget", 25, Some("policy/v1 PodDisruptionBudget")),
            ("policy", "v1beta1", "PodSecurityPolicy", 25, None),
            // Two steps on: v1beta3 went in 1.32.
            (
                "flowcontrol.apiserver.k8s.io",
                "v1beta1",
                "FlowSchema",
                26,
                Some("flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema"),
            ),
            (
                "flowcontrol.apiserver.k8s.io",
                "v1beta1",
                "FlowSchema",
                32,
                Some("flowcontrol.apiserver.k8s.io/v1 FlowSchema"),
            ),
            ("extensions", "v1beta1", "PodSecurityPolicy", 24, Some("policy/v1beta1 PodSecurityPolicy")),
            ("extensions", "v1beta1", "PodSecurityPolicy", 25, None),
            ("resource.k8s.io", "v1alpha3", "ResourceClaim", 34, Some("resource.k8s.io/v1 ResourceClaim")),
            (
                "resource.k8s.io",
                "v1alpha3",
                "ResourceClaim",
                33,
                Some("resource.k8s.io/v1beta2 ResourceClaim"),
            ),
            ("coordination.k8s.io", "v1beta1", "LeaseCandidate", 36, None),
        ] {
            assert_eq!(
                told(group, version, kind, target).as_deref(),
                wanted,
                "{group}/{version} {kind} {target}"
            );
        }
    }
}
