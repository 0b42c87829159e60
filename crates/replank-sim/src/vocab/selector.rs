//! Label selectors, with the meanings of none and of empty that each user of them has.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::labels::Map;

/// A label selector: all requirements hold. Without any it selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    /// What must hold.
    pub requirements: Vec<Requirement>,
}

/// One requirement on one label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// The label.
    pub key: Arc<str>,
    /// What of it.
    pub test: Test,
}

/// What is required of a label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Test {
    /// One of these.
    In(BTreeSet<Arc<str>>),
    /// None of these; a missing label will do.
    NotIn(BTreeSet<Arc<str>>),
    /// There.
    Exists,
    /// Not there.
    DoesNotExist,
    /// A whole number above this (node affinity).
    Gt(i64),
    /// A whole number below this (node affinity).
    Lt(i64),
}

impl Selector {
    /// The selector of `matchLabels`.
    pub fn of_labels(labels: &Map) -> Self {
        let requirement = |(key, value): (&Arc<str>, &Arc<str>)| Requirement {
            key: key.clone(),
            test: Test::In(BTreeSet::from([value.clone()])),
        };
        Self { requirements: labels.iter().map(requirement).collect() }
    }

    /// Whether the labels fulfil every requirement.
    pub fn matches(&self, labels: &Map) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }
}

impl Requirement {
    /// Whether the labels fulfil it.
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
