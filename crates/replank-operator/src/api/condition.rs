//! Conditions in the status of a custom resource (Kubernetes: `meta/v1.Condition`), as kstatus, Argo CD, Flux and
//! `kubectl wait` read them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A statement about the object that clients can wait for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Which condition.
    #[serde(rename = "type")]
    pub kind: ConditionType,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Why, as one word for programs.
    pub reason: String,
    /// Why, in a sentence.
    pub message: String,
    /// When the status changed last, in RFC 3339.
    pub last_transition_time: String,
    /// Generation of the spec that it is about.
    pub observed_generation: Option<i64>,
}

/// Conditions that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum ConditionType {
    /// What is declared is done.
    Ready,
    /// It is being worked on.
    Reconciling,
    /// It does not go on without a person.
    Stalled,
    /// The update has replaced every node.
    Succeeded,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ConditionStatus {
    /// It does.
    True,
    /// It does not.
    False,
    /// That is not known yet.
    Unknown,
}

impl From<bool> for ConditionStatus {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// The conditions with times: one whose status is as before keeps the time of before.
pub(crate) fn timed(fresh: Vec<Condition>, before: &[Condition]) -> Vec<Condition> {
    let as_before =
        |one: Condition| match before.iter().find(|it| it.kind == one.kind && it.status == one.status) {
            Some(same) => Condition { last_transition_time: same.last_transition_time.clone(), ..one },
            None => one,
        };
    fresh.into_iter().map(as_before).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_changes_with_the_status_alone() {
        let condition = |status, reason: &str, at: &str| Condition {
            kind: ConditionType::Ready,
            status,
            reason: reason.into(),
            message: String::new(),
            last_transition_time: at.into(),
            observed_generation: None,
        };
        let before = [condition(ConditionStatus::False, "Planning", "then")];
        let kept = timed(vec![condition(ConditionStatus::False, "Running", "now")], &before);
        assert_eq!((kept[0].reason.as_str(), kept[0].last_transition_time.as_str()), ("Running", "then"));
        let changed = timed(vec![condition(ConditionStatus::True, "Done", "now")], &before);
        assert_eq!(changed[0].last_transition_time, "now");
    }
}
