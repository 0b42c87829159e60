//! Feature gates and flags that components of the target do not know; a component with one of them does not start.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use replank_core::version::Minor;
use serde_json::Value;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{Item, entries, list, text, texts};
use crate::subject::{Facts, PodMaker};

static GATE: Check = Check {
    id: "feature-gate-removed",
    severity: Severity::Breaks,
    meaning: "A component is given a feature gate that its next version does not know. It does not start: a node with such a \
              kubelet never joins, kube-proxy crashes.",
    advice: "Take the gate out of the configuration before the component goes up.",
    basis: "Lists of features in kubernetes/kubernetes 1.32.9, 1.33.5, 1.34.4, 1.35.4, 1.36.3, 1.37.2, 1.38.0-beta.0: what \
            one has and the next has not",
};
static FLAG: Check = Check {
    id: "flag-removed",
    severity: Severity::Breaks,
    meaning: "A component is given a flag that its next version does not know. It does not start.",
    advice: "Take the flag out before the component goes up.",
    basis: "Changelogs of Kubernetes",
};
static UNLIMITED: Check = Check {
    id: "event-rate-unlimited",
    severity: Severity::Warns,
    meaning: "The kubelet configuration has eventRecordQPS 0, which means no limit from 1.37 on: a node in trouble may \
              flood the API server with Events.",
    advice: "Set a number, such as the default 50.",
    basis: "Changelog of Kubernetes 1.37",
};

pub(super) const CHECKS: &[&Check] = &[&GATE, &FLAG, &UNLIMITED];

const TABLE: &str = include_str!("../../data/removed-gates.csv");
static GATES: LazyLock<BTreeMap<&'static str, Minor>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        line.split_once(',').and_then(|(gate, minor)| Some((gate, Minor::parse(minor)?)))
    };
    TABLE.lines().skip(1).filter_map(row).collect()
});

/// Removed flags: component, flag, first minor without it (from `cmd/*/app/options` of two minors).
const FLAGS: &[(&str, &str, u32)] = &[
    ("kubelet", "--container-runtime", 27),
    ("kubelet", "--cloud-config", 34),
    ("kubelet", "--register-schedulable", 34),
    ("kubelet", "--pod-infra-container-image", 35),
    ("kubelet", "--application-metrics-count-limit", 37),
    ("kubelet", "--boot-id-file", 37),
    ("kubelet", "--container-hints", 37),
    ("kubelet", "--containerd", 37),
    ("kubelet", "--containerd-namespace", 37),
    ("kubelet", "--enable-load-reader", 37),
    ("kubelet", "--event-storage-age-limit", 37),
    ("kubelet", "--event-storage-event-limit", 37),
    ("kubelet", "--global-housekeeping-interval", 37),
    ("kubelet", "--log-cadvisor-usage", 37),
    ("kubelet", "--machine-id-file", 37),
    ("kubelet", "--storage-driver-buffer-duration", 37),
    ("kubelet", "--storage-driver-db", 37),
    ("kubelet", "--storage-driver-host", 37),
    ("kubelet", "--storage-driver-password", 37),
    ("kubelet", "--storage-driver-secure", 37),
    ("kubelet", "--storage-driver-table", 37),
    ("kubelet", "--storage-driver-user", 37),
    ("kube-controller-manager", "--concurrent-service-syncs", 37),
];
/// Components whose flags are checked.
const COMPONENTS: &[&str] =
    &["kubelet", "kube-proxy", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for (group, kind) in [
        ("kubelet.config.k8s.io", "KubeletConfiguration"),
        ("kubeproxy.config.k8s.io", "KubeProxyConfiguration"),
    ] {
        for item in facts.of(group, kind) {
            for (gate, _) in entries(&item.object, &["featureGates"]) {
                removed(facts, item, gate, &format!("featureGates has {gate}"), findings);
            }
            if item.object["eventRecordQPS"] == 0 && facts.reaches(37) {
                findings.add(Seen::of(&UNLIMITED, item, "eventRecordQPS is 0").breaks_in(Some(Minor(37))));
            }
        }
    }
    for PodMaker { item, spec, .. } in facts.pods() {
        list(spec, &["containers"]).for_each(|container| of_container(facts, item, container, findings));
    }
}

fn removed(facts: &Facts<'_>, item: &Item, gate: &str, evidence: &str, findings: &mut Findings) {
    if let Some(minor) = GATES.get(gate).filter(|minor| **minor <= facts.target.minor) {
        let evidence = format!("{evidence}, gone in {minor}");
        findings.add(Seen::of(&GATE, item, evidence).breaks_in(Some(*minor)));
    }
}

/// Flags of a Kubernetes component that runs in a container.
fn of_container(facts: &Facts<'_>, item: &Item, container: &Value, findings: &mut Findings) {
    let words: Vec<&str> = texts(container, &["command"]).chain(texts(container, &["args"])).collect();
    let Some(first) = words.first() else { return };
    let program = first.rsplit('/').next().unwrap_or_default();
    // Without a command it is the image that says what runs.
    let image = text(container, &["image"]).rsplit('/').next().unwrap_or_default();
    let is_it = |name: &&&str| program == **name || image.split([':', '@']).next() == Some(**name);
    let Some(component) = COMPONENTS.iter().find(is_it) else { return };
    for (index, word) in words.iter().enumerate() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, value),
            None => (*word, words.get(index + 1).copied().unwrap_or_default()),
        };
        if flag == "--feature-gates" {
            for gate in value.split(',').filter_map(|gate| gate.split('=').next()) {
                removed(
                    facts,
                    item,
                    gate.trim(),
                    &format!("{component} is given --feature-gates {gate}"),
                    findings,
                );
            }
        }
        let gone =
            FLAGS.iter().find(|(of, name, minor)| of == component && *name == flag && facts.reaches(*minor));
        if let Some((_, _, minor)) = gone {
            let evidence = format!("{component} is given {flag}, gone in 1.{minor}");
            findings.add(Seen::of(&FLAG, item, evidence).breaks_in(Some(Minor(*minor))));
        }
    }
}
