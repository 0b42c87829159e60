//! Takes over `status` from a snapshot, so that controllers see no change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use replank_formats::manifest::Object;
use replank_formats::snapshot::fields;
use replank_world::object::{BudgetCondition, BudgetStatus, Completion, Job};
use replank_world::time::Time;

/// The status of a budget.
pub(super) fn budget(given: &Value) -> BudgetStatus {
    let status = &given["status"];
    let disrupted = status["disruptedPods"].as_object().into_iter().flatten();
    let disrupted = disrupted.filter_map(|(pod, at)| Some((Arc::from(pod.as_str()), fields::time(at)?)));
    let condition = fields::condition(given, "DisruptionAllowed").and_then(|condition| {
        Some(match condition["reason"].as_str()? {
            "SufficientPods" => BudgetCondition::SufficientPods,
            "InsufficientPods" => BudgetCondition::InsufficientPods,
            "SyncFailed" => {
                BudgetCondition::SyncFailed(condition["message"].as_str().unwrap_or_default().into())
            }
            _ => return None,
        })
    });
    BudgetStatus {
        observed: status["observedGeneration"].as_u64().unwrap_or(0),
        allowed: fields::number(&status["disruptionsAllowed"]),
        healthy: fields::number(&status["currentHealthy"]),
        desired: fields::number(&status["desiredHealthy"]),
        expected: fields::number(&status["expectedPods"]),
        disrupted: disrupted.collect::<BTreeMap<Arc<str>, Time>>(),
        condition,
    }
}

/// Takes over the status of a workload.
pub(super) fn controller(object: &mut Object, given: &Value) {
    let status = &given["status"];
    let counts =
        || ["replicas", "readyReplicas", "availableReplicas"].map(|field| fields::number(&status[field]));
    match object {
        Object::Deployment(deployment) => {
            deployment.status = counts();
            deployment.updated = fields::number(&status["updatedReplicas"]);
            deployment.observed = status["observedGeneration"].as_u64().unwrap_or(0);
        }
        Object::ReplicaSet(set) => {
            set.status = counts();
            let revision = given["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str();
            set.revision = revision.and_then(|text| text.parse().ok()).unwrap_or(0);
        }
        Object::StatefulSet(set) => set.status = counts(),
        Object::DaemonSet(set) => set.observed = status["observedGeneration"].as_u64().unwrap_or(0),
        Object::Job(job) => self::job(job, given),
        _ => {}
    }
}

fn job(job: &mut Job, given: &Value) {
    let status = &given["status"];
    job.succeeded = fields::number(&status["succeeded"]);
    job.failed = fields::number(&status["failed"]);
    job.started_at = fields::time(&status["startTime"]);
    job.completed = indexes(&status["completedIndexes"]);
    job.failed_indexes = indexes(&status["failedIndexes"]);
    let is_true =
        |kind: &str| fields::condition(given, kind).filter(|condition| condition["status"] == "True");
    job.end = match (is_true("Complete"), is_true("Failed")) {
        (Some(_), _) => Some(Completion::Complete),
        (None, Some(failed)) => Some(match failed["reason"].as_str() {
            Some("DeadlineExceeded") => Completion::DeadlineExceeded,
            Some("PodFailurePolicy") => Completion::PodFailurePolicy,
            Some("FailedIndexes") => Completion::FailedIndexes,
            Some("MaxFailedIndexesExceeded") => Completion::MaxFailedIndexesExceeded,
            _ => Completion::BackoffLimitExceeded,
        }),
        (None, None) => None,
    };
    job.ended_at = fields::time(&status["completionTime"]).or(job.end.and(job.started_at));
}

/// Parses indexes such as `0-2,4`.
fn indexes(value: &Value) -> BTreeSet<i64> {
    let parts = value.as_str().unwrap_or_default().split(',').filter(|part| !part.is_empty());
    let ranges = parts.filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse::<i64>().ok()?..=last.parse::<i64>().ok()?)
    });
    ranges.flatten().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::indexes;

    #[test]
    fn indexes_are_ranges() {
        assert_eq!(indexes(&json!("0-2,4")).into_iter().collect::<Vec<_>>(), [0, 1, 2, 4]);
        assert_eq!(indexes(&json!("")).len(), 0);
        assert_eq!(indexes(&json!(null)).len(), 0);
    }
}
