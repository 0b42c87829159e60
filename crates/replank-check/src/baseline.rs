//! Suppressions: findings that a team accepts, each with a reason and an expiry date.

use jiff::civil::Date;

use crate::catalogue;
use crate::finding::Finding;

/// One entry of a file of suppressions: which findings are accepted, why, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Id of the check.
    pub check: String,
    /// Kind of the objects; `None` means any.
    pub kind: Option<String>,
    /// Namespace of the objects, with an optional `*` at its end; `None` means any.
    pub namespace: Option<String>,
    /// Name of the objects, with an optional `*` at its end; `None` means any.
    pub name: Option<String>,
    /// Why the findings are accepted.
    pub reason: String,
    /// Last day on which it applies; `None` means without end.
    pub until: Option<Date>,
    /// File and line it comes from, for messages.
    pub place: String,
}

/// Findings by whether a suppression applies.
#[derive(Clone, Debug, Default)]
pub struct Sorted {
    /// Findings without a suppression.
    pub open: Vec<Finding>,
    /// Suppressed findings, each with its suppression.
    pub suppressed: Vec<(Finding, Suppression)>,
    /// Expired suppressions that would have applied to a finding.
    pub expired: Vec<Suppression>,
    /// Suppressions that apply to no finding.
    pub idle: Vec<Suppression>,
}

/// Sorts findings by whether a suppression applies on `today`.
pub fn sort(findings: Vec<Finding>, suppressions: &[Suppression], today: Date) -> Sorted {
    let mut sorted = Sorted::default();
    let mut used = vec![false; suppressions.len()];
    for finding in findings {
        let taking = |(_, it): &(usize, &Suppression)| it.takes(&finding);
        let mut fit =
            suppressions.iter().enumerate().filter(taking).inspect(|(index, _)| used[*index] = true);
        let valid = fit
            .by_ref()
            .find(|(_, it)| it.until.is_none_or(|until| today <= until))
            .map(|(_, it)| it.clone());
        drop(fit);
        match valid {
            Some(suppression) => sorted.suppressed.push((finding, suppression)),
            None => sorted.open.push(finding),
        }
    }
    for (suppression, used) in suppressions.iter().zip(used) {
        let has_passed = suppression.until.is_some_and(|until| until < today);
        match (used, has_passed) {
            (true, true) => sorted.expired.push(suppression.clone()),
            (true, false) => {}
            (false, _) => sorted.idle.push(suppression.clone()),
        }
    }
    sorted
}

impl Suppression {
    fn takes(&self, finding: &Finding) -> bool {
        let object = &finding.object;
        let is_kind = |kind: &String| *kind == object.kind || *kind == object.group_kind();
        self.check == finding.check.id
            && self.kind.as_ref().is_none_or(is_kind)
            && self.namespace.as_ref().is_none_or(|it| fits(it, &object.namespace))
            && self.name.as_ref().is_none_or(|it| fits(it, &object.name))
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => text.starts_with(begin),
        None => pattern == text,
    }
}

/// Whether a check has this id.
pub fn is_check(id: &str) -> bool {
    catalogue::by_id().iter().any(|check| check.id == id)
}

/// Ids of all checks, sorted.
pub fn ids() -> Vec<&'static str> {
    catalogue::by_id().into_iter().map(|check| check.id).collect()
}
