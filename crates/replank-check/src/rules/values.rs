//! Labels, annotations and values that the API server warns about.

use serde_json::Value;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{Item, at, entries, list, text};
use crate::subject::{Facts, PodMaker};

static DEPRECATED: Check = Check {
    id: "deprecated-value",
    severity: Severity::Warns,
    meaning: "The object holds a label, an annotation or a value that is deprecated, or has no effect any more though the \
              API server still takes it.",
    advice: "Write what takes its place.",
    basis: "Warnings of the API server: pkg/api/{pod,node,service,persistentvolume,storage} of Kubernetes 1.37.2",
};

pub(super) const CHECKS: &[&Check] = &[&DEPRECATED];

/// Labels of nodes: label, first minor that warns, replacement.
const LABELS: &[(&str, u32, &str)] = &[
    ("beta.kubernetes.io/arch", 14, "kubernetes.io/arch"),
    ("beta.kubernetes.io/instance-type", 17, "node.kubernetes.io/instance-type"),
    ("beta.kubernetes.io/os", 14, "kubernetes.io/os"),
    ("failure-domain.beta.kubernetes.io/region", 17, "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", 17, "topology.kubernetes.io/zone"),
    ("node-role.kubernetes.io/master", 24, "node-role.kubernetes.io/control-plane"),
];

/// Annotations of pods, by prefix: first minor in which it is deprecated or without effect, and the text of the
/// finding.
const OF_PODS: &[(&str, u32, &str)] = &[
    ("container.apparmor.security.beta.kubernetes.io/", 30, "deprecated since 1.30, use appArmorProfile"),
    ("container.seccomp.security.alpha.kubernetes.io/", 27, "without effect since 1.27, use seccompProfile"),
    ("scheduler.alpha.kubernetes.io/critical-pod", 16, "without effect since 1.16, use priorityClassName"),
    ("seccomp.security.alpha.kubernetes.io/pod", 27, "without effect since 1.27, use seccompProfile"),
    ("security.alpha.kubernetes.io/sysctls", 16, "without effect since 1.11, use sysctls"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", 16, "without effect since 1.11, use sysctls"),
];

/// Annotations of other kinds: kind, annotation, first minor, text.
const OF_KINDS: &[(&str, &str, u32, &str)] = &[
    ("Ingress", "kubernetes.io/ingress.class", 18, "deprecated since 1.18, use ingressClassName"),
    (
        "PersistentVolume",
        "volume.beta.kubernetes.io/mount-options",
        31,
        "deprecated since 1.31, use mountOptions",
    ),
    (
        "PersistentVolume",
        "volume.beta.kubernetes.io/storage-class",
        16,
        "deprecated since 1.8, use storageClassName",
    ),
    (
        "PersistentVolumeClaim",
        "volume.beta.kubernetes.io/storage-class",
        16,
        "deprecated since 1.8, use storageClassName",
    ),
    (
        "Service",
        "service.kubernetes.io/topology-aware-hints",
        27,
        "deprecated since 1.27, use service.kubernetes.io/topology-mode",
    ),
    (
        "ServiceAccount",
        "kubernetes.io/enforce-mountable-secrets",
        32,
        "deprecated since 1.32, use separate namespaces",
    ),
];

/// Values of fields: kind, path, value, first minor, text.
const FIELDS: &[(&str, &[&str], &str, u32, &str)] = &[
    (
        "PersistentVolume",
        &["spec", "persistentVolumeReclaimPolicy"],
        "Recycle",
        16,
        "deprecated, use dynamic provisioning",
    ),
    (
        "Service",
        &["spec", "trafficDistribution"],
        "PreferClose",
        34,
        "deprecated since 1.34, use PreferSameZone",
    ),
];

/// Kinds that are checked besides pods, with their groups.
const KINDS: &[(&str, &str)] = &[
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("extensions", "Ingress"),
    ("networking.k8s.io", "Ingress"),
    ("node.k8s.io", "RuntimeClass"),
    ("storage.k8s.io", "StorageClass"),
];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    let mut seen = Vec::new();
    for PodMaker { item, meta, spec } in facts.pods() {
        of_pod(facts, meta, spec, &mut seen);
        seen.drain(..).for_each(|evidence| findings.add(Seen::of(&DEPRECATED, item, evidence)));
    }
    for item in KINDS.iter().flat_map(|(group, kind)| facts.of(group, kind)) {
        of_kind(facts, item, &mut seen);
        seen.drain(..).for_each(|evidence| findings.add(Seen::of(&DEPRECATED, item, evidence)));
    }
}

fn of_pod(facts: &Facts<'_>, meta: &Value, spec: &Value, seen: &mut Vec<String>) {
    for (name, _) in entries(meta, &["annotations"]) {
        let known = OF_PODS.iter().find(|(begin, since, _)| name.starts_with(begin) && facts.reaches(*since));
        seen.extend(known.map(|(_, _, said)| format!("annotation {name}: {said}")));
    }
    for (label, _) in entries(spec, &["nodeSelector"]) {
        seen.extend(of_label(facts, "nodeSelector", label));
    }
    let affinity = &spec["affinity"]["nodeAffinity"];
    let terms = list(affinity, &["requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"])
        .chain(
            list(affinity, &["preferredDuringSchedulingIgnoredDuringExecution"]).map(|it| &it["preference"]),
        );
    for one in terms.flat_map(|term| list(term, &["matchExpressions"])) {
        seen.extend(of_label(facts, "nodeAffinity", text(one, &["key"])));
    }
    for one in list(spec, &["topologySpreadConstraints"]) {
        seen.extend(of_label(facts, "topologySpreadConstraints", text(one, &["topologyKey"])));
    }
    for side in ["podAffinity", "podAntiAffinity"] {
        let rules = &spec["affinity"][side];
        let hard = list(rules, &["requiredDuringSchedulingIgnoredDuringExecution"]);
        let soft = list(rules, &["preferredDuringSchedulingIgnoredDuringExecution"])
            .map(|it| &it["podAffinityTerm"]);
        for one in hard.chain(soft) {
            seen.extend(of_label(facts, side, text(one, &["topologyKey"])));
        }
    }
}

fn of_label(facts: &Facts<'_>, place: &str, label: &str) -> Option<String> {
    let (label, since, new) =
        LABELS.iter().find(|(known, since, _)| *known == label && facts.reaches(*since))?;
    Some(format!("{place} uses label {label}: deprecated since 1.{since}, use {new}"))
}

fn of_kind(facts: &Facts<'_>, item: &Item, seen: &mut Vec<String>) {
    let kind = item.kind();
    for (_, name, since, said) in OF_KINDS.iter().filter(|(of, ..)| *of == kind) {
        if item.object["metadata"]["annotations"][*name].is_string() && facts.reaches(*since) {
            seen.push(format!("annotation {name}: {said}"));
        }
    }
    for (_, path, value, since, said) in FIELDS.iter().filter(|(of, ..)| *of == kind) {
        if text(&item.object, path) == *value && facts.reaches(*since) {
            seen.push(format!("{} is {value}: {said}", path.join(".")));
        }
    }
    let expressions: Vec<&Value> = match kind {
        "PersistentVolume" => list(&item.object, &["spec", "nodeAffinity", "required", "nodeSelectorTerms"])
            .flat_map(|term| list(term, &["matchExpressions"]))
            .collect(),
        "StorageClass" => list(&item.object, &["allowedTopologies"])
            .flat_map(|term| list(term, &["matchLabelExpressions"]))
            .collect(),
        _ => Vec::new(),
    };
    for one in expressions {
        seen.extend(of_label(facts, "the choice of nodes", text(one, &["key"])));
    }
    if kind == "RuntimeClass" {
        for (label, _) in entries(at(&item.object, &["scheduling"]), &["nodeSelector"]) {
            seen.extend(of_label(facts, "scheduling.nodeSelector", label));
        }
    }
}
