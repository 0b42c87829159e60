//! Pods that share a volume with different `SELinux` labels.

use std::collections::{BTreeMap, BTreeSet};

use replank_core::version::Minor;
use serde_json::Value;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{Item, list, text};
use crate::subject::{Facts, PodMaker};

static SHARED: Check = Check {
    id: "selinux-volume-shared",
    severity: Severity::Breaks,
    meaning: "Pods with different SELinux labels use one claim. From 1.37 on a volume is mounted with one label, so on one \
              node the second pod hangs in ContainerCreating.",
    advice: "Give these pods one label, or set seLinuxChangePolicy: Recursive in their securityContext.",
    basis: "Changelog of Kubernetes 1.37 (SELinuxMount)",
};

pub(super) const CHECKS: &[&Check] = &[&SHARED];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.reaches(37) {
        return;
    }
    let mut claims: BTreeMap<(String, &str), Vec<(&Item, BTreeSet<String>)>> = BTreeMap::new();
    for PodMaker { item, spec, .. } in facts.pods() {
        let labels = labels(spec);
        if labels.is_empty() || text(spec, &["securityContext", "seLinuxChangePolicy"]) == "Recursive" {
            continue;
        }
        for volume in list(spec, &["volumes"]) {
            let claim = text(volume, &["persistentVolumeClaim", "claimName"]);
            if !claim.is_empty() {
                claims.entry((item.name().namespace, claim)).or_default().push((item, labels.clone()));
            }
        }
    }
    for ((_, claim), users) in claims {
        let all: BTreeSet<&String> = users.iter().flat_map(|(_, labels)| labels).collect();
        if all.len() > 1 {
            let all: Vec<&str> = all.into_iter().map(String::as_str).collect();
            for (item, _) in &users {
                let evidence = format!("claim {claim} is used with {}", all.join(" and "));
                findings.add(Seen::of(&SHARED, item, evidence).breaks_in(Some(Minor(37))));
            }
        }
    }
}

/// `SELinux` levels of a pod and its containers.
fn labels(spec: &Value) -> BTreeSet<String> {
    let level = |of: &Value| text(of, &["securityContext", "seLinuxOptions", "level"]).to_owned();
    let of_pod = level(spec);
    let containers: Vec<String> = list(spec, &["containers"]).map(level).collect();
    let has_own = containers.iter().any(|level| !level.is_empty());
    let own = containers.into_iter().map(|own| if own.is_empty() { of_pod.clone() } else { own });
    let all: BTreeSet<String> = if has_own { own.collect() } else { BTreeSet::from([of_pod]) };
    all.into_iter().filter(|level| !level.is_empty()).collect()
}
