//! Collects findings: one per object and check, with all its sources.

use std::collections::BTreeMap;

use replank_core::version::Minor;

use crate::finding::{Check, Finding, Severity, Source};
use crate::object::{Item, Name, Origin, printable};

/// What a rule found in an object.
pub(crate) struct Seen {
    check: &'static Check,
    severity: Severity,
    object: Name,
    sources: Vec<Source>,
    applied_by: Vec<String>,
    breaks_in: Option<Minor>,
    replacement: Option<String>,
    evidence: String,
    advice: Option<String>,
}

impl Seen {
    /// A finding about an object.
    pub(crate) fn of(check: &'static Check, item: &Item, evidence: impl Into<String>) -> Self {
        let seen = Self::named(check, item.name(), evidence);
        let (source, by) = match &item.origin {
            Origin::Live => (Source::Live, None),
            Origin::File { place } => (Source::File { place: place.clone() }, None),
            Origin::Release { release, revision, status, hook, .. } => (
                Source::Release {
                    release: (printable(&release.0), printable(&release.1)),
                    revision: *revision,
                    status: printable(status),
                    hook: hook.as_deref().map(printable),
                },
                Some(printable(&format!("Helm release {}/{}", release.0, release.1))),
            ),
        };
        Self { sources: vec![source], applied_by: by.into_iter().collect(), ..seen }
    }

    /// A finding about something that is no API object, or that is known by name only.
    pub(crate) fn named(check: &'static Check, object: Name, evidence: impl Into<String>) -> Self {
        Self {
            check,
            severity: check.severity,
            object,
            sources: Vec::new(),
            applied_by: Vec::new(),
            breaks_in: None,
            replacement: None,
            evidence: printable(&evidence.into()),
            advice: None,
        }
    }

    pub(crate) fn severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    pub(crate) fn breaks_in(self, minor: Option<Minor>) -> Self {
        Self { breaks_in: minor, ..self }
    }

    pub(crate) fn replacement(self, replacement: Option<String>) -> Self {
        Self { replacement, ..self }
    }

    pub(crate) fn advice(self, advice: &str) -> Self {
        Self { advice: Some(printable(advice)), ..self }
    }

    pub(crate) fn source(self, source: Source) -> Self {
        Self { sources: vec![source], ..self }
    }

    pub(crate) fn applied_by(self, who: &str) -> Self {
        Self { applied_by: vec![printable(who)], ..self }
    }
}

/// Findings by object and check.
#[derive(Default)]
pub(crate) struct Findings(BTreeMap<(Name, &'static str), Finding>);

impl Findings {
    /// Adds to the finding of the object, or makes one.
    pub(crate) fn add(&mut self, seen: Seen) {
        let key = (seen.object.clone(), seen.check.id);
        let finding = self.0.entry(key).or_insert_with(|| Finding {
            check: seen.check,
            severity: seen.severity,
            object: seen.object,
            sources: Vec::new(),
            applied_by: Vec::new(),
            breaks_in: None,
            replacement: None,
            evidence: Vec::new(),
            advice: String::new(),
        });
        finding.severity = finding.severity.max(seen.severity);
        seen.sources.into_iter().for_each(|source| once(&mut finding.sources, source));
        seen.applied_by.into_iter().for_each(|who| once(&mut finding.applied_by, who));
        once(&mut finding.evidence, seen.evidence);
        // The earliest break is the one that counts, and goes with its replacement.
        if finding.breaks_in.is_none_or(|known| seen.breaks_in.is_some_and(|minor| minor < known)) {
            finding.breaks_in = seen.breaks_in.or(finding.breaks_in);
            finding.replacement = seen.replacement.or(finding.replacement.take());
        }
        let advice = seen.advice.unwrap_or_else(|| seen.check.advice.to_owned());
        if finding.advice.is_empty() {
            finding.advice = advice;
        } else if !finding.advice.contains(&advice) {
            finding.advice = format!("{} {advice}", finding.advice);
        }
    }

    /// All findings: worst first, then by check and object.
    pub(crate) fn sorted(self) -> Vec<Finding> {
        let mut all: Vec<Finding> = self.0.into_values().collect();
        all.sort_by(|a, b| {
            let key = |it: &Finding| (std::cmp::Reverse(it.severity), it.check.id);
            key(a).cmp(&key(b)).then_with(|| a.object.cmp(&b.object))
        });
        all
    }
}

fn once<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
