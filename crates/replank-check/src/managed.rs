//! Who wrote an object through which API version, from `managedFields` and the last-applied annotation.
//!
//! Entries stay when their client has moved on, so old ones are told from present use: of each client the newest entry
//! counts, over both operations; of clients that apply whole objects the newest counts; the annotation counts only
//! where `kubectl apply` wrote last (seen on 1.34.4 and 1.37.2 with Helm 3 and 4).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::{list, text};

/// Annotation of client-side `kubectl apply`.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Field manager of client-side `kubectl apply`.
const CLIENT_SIDE_APPLY: &str = "kubectl-client-side-apply";
/// Managers that belong to the control plane or a node and are upgraded with it.
const OF_THE_CLUSTER: &[&str] = &[
    "api-priority-and-fairness-config-consumer-v1",
    "api-priority-and-fairness-config-producer-v1",
    "cloud-controller-manager",
    "k3s",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
];
/// Subcommands of kubectl that change part of an object once, so that they will not write it again.
const IN_PASSING: &[&str] = &[
    "kubectl-annotate",
    "kubectl-cordon",
    "kubectl-drain",
    "kubectl-edit",
    "kubectl-label",
    "kubectl-patch",
    "kubectl-rollout",
    "kubectl-scale",
    "kubectl-set",
    "kubectl-taint",
    "kubectl-uncordon",
];
/// Prefixes of managers that write whole objects from manifests. A later one has taken the object over from an earlier
/// one.
const APPLIERS: &[&str] = &[
    "argocd",
    "before-first-apply",
    "fluxcd",
    "helm",
    "kapp",
    "kubectl",
    "kustomize",
    "pulumi",
    "spinnaker",
    "terraform",
    "Terraform",
    "HashiCorp",
];

/// Newest entry of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Write<'o> {
    /// Field manager.
    pub(crate) manager: &'o str,
    /// `apiVersion` that it used.
    pub(crate) api_version: &'o str,
    /// Time of the entry, RFC 3339; such texts sort by time.
    pub(crate) time: &'o str,
}

/// Who uses an object at present.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traces<'o> {
    /// Entries in present use.
    pub(crate) writes: Vec<Write<'o>>,
    /// The configuration in the last-applied annotation, where `kubectl apply` wrote last.
    pub(crate) last_applied: Option<Value>,
}

/// Whether an object printed by a server lacks its `managedFields`, so that nothing tells who applied it.
pub(crate) fn hides_traces(object: &Value) -> bool {
    list(object, &["metadata", "managedFields"]).next().is_none() && last_applied(object).is_some()
}

/// Finds present use. `is_old` says of two versions written in the same second which is the older.
pub(crate) fn traces<'o>(object: &'o Value, is_old: impl Fn(&str) -> bool) -> Traces<'o> {
    let mut newest: BTreeMap<&str, Write<'o>> = BTreeMap::new();
    for entry in list(object, &["metadata", "managedFields"]) {
        let write = Write {
            manager: text(entry, &["manager"]),
            api_version: text(entry, &["apiVersion"]),
            time: text(entry, &["time"]),
        };
        if OF_THE_CLUSTER.contains(&write.manager) || IN_PASSING.contains(&write.manager) {
            continue;
        }
        let is_newer = |known: &Write<'_>| {
            write.time > known.time || write.time == known.time && is_old(known.api_version)
        };
        if newest.get(write.manager).is_none_or(is_newer) {
            newest.insert(write.manager, write);
        }
    }
    let last_applier = newest.values().filter(|write| is_applier(write.manager)).max_by(|a, b| {
        // In the same second, the one with the newer version came later: nobody goes back to what is deprecated.
        a.time.cmp(b.time).then_with(|| is_old(b.api_version).cmp(&is_old(a.api_version)))
    });
    let last_applier = last_applier.cloned();
    // Without entries nobody can say whether the annotation is an old trace.
    let counts = last_applier.as_ref().is_some_and(|last| {
        last.manager == CLIENT_SIDE_APPLY && newest.values().all(|write| write.time <= last.time)
    });
    let stays = |write: &Write<'o>| {
        !is_applier(write.manager) || last_applier.as_ref().is_some_and(|last| last.manager == write.manager)
    };
    Traces {
        writes: newest.into_values().filter(stays).collect(),
        last_applied: counts.then(|| last_applied(object)).flatten(),
    }
}

fn is_applier(manager: &str) -> bool {
    APPLIERS.iter().any(|begin| manager.starts_with(begin))
}

fn last_applied(object: &Value) -> Option<Value> {
    let annotation = object["metadata"]["annotations"][LAST_APPLIED].as_str()?;
    serde_json::from_str::<Value>(annotation).ok().filter(|applied| applied["apiVersion"].is_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(manager: &str, operation: &str, api_version: &str, second: u32) -> Value {
        let time = format!("2026-01-01T00:00:{second:02}Z");
        json!({"manager": manager, "operation": operation, "apiVersion": api_version, "time": time})
    }

    fn object(entries: &[Value], last_applied: Option<&str>) -> Value {
        let applied = last_applied.map(|version| json!({"apiVersion": version, "kind": "K"}).to_string());
        json!({"metadata": {"managedFields": entries, "annotations": {LAST_APPLIED: applied}}})
    }

    fn used(object: &Value) -> Vec<String> {
        let traces = traces(object, |version| version.contains("beta"));
        let applied =
            traces.last_applied.iter().map(|it| format!("annotation {}", it["apiVersion"].as_str().unwrap()));
        traces.writes.iter().map(|it| format!("{} {}", it.manager, it.api_version)).chain(applied).collect()
    }

    #[test]
    fn traces_of_what_was_left_behind_are_not_read() {
        let kubectl = CLIENT_SIDE_APPLY;
        for (entries, annotation, wanted) in [
            // Applied and never again.
            (
                vec![entry(kubectl, "Update", "g/v1beta1", 1)],
                Some("g/v1beta1"),
                vec!["kubectl-client-side-apply g/v1beta1", "annotation g/v1beta1"],
            ),
            // Applied again in the new version: the old entry stays.
            (
                vec![entry(kubectl, "Update", "g/v1beta1", 1), entry(kubectl, "Update", "g/v1", 2)],
                Some("g/v1"),
                vec!["kubectl-client-side-apply g/v1", "annotation g/v1"],
            ),
            // In the same second.
            (
                vec![entry(kubectl, "Update", "g/v1", 1), entry(kubectl, "Update", "g/v1beta1", 1)],
                None,
                vec!["kubectl-client-side-apply g/v1"],
            ),
            // Helm 4 installed, Helm 3 upgraded: the Apply entry stays.
            (
                vec![entry("helm", "Apply", "g/v1beta1", 1), entry("helm", "Update", "g/v1", 2)],
                None,
                vec!["helm g/v1"],
            ),
            (
                vec![entry("helm", "Update", "g/v1", 1), entry("helm", "Apply", "g/v1beta1", 2)],
                None,
                vec!["helm g/v1beta1"],
            ),
            // Another tool took the object over; the annotation is old.
            (
                vec![entry(kubectl, "Update", "g/v1beta1", 1), entry("helm", "Update", "g/v1", 2)],
                Some("g/v1beta1"),
                vec!["helm g/v1"],
            ),
            (
                vec![entry(kubectl, "Update", "g/v1beta1", 1), entry("kubectl", "Apply", "g/v1", 2)],
                Some("g/v1beta1"),
                vec!["kubectl g/v1"],
            ),
            // A controller still writes the old one, though the object is applied in the new one.
            (
                vec![entry(kubectl, "Update", "g/v1", 2), entry("scaler", "Update", "g/v1beta1", 1)],
                Some("g/v1"),
                vec!["kubectl-client-side-apply g/v1", "scaler g/v1beta1", "annotation g/v1"],
            ),
            // What the control plane writes goes up with it.
            (vec![entry("kube-controller-manager", "Update", "g/v1beta1", 9)], None, vec![]),
            // Somebody edited it in passing: the manifest is still the old one.
            (
                vec![entry(kubectl, "Update", "g/v1beta1", 1), entry("kubectl-edit", "Update", "g/v1", 2)],
                Some("g/v1beta1"),
                vec!["kubectl-client-side-apply g/v1beta1", "annotation g/v1beta1"],
            ),
            (
                vec![entry(kubectl, "Update", "g/v1", 2), entry("kubectl-edit", "Update", "g/v1beta1", 1)],
                None,
                vec!["kubectl-client-side-apply g/v1"],
            ),
            // No entries, as `kubectl get` prints it: the annotation may be as old as the object.
            (vec![], Some("g/v1beta1"), vec![]),
        ] {
            let object = object(&entries, annotation);
            assert_eq!(used(&object), wanted, "{object}");
        }
    }
}
