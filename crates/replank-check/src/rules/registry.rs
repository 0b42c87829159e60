//! Images from a registry that is no longer maintained.

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{list, text};
use crate::subject::{Facts, PodMaker};

static FROZEN: Check = Check {
    id: "image-registry-frozen",
    severity: Severity::Warns,
    meaning: "The image comes from k8s.gcr.io, which was frozen in April 2023 and gets no new images; it may end at any time, \
              and a new node pulls its images anew.",
    advice: "Write registry.k8s.io in its place.",
    basis: "Kubernetes: announcement of registry.k8s.io, 2023-02-06",
};

pub(super) const CHECKS: &[&Check] = &[&FROZEN];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for PodMaker { item, spec, .. } in facts.pods() {
        for container in list(spec, &["containers"]).chain(list(spec, &["initContainers"])) {
            let image = text(container, &["image"]);
            if image.starts_with("k8s.gcr.io/") {
                findings.add(Seen::of(&FROZEN, item, format!("image {image}")));
            }
        }
    }
}
