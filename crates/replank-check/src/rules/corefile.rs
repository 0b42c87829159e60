//! The Corefile against the CoreDNS of the target.

use replank_core::version::Minor;

use crate::corefile::{Gone, gone, of_minor, uses};
use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{list, text, texts};
use crate::subject::Facts;

static REMOVED: Check = Check {
    id: "corefile-plugin-removed",
    severity: Severity::Breaks,
    meaning: "The Corefile uses a plugin or an option that the CoreDNS of the target does not know: CoreDNS does not start, \
              and names are not resolved any more. A leftover stays when the migration was not done version by version.",
    advice: "Replace it in the ConfigMap coredns of kube-system (in the add-on's configuration values where EKS manages it).",
    basis: "CoreDNS release notes; corefile-migration 1.0.36; CoreDNS that kubeadm and EKS install",
};
static BROKEN: Check = Check {
    id: "corefile-broken",
    severity: Severity::Breaks,
    meaning: "The braces of the Corefile do not match: the next start of CoreDNS fails, and an add-on update starts it.",
    advice: "Mend the ConfigMap coredns of kube-system.",
    basis: "CoreDNS: Caddyfile syntax",
};

static ROLE: Check = Check {
    id: "coredns-role-too-narrow",
    severity: Severity::Breaks,
    meaning: "The ClusterRole of CoreDNS does not let it list and watch EndpointSlices, which the CoreDNS of the target reads \
              in place of Endpoints: it starts and does not become Ready.",
    advice: "Add list and watch on endpointslices of discovery.k8s.io to the ClusterRole system:coredns.",
    basis: "CoreDNS 1.11 and later; EKS: managing CoreDNS",
};

pub(super) const CHECKS: &[&Check] = &[&REMOVED, &BROKEN, &ROLE];

/// First minor whose CoreDNS reads EndpointSlices only.
const SLICES_FROM: u32 = 29;

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    role(facts, findings);
    corefile(facts, findings);
}

fn role(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.reaches(SLICES_FROM) {
        return;
    }
    let roles = facts.of("rbac.authorization.k8s.io", "ClusterRole");
    for item in roles.filter(|item| item.own_name() == "system:coredns" && item.object["rules"].is_array()) {
        let grants = |verb: &str| {
            list(&item.object, &["rules"]).any(|rule| {
                let has =
                    |field: &str, wanted: &str| texts(rule, &[field]).any(|it| it == wanted || it == "*");
                has("apiGroups", "discovery.k8s.io")
                    && has("resources", "endpointslices")
                    && has("verbs", verb)
            })
        };
        if !grants("list") || !grants("watch") {
            let seen = Seen::of(&ROLE, item, "it grants no list and watch on endpointslices");
            findings.add(seen.breaks_in(Some(Minor(SLICES_FROM))));
        }
    }
}

fn corefile(facts: &Facts<'_>, findings: &mut Findings) {
    for item in facts.of("", "ConfigMap") {
        if !item.own_name().starts_with("coredns") {
            continue;
        }
        let corefile = text(&item.object, &["data", "Corefile"]);
        let coming = of_minor(facts.target.minor);
        let (used, is_balanced) = uses(corefile);
        if !is_balanced {
            findings.add(Seen::of(
                &BROKEN,
                item,
                "an opening brace has no closing one, or the other way round",
            ));
        }
        for used in used {
            let Some(Gone { since, way }) = gone(&used, coming) else { continue };
            let what = used
                .within
                .map_or(format!("plugin {}", used.word), |it| format!("option {} of {it}", used.word));
            let evidence = format!(
                "line {}: {what} is gone since CoreDNS {}.{}.{}: {way}",
                used.line, since.0, since.1, since.2
            );
            findings.add(Seen::of(&REMOVED, item, evidence));
        }
    }
}
