//! Static pods that reference API objects.

use replank_core::version::Minor;
use serde_json::Value;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{list, text};
use crate::subject::Facts;

static REFERS: Check = Check {
    id: "static-pod-refers-to-api",
    severity: Severity::Breaks,
    meaning: "A static pod refers to a Secret, a ConfigMap, a claim or a service account. From 1.37 on a kubelet does not \
              run it.",
    advice: "Give it files of the node in their place, or make it a DaemonSet.",
    basis: "Changelog of Kubernetes 1.37",
};

pub(super) const CHECKS: &[&Check] = &[&REFERS];

/// Annotation of mirrors of static pods.
const MIRROR: &str = "kubernetes.io/config.mirror";
/// Volumes that reference API objects.
const VOLUMES: [&str; 4] = ["configMap", "secret", "persistentVolumeClaim", "ephemeral"];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.reaches(37) {
        return;
    }
    for pod in facts.live("", "Pod").filter(|pod| pod.object["metadata"]["annotations"][MIRROR].is_string()) {
        for what in references(&pod.object["spec"]) {
            findings.add(Seen::of(&REFERS, pod, format!("it refers to a {what}")).breaks_in(Some(Minor(37))));
        }
    }
}

fn references(spec: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for volume in list(spec, &["volumes"]) {
        let names = VOLUMES.iter().filter(|kind| volume[**kind].is_object());
        found.extend(names.map(|kind| format!("{kind} (volume {})", text(volume, &["name"]))));
    }
    for container in list(spec, &["containers"]).chain(list(spec, &["initContainers"])) {
        let from = list(container, &["envFrom"]).next().is_some();
        let of = |env: &Value| {
            env["valueFrom"]["secretKeyRef"].is_object() || env["valueFrom"]["configMapKeyRef"].is_object()
        };
        if from || list(container, &["env"]).any(of) {
            found.push(format!("Secret or ConfigMap (environment of {})", text(container, &["name"])));
        }
    }
    if !matches!(text(spec, &["serviceAccountName"]), "" | "default") {
        found.push("service account".to_owned());
    }
    found
}
