//! Docker as container runtime, and what depends on it.

use replank_core::version::Minor;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{list, text};
use crate::subject::{Facts, PodMaker};

static RUNTIME: Check = Check {
    id: "docker-runtime",
    severity: Severity::Breaks,
    meaning: "The node runs its containers by Docker, and kubelets from 1.24 on have no way to speak to it.",
    advice: "Take an image with containerd when you replace the node.",
    basis: "Changelog of Kubernetes 1.24 (dockershim)",
};
static SOCKET: Check = Check {
    id: "docker-socket-mounted",
    severity: Severity::Breaks,
    meaning: "The pod mounts the socket of Docker from its node. From 1.24 on there is none on nodes without Docker: the pod \
              does not start, or finds nothing there.",
    advice: "Build images with a tool that needs no daemon, or speak to containerd.",
    basis: "Changelog of Kubernetes 1.24 (dockershim)",
};

pub(super) const CHECKS: &[&Check] = &[&RUNTIME, &SOCKET];

const SOCKETS: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.reaches(24) {
        return;
    }
    for node in facts.live("", "Node") {
        let runtime = text(&node.object, &["status", "nodeInfo", "containerRuntimeVersion"]);
        if runtime.starts_with("docker://") {
            findings.add(Seen::of(&RUNTIME, node, format!("it runs {runtime}")).breaks_in(Some(Minor(24))));
        }
    }
    for PodMaker { item, spec, .. } in facts.pods() {
        for volume in list(spec, &["volumes"]) {
            let path = text(volume, &["hostPath", "path"]);
            if SOCKETS.contains(&path) {
                let evidence = format!("volume {} is {path}", text(volume, &["name"]));
                findings.add(Seen::of(&SOCKET, item, evidence).breaks_in(Some(Minor(24))));
            }
        }
    }
}
