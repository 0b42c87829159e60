//! Deprecated APIs that clients still use.

use replank_core::version::Minor;

use crate::apis;
use crate::finding::{Check, Severity, Source};
use crate::findings::{Findings, Seen};
use crate::object::Name;
use crate::subject::Facts;

static REQUESTED: Check = Check {
    id: "api-still-requested",
    severity: Severity::Breaks,
    meaning: "Since the API server began, a client asked it for a version of an API that the target does not serve. \
              The count says that, not who: the audit log names the client (`k8s.io/deprecated` in its annotations).",
    advice: "Find the client in the audit log by its user agent and upgrade it before the cluster.",
    basis: "Metric apiserver_requested_deprecated_apis of the API server",
};

pub(super) const CHECKS: &[&Check] = &[&REQUESTED];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for requested in facts.subject.requested.iter().flatten() {
        let kind = apis::kind_of_resource(&requested.group, &requested.version, &requested.resource);
        let kind = kind.unwrap_or(&requested.resource);
        let removed = apis::find(&requested.group, &requested.version, kind).and_then(|api| api.removed_in);
        let removed = removed.or_else(|| Minor::parse(&requested.removed_release));
        // What goes at no known time, such as Endpoints, the control plane itself asks for in every cluster.
        let Some(removed) = removed else { continue };
        let severity = if removed <= facts.target.minor { Severity::Breaks } else { Severity::Warns };
        let api_version = match requested.group.as_str() {
            "" => requested.version.clone(),
            group => format!("{group}/{}", requested.version),
        };
        let name = Name::of("API", &format!("{api_version} {}", requested.resource));
        let evidence =
            format!("clients asked for {api_version} {}, which goes in {removed}", requested.resource);
        let replacement = apis::replacement(&requested.group, &requested.version, kind, facts.target.minor)
            .map(|(group, version, kind)| {
                format!("{group}/{version} {kind}").trim_start_matches('/').to_owned()
            });
        let seen = Seen::named(&REQUESTED, name, evidence).severity(severity).breaks_in(Some(removed));
        findings.add(seen.replacement(replacement).source(Source::Metric));
    }
}
