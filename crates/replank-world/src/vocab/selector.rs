//! Label selectors. What an absent or an empty selector means differs by user, and is said at the field that
//! holds it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::labels::Map;

/// A label selector: all requirements must hold, so an empty one matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    /// `matchLabels` and `matchExpressions` together.
    pub requirements: Vec<Requirement>,
}

/// One requirement on one label: an entry of `matchExpressions`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// The label key.
    pub key: Arc<str>,
    /// Operator and values.
    pub test: Test,
}

/// Operator and values of a requirement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Test {
    /// The label exists with one of these values.
    In(BTreeSet<Arc<str>>),
    /// The label is absent or has none of these values.
    NotIn(BTreeSet<Arc<str>>),
    /// The label exists.
    Exists,
    /// The label is absent.
    DoesNotExist,
    /// The value is an integer greater than this (node affinity only).
    Gt(i64),
    /// The value is an integer less than this (node affinity only).
    Lt(i64),
}

impl Selector {
    /// The selector that `matchLabels` stands for.
    pub fn of_labels(labels: &Map) -> Self {
        let requirement = |(key, value): (&Arc<str>, &Arc<str>)| Requirement {
            key: key.clone(),
            test: Test::In(BTreeSet::from([value.clone()])),
        };
        Self { requirements: labels.iter().map(requirement).collect() }
    }

    /// Whether the labels satisfy every requirement.
    pub fn matches(&self, labels: &Map) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }
}

impl Requirement {
    /// Whether the labels satisfy the requirement.
    pub fn matches(&self, labels: &Map) -> bool {
        let value = labels.get(&self.key);
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.test {
            Test::In(values) => value.is_some_and(|value| values.contains(value)),
            Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
            Test::Exists => value.is_some(),
            Test::DoesNotExist => value.is_none(),
            Test::Gt(bound) => number().is_some_and(|number| number > *bound),
            Test::Lt(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}
