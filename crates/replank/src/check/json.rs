//! Findings as JSON. docs/reference/findings.md is generated from the texts in this file.

use std::collections::BTreeMap;

use replank_check::baseline::Suppression;
use replank_check::{Finding, Name, Severity, Source};
use schemars::JsonSchema;
use serde::Serialize;

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
    | `unreadable` | documents that could not be read: file, line, column and mistake |\n\
    | `role`, `roleAgainst` | the roles that grant the rights that were lacking, on the cluster and on the server of \
    `--against`; empty when none were |\n\n\
    A finding has `id`, `severity`, `object` (`group`, `kind`, `namespace`, `name`), `sources` (each with `type`: \
    `live`, `manager`, `last-applied`, `file`, `release` or `metric`, its members, and `text`), `appliedBy`, `breaksIn` and \
    `replacement` (`null` when there is none), `evidence`, `advice`.\n\n\
    ## Exit codes\n\n0 when nothing is as bad as `--fail-on` says (`breaks` when it says nothing), 7 when something is, 2 \
    when a flag or a file is wrong. One document that cannot be read among others is named, the rest is checked, and the code \
    is 2 whatever is found. Suppressed findings do not count, and expired suppressions suppress nothing.\n";

/// The complete result of a check, as JSON.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Checked<'a> {
    /// Version that was checked for.
    target: String,
    /// Version of the control plane; null when no cluster was looked at.
    cluster: Option<String>,
    /// All of it in a sentence.
    verdict: String,
    /// Number of open findings by severity.
    counts: BTreeMap<&'static str, usize>,
    /// Open findings, the worst first.
    findings: Vec<Found<'a>>,
    /// Findings that the baseline takes.
    suppressed: Vec<Suppressed<'a>>,
    /// Entries of the baseline whose day has passed.
    expired: Vec<Decision<'a>>,
    /// Entries of the baseline that take nothing.
    idle: Vec<Decision<'a>>,
    /// What was read.
    looked_at: &'a [String],
    /// What was not read, and why.
    not_looked_at: &'a [String],
    /// Documents that could not be read: file, line, column and mistake.
    unreadable: &'a [String],
    /// Role that grants the rights that were lacking, as YAML; empty when none were.
    role: &'a str,
    /// The same for the server of `--against`.
    role_against: &'a str,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Found<'a> {
    /// Id of the check.
    id: &'a str,
    /// `blocks`, `breaks`, `warns` or `informs`.
    severity: &'static str,
    /// What it is about.
    object: About<'a>,
    /// Where it was seen.
    sources: Vec<Seen<'a>>,
    /// Clients and Helm releases that wrote it, as far as it tells.
    applied_by: &'a [String],
    /// Minor in which it stops working.
    breaks_in: Option<String>,
    /// API version that takes its place.
    replacement: Option<&'a str>,
    /// What shows it.
    evidence: &'a [String],
    /// What to do about it.
    advice: &'a str,
}

/// The object of a finding.
#[derive(Debug, Serialize, JsonSchema)]
struct About<'a> {
    group: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

/// A source of a finding, and the same in words.
#[derive(Debug, Serialize, JsonSchema)]
struct Seen<'a> {
    #[serde(flatten)]
    at: At<'a>,
    /// The source in words.
    text: String,
}

/// Where something was seen.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum At<'a> {
    /// An object of the cluster.
    Live,
    /// Its managed fields.
    Manager { manager: &'a str, api_version: &'a str, time: &'a str },
    /// Its last-applied annotation.
    LastApplied { api_version: &'a str },
    /// A file that was given.
    File { place: &'a str },
    /// A Helm release.
    Release { namespace: &'a str, name: &'a str, revision: u32, status: &'a str, hook: Option<&'a str> },
    /// The metric of deprecated requests.
    Metric,
}

/// A finding that the baseline takes.
#[derive(Debug, Serialize, JsonSchema)]
struct Suppressed<'a> {
    #[serde(flatten)]
    finding: Found<'a>,
    /// Reason that the baseline gives.
    reason: &'a str,
    /// Day until which it is taken.
    until: Option<String>,
}

/// An entry of the baseline.
#[derive(Debug, Serialize, JsonSchema)]
struct Decision<'a> {
    check: &'a str,
    place: &'a str,
    reason: &'a str,
    until: Option<String>,
}

/// The complete result of a check.
pub(super) fn whole(report: &Report) -> Checked<'_> {
    Checked {
        target: report.target.to_string(),
        cluster: report.cluster.map(|version| version.to_string()),
        verdict: report.verdict(),
        counts: Severity::ALL.iter().map(|severity| (severity.word(), report.count(*severity))).collect(),
        findings: report.sorted.open.iter().map(one).collect(),
        suppressed: report
            .sorted
            .suppressed
            .iter()
            .map(|(finding, by)| Suppressed { finding: one(finding), reason: &by.reason, until: until(by) })
            .collect(),
        expired: report.sorted.expired.iter().map(decision).collect(),
        idle: report.sorted.idle.iter().map(decision).collect(),
        looked_at: &report.at,
        not_looked_at: &report.unseen,
        unreadable: &report.broken,
        role: &report.role,
        role_against: &report.role_there,
    }
}

/// One finding.
fn one(finding: &Finding) -> Found<'_> {
    let Name { group, kind, namespace, name } = &finding.object;
    Found {
        id: finding.check.id,
        severity: finding.severity.word(),
        object: About { group, kind, namespace, name },
        sources: finding.sources.iter().map(|at| Seen { at: source(at), text: at.to_string() }).collect(),
        applied_by: &finding.applied_by,
        breaks_in: finding.breaks_in.map(|minor| minor.to_string()),
        replacement: finding.replacement.as_deref(),
        evidence: &finding.evidence,
        advice: &finding.advice,
    }
}

fn source(source: &Source) -> At<'_> {
    match source {
        Source::Live => At::Live,
        Source::Manager { manager, api_version, time } => At::Manager { manager, api_version, time },
        Source::LastApplied { api_version } => At::LastApplied { api_version },
        Source::File { place } => At::File { place },
        Source::Release { release: (namespace, name), revision, status, hook } => {
            At::Release { namespace, name, revision: *revision, status, hook: hook.as_deref() }
        }
        Source::Metric => At::Metric,
    }
}

fn decision(it: &Suppression) -> Decision<'_> {
    Decision { check: &it.check, place: &it.place, reason: &it.reason, until: until(it) }
}

fn until(it: &Suppression) -> Option<String> {
    it.until.map(|day| day.to_string())
}
