//! Findings as JSON. docs/reference/findings.md is generated from the texts in this file.

use replank_check::baseline::Suppression;
use replank_check::{Finding, Severity, Source};
use serde_json::{Map, Value, json};

use super::report::Report;

/// Members of the JSON object, as a section of the reference.
pub(crate) const SHAPE: &str = "\n## JSON\n\n`replank check -o json` prints one object.\n\n\
    | Member | What |\n| --- | --- |\n\
    | `target`, `cluster` | versions; `cluster` is `null` when no cluster was looked at |\n\
    | `verdict`, `counts` | all of it in a sentence; how many open findings of each severity |\n\
    | `findings` | open findings, the worst first |\n\
    | `suppressed` | findings that the baseline takes, with `reason` and `until` beside |\n\
    | `expired`, `idle` | entries of the baseline whose day has passed, and those that take nothing: `check`, `place`, \
    `reason`, `until` |\n\
    | `lookedAt`, `notLookedAt` | what was read, and what was not and why |\n\
    | `role` | the role that grants the rights that were lacking; empty when none were |\n\n\
    A finding has `id`, `severity`, `object` (`group`, `kind`, `namespace`, `name`), `sources` (each with `type`: \
    `live`, `manager`, `last-applied`, `file`, `release` or `metric`, its members, and `text`), `appliedBy`, `breaksIn` and \
    `replacement` (`null` when there is none), `evidence`, `advice`.\n\n\
    ## Exit codes\n\n0 when nothing is as bad as `--fail-on` says (`breaks` when it says nothing), 7 when something is, 2 \
    when a flag or a file is wrong. Suppressed findings do not count, and expired suppressions suppress nothing.\n";

/// The complete result of a check.
pub(super) fn whole(report: &Report) -> Value {
    let counts: Map<String, Value> = Severity::ALL
        .iter()
        .map(|severity| (severity.word().to_owned(), Value::from(report.count(*severity))))
        .collect();
    let suppressed = report.sorted.suppressed.iter().map(|(finding, by)| {
        let mut finding = one(finding);
        finding["reason"] = Value::from(by.reason.as_str());
        finding["until"] = json!(by.until.map(|day| day.to_string()));
        finding
    });
    json!({
        "target": report.target.to_string(),
        "cluster": report.cluster.map(|version| version.to_string()),
        "verdict": report.verdict(),
        "counts": counts,
        "findings": report.sorted.open.iter().map(one).collect::<Vec<_>>(),
        "suppressed": suppressed.collect::<Vec<_>>(),
        "expired": report.sorted.expired.iter().map(decision).collect::<Vec<_>>(),
        "idle": report.sorted.idle.iter().map(decision).collect::<Vec<_>>(),
        "lookedAt": report.at,
        "notLookedAt": report.unseen,
        "role": report.role,
    })
}

/// One finding.
pub(super) fn one(finding: &Finding) -> Value {
    let object = &finding.object;
    json!({
        "id": finding.check.id,
        "severity": finding.severity.word(),
        "object": {
            "group": object.group, "kind": object.kind, "namespace": object.namespace, "name": object.name,
        },
        "sources": finding.sources.iter().map(source).collect::<Vec<_>>(),
        "appliedBy": finding.applied_by,
        "breaksIn": finding.breaks_in.map(|minor| minor.to_string()),
        "replacement": finding.replacement,
        "evidence": finding.evidence,
        "advice": finding.advice,
    })
}

fn source(source: &Source) -> Value {
    let mut value = match source {
        Source::Live => json!({"type": "live"}),
        Source::Manager { manager, api_version, time } => {
            json!({"type": "manager", "manager": manager, "apiVersion": api_version, "time": time})
        }
        Source::LastApplied { api_version } => json!({"type": "last-applied", "apiVersion": api_version}),
        Source::File { place } => json!({"type": "file", "place": place}),
        Source::Release { release: (namespace, name), revision, status, hook } => json!({
            "type": "release", "namespace": namespace, "name": name, "revision": revision, "status": status, "hook": hook,
        }),
        Source::Metric => json!({"type": "metric"}),
    };
    value["text"] = Value::from(source.to_string());
    value
}

fn decision(it: &Suppression) -> Value {
    let until = it.until.map(|day| day.to_string());
    json!({"check": it.check, "place": it.place, "reason": it.reason, "until": until})
}
