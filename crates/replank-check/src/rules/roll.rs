//! Controllers that roll out, or roll out differently, because of the upgrade.

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::Name;
use crate::subject::Facts;
use crate::version::Version;

static RESTART: Check = Check {
    id: "statefulsets-restart",
    severity: Severity::Warns,
    meaning: "From 1.33 to 1.34.0 or 1.34.1 every StatefulSet is rolled over at once by the new control plane. 1.34.2 mends \
              it.",
    advice: "Go to 1.34.2 or later.",
    basis: "kubernetes/kubernetes#134773",
};
static UNAVAILABLE: Check = Check {
    id: "statefulset-max-unavailable",
    severity: Severity::Warns,
    meaning: "The StatefulSet has maxUnavailable, which the target heeds and the cluster does not, or the other way round: \
              its next rollout takes more, or fewer, pods down at a time. On: 1.35.0 to 1.35.3, and from 1.37 on.",
    advice: "Set maxUnavailable to what its pods bear, or take it out.",
    basis: "kubernetes/kubernetes#137904; sources of 1.34.4 to 1.38.0-beta.0",
};

pub(super) const CHECKS: &[&Check] = &[&RESTART, &UNAVAILABLE];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    let sets: Vec<_> = facts.live("apps", "StatefulSet").collect();
    if facts.cluster.is_some_and(|cluster| cluster.minor.0 == 33) && facts.target.minor.0 == 34 {
        match facts.target.patch {
            Some(0 | 1) => {
                for item in &sets {
                    findings.add(Seen::of(&RESTART, item, format!("the target is {}", facts.target)));
                }
            }
            Some(_) => {}
            None if sets.is_empty() => {}
            None => {
                let evidence = format!(
                    "{} StatefulSets, if the patch is 0 or 1; name it with --target 1.34.N",
                    sets.len()
                );
                let seen = Seen::named(&RESTART, Name::of("Cluster", "StatefulSets"), evidence);
                findings.add(seen.severity(Severity::Informs));
            }
        }
    }
    let Some(cluster) = facts.cluster else { return };
    if heeds(cluster) == heeds(facts.target) {
        return;
    }
    for item in sets {
        let most = &item.object["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"];
        if !most.is_null() && *most != 1 {
            let evidence = format!(
                "maxUnavailable is {most}; {cluster} heeds it: {}, {}: {}",
                yes(heeds(cluster)),
                facts.target,
                yes(heeds(facts.target))
            );
            findings.add(Seen::of(&UNAVAILABLE, item, evidence));
        }
    }
}

/// Whether a control plane supports `maxUnavailable` of StatefulSets. An unknown patch counts as the newest.
fn heeds(version: Version) -> bool {
    match version.minor.0 {
        0..=34 | 36 => false,
        35 => version.patch.is_some_and(|patch| patch <= 3),
        37.. => true,
    }
}

fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
