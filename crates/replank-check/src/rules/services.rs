//! Deprecated fields of Services.

use replank_core::version::Minor;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{text, texts};
use crate::subject::Facts;

static BALANCER: Check = Check {
    id: "service-load-balancer-ip",
    severity: Severity::Warns,
    meaning: "The Service asks for its address by spec.loadBalancerIP, which is deprecated since 1.24 and ignored by many \
              clouds. The API server does not warn of it.",
    advice: "Use the annotation of your cloud for the address.",
    basis: "Kubernetes: core/v1 ServiceSpec",
};
static EXTERNAL: Check = Check {
    id: "service-external-ips",
    severity: Severity::Warns,
    meaning: "The Service has spec.externalIPs. The API server warns of it from 1.36 on, and any user who may make \
              Services can take traffic over with it (CVE-2020-8554).",
    advice: "Use a load balancer or a Gateway.",
    basis: "Changelog of Kubernetes 1.36",
};

pub(super) const CHECKS: &[&Check] = &[&BALANCER, &EXTERNAL];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for item in facts.of("", "Service") {
        let address = text(&item.object, &["spec", "loadBalancerIP"]);
        if !address.is_empty() && facts.reaches(24) {
            findings.add(Seen::of(&BALANCER, item, format!("spec.loadBalancerIP is {address}")));
        }
        let external: Vec<&str> = texts(&item.object, &["spec", "externalIPs"]).collect();
        if !external.is_empty() && facts.reaches(36) {
            let evidence = format!("spec.externalIPs has {}", external.join(", "));
            findings.add(Seen::of(&EXTERNAL, item, evidence).breaks_in(Some(Minor(36))));
        }
    }
}
