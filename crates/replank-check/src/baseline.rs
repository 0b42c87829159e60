//! Findings that somebody decided to live with: each with a reason, and until when.

use jiff::civil::Date;

use crate::catalogue;
use crate::finding::Finding;

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The id of the check.
    pub check: String,
    /// The kind; any when it is left out.
    pub kind: Option<String>,
    /// The namespace; any when it is left out. A star at the end stands for any ending.
    pub namespace: Option<String>,
    /// The name; any when it is left out. A star at the end stands for any ending.
    pub name: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it counts; for ever when it is left out.
    pub until: Option<Date>,
    /// Where it stands, for what is said of it.
    pub place: String,
}

/// Findings with what was decided of each.
#[derive(Clone, Debug, Default)]
pub struct Sorted {
    /// Findings that nobody decided on.
    pub open: Vec<Finding>,
    /// Findings that somebody lives with, and why.
    pub suppressed: Vec<(Finding, Suppression)>,
    /// Decisions whose day has passed and that would have taken findings.
    pub expired: Vec<Suppression>,
    /// Decisions that take nothing.
    pub idle: Vec<Suppression>,
}

/// Sorts findings by decisions. `today` is the day on which that is asked.
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

/// Whether there is a check with this id.
pub fn is_check(id: &str) -> bool {
    catalogue::by_id().iter().any(|check| check.id == id)
}

/// The ids of all checks.
pub fn ids() -> Vec<&'static str> {
    catalogue::by_id().into_iter().map(|check| check.id).collect()
}
