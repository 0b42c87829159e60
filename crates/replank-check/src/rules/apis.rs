//! API versions that the target no longer serves, or warns about.

use replank_core::version::Minor;

use crate::apis::{self, Api};
use crate::finding::{Check, Severity, Source};
use crate::findings::{Findings, Seen};
use crate::managed::traces;
use crate::object::{Item, Origin, group_version, printable, text};
use crate::subject::Facts;

static REMOVED: Check = Check {
    id: "api-removed",
    severity: Severity::Breaks,
    meaning: "The object is applied in a version of its API that the target does not serve. What is in the cluster \
              stays; whoever applies it so next fails. A Helm release that holds it cannot be upgraded: Helm fails with \
              `unable to build kubernetes objects from current release manifest`.",
    advice: "Write the replacement into what applies it, and apply it before the upgrade.",
    basis: "Lifecycle marks in k8s.io/api; deprecation guide of Kubernetes",
};
static DEPRECATED: Check = Check {
    id: "api-deprecated",
    severity: Severity::Warns,
    meaning: "The object is applied in a version of its API that the target still serves and a later one does not.",
    advice: "Write the replacement into what applies it when you next touch it.",
    basis: "Lifecycle marks in k8s.io/api; deprecation guide of Kubernetes",
};
static PAST: Check = Check {
    id: "api-in-past-revision",
    severity: Severity::Informs,
    meaning: "A superseded revision of a Helm release holds a version of an API that the target does not serve. \
              `helm rollback` to it fails afterwards; nothing else reads it.",
    advice: "Nothing, unless you would roll back so far.",
    basis: "Seen with Helm 3.22 and 4.3",
};
static LEFTOVER: Check = Check {
    id: "object-must-go-first",
    severity: Severity::Blocks,
    meaning: "The object is stored in an alpha version that the target cannot read any more, and has no successor that \
              takes it over: once upgraded, nobody can delete it through the API.",
    advice: "Delete it before the control plane goes up.",
    basis: "Changelog of Kubernetes 1.37 on scheduling.k8s.io/v1alpha2",
};

pub(super) const CHECKS: &[&Check] = &[&REMOVED, &DEPRECATED, &PAST, &LEFTOVER];

/// Stored versions that must be gone before a minor: group, version, minor.
const MUST_GO: &[(&str, &str, u32)] = &[("scheduling.k8s.io", "v1alpha2", 37)];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for item in &facts.subject.items {
        leftover(facts, item, findings);
        if item.is_printed_by_server() {
            by_traces(facts, item, findings);
        } else if let Some(seen) = judge(facts, item, item.api_version(), item.kind()) {
            findings.add(seen);
        }
    }
}

/// Deprecated versions in present use, from the traces in a live object.
fn by_traces(facts: &Facts<'_>, item: &Item, findings: &mut Findings) {
    let kind = item.kind();
    let is_old = |api_version: &str| {
        let (group, version) = group_version(api_version);
        apis::find(group, version, kind).is_some()
    };
    let traces = traces(&item.object, is_old);
    for write in traces.writes {
        if let Some(seen) = judge(facts, item, write.api_version, kind) {
            let source = Source::Manager {
                manager: printable(write.manager),
                api_version: printable(write.api_version),
                time: printable(write.time),
            };
            findings.add(seen.source(source).applied_by(write.manager));
        }
    }
    let Some(applied) = traces.last_applied else { return };
    let (api_version, kind) = (text(&applied, &["apiVersion"]), text(&applied, &["kind"]));
    if let Some(seen) = judge(facts, item, api_version, kind) {
        findings.add(
            seen.source(Source::LastApplied { api_version: api_version.to_owned() })
                .applied_by("kubectl apply"),
        );
    }
}

fn judge(facts: &Facts<'_>, item: &Item, api_version: &str, kind: &str) -> Option<Seen> {
    let (group, version) = group_version(api_version);
    let api = apis::find(group, version, kind)?;
    let target = facts.target.minor;
    let is_removed = api.removed_in.is_some_and(|removed| removed <= target);
    let is_deprecated = match api.deprecated_in {
        Some(deprecated) => deprecated <= target,
        None => api.removed_in.is_some(),
    };
    let check = match (item.is_current(), is_removed, is_deprecated) {
        (true, true, _) => &REMOVED,
        (true, false, true) => &DEPRECATED,
        (false, true, _) => &PAST,
        (_, false, _) => return None,
    };
    let replacement = apis::replacement(group, version, kind, target);
    let shown = replacement.map(|(group, version, kind)| {
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        format!("{api_version} {kind}")
    });
    let evidence =
        format!("{api_version} {kind} {}", fate(&api, target, facts.cluster.map(|version| version.minor)));
    let advice = advice(check, item, shown.as_deref());
    let severity =
        if check == &DEPRECATED && api.removed_in.is_none() { Severity::Informs } else { check.severity };
    let seen =
        Seen::of(check, item, evidence).severity(severity).breaks_in(api.removed_in).replacement(shown);
    Some(seen.advice(&advice))
}

fn fate(api: &Api, target: Minor, cluster: Option<Minor>) -> String {
    match (api.removed_in, api.deprecated_in) {
        (Some(removed), _) if cluster.is_some_and(|cluster| removed <= cluster) => {
            format!("is not served since {removed}: the cluster has it no more")
        }
        (Some(removed), _) if removed <= target => format!("is not served from {removed} on"),
        (Some(removed), Some(deprecated)) => {
            format!("is deprecated since {deprecated} and goes in {removed}")
        }
        (Some(removed), None) => format!("goes in {removed}"),
        (None, Some(deprecated)) => {
            format!("is deprecated since {deprecated}; when it goes is not announced")
        }
        (None, None) => "is deprecated".to_owned(),
    }
}

fn advice(check: &'static Check, item: &Item, replacement: Option<&str>) -> String {
    if check == &PAST {
        return check.advice.to_owned();
    }
    let write = match replacement {
        Some(replacement) => format!("write {replacement}"),
        None => "it has no successor: remove it".to_owned(),
    };
    match &item.origin {
        Origin::Release { release: (namespace, name), .. } => format!(
            "Upgrade Helm release {namespace}/{name} to a chart without it ({write}) before the cluster; if the API is \
             gone already, map the stored release (helm plugin mapkubeapis)."
        ),
        Origin::Live | Origin::File { .. } => {
            let write = write.replacen("write", "Write", 1).replacen("it has", "It has", 1);
            format!("{write}, and apply it before the upgrade.")
        }
    }
}

/// Live objects in a version that must be empty before the upgrade.
fn leftover(facts: &Facts<'_>, item: &Item, findings: &mut Findings) {
    let (group, version) = group_version(item.api_version());
    let goes = MUST_GO.iter().find(|(g, v, _)| *g == group && *v == version);
    let Some((_, _, minor)) = goes else { return };
    if item.is_printed_by_server() && facts.reaches(*minor) {
        let evidence = format!("it is stored as {group}/{version}, which 1.{minor} does not know");
        findings.add(Seen::of(&LEFTOVER, item, evidence).breaks_in(Some(Minor(*minor))));
    }
}
