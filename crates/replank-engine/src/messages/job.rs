//! What evictions mean for Jobs, in words.

use replank_core::node_group::plan::{JobEffect, JobLoss};

/// What the eviction of a pod does to its Job, as the predicate of a sentence that begins with the pod.
pub(super) fn evicted(loss: &JobLoss) -> String {
    let JobLoss { job, effect, failures, limit, index, .. } = loss;
    let of_index = index.map_or(String::new(), |index| format!(" of index {index}"));
    let by = by(loss);
    match effect {
        JobEffect::Ignored => {
            format!("runs Job {job}: its work begins again, and the eviction is no failure{by}")
        }
        JobEffect::Counts => format!(
            "runs Job {job}: its work begins again, and the eviction is failure {failures} of {limit}{of_index} that it may \
             have{by}"
        ),
        JobEffect::FailsIndex => {
            let index = index.map_or_else(|| "an index".to_owned(), |index| format!("index {index}"));
            format!(
                "runs Job {job}: the eviction fails {index} for good{}",
                or_limit(loss, "backoffLimitPerIndex")
            )
        }
        JobEffect::FailsJob => {
            format!("runs Job {job}: the eviction fails the Job{}", or_limit(loss, "backoffLimit"))
        }
    }
}

/// What to do where an eviction fails a Job or an index of it.
pub(super) fn advice(loss: &JobLoss) -> Option<String> {
    let JobLoss { job, effect, .. } = loss;
    match effect {
        JobEffect::Ignored | JobEffect::Counts => None,
        JobEffect::FailsIndex | JobEffect::FailsJob => Some(format!(
            "Begin when Job {job} is done, or wait for it with --wait-for-jobs; a first rule of podFailurePolicy that ignores \
             DisruptionTarget protects its next run."
        )),
    }
}

/// The rule that decides.
fn by(loss: &JobLoss) -> String {
    let Some(rule) = loss.rule else { return String::new() };
    let code = loss.exit_code.map_or(String::new(), |code| format!(" if it exits with {code}"));
    format!(" (rule {rule} of its podFailurePolicy{code})")
}

fn or_limit(loss: &JobLoss, name: &str) -> String {
    let JobLoss { failures, limit, .. } = loss;
    if loss.rule.is_none() { format!(": it is failure {failures}, and {name} is {limit}") } else { by(loss) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_effect_is_told_with_what_decides_it() {
        let loss = |effect, rule, failures, index| JobLoss {
            job: "sum".into(),
            effect,
            rule,
            exit_code: None,
            failures,
            limit: 2,
            index,
        };
        let asks = JobLoss { exit_code: Some(143), ..loss(JobEffect::FailsJob, Some(1), 1, None) };
        for (loss, told) in [
            (
                loss(JobEffect::Ignored, Some(2), 0, None),
                "its work begins again, and the eviction is no failure (rule 2 of its podFailurePolicy)",
            ),
            (
                loss(JobEffect::Counts, None, 1, Some(3)),
                "its work begins again, and the eviction is failure 1 of 2 of index 3 that it may have",
            ),
            (
                loss(JobEffect::FailsIndex, Some(1), 1, Some(3)),
                "the eviction fails index 3 for good (rule 1 of its podFailurePolicy)",
            ),
            (
                loss(JobEffect::FailsIndex, None, 3, Some(3)),
                "the eviction fails index 3 for good: it is failure 3, and backoffLimitPerIndex is 2",
            ),
            (
                loss(JobEffect::FailsJob, None, 3, None),
                "the eviction fails the Job: it is failure 3, and backoffLimit is 2",
            ),
            (asks, "the eviction fails the Job (rule 1 of its podFailurePolicy if it exits with 143)"),
        ] {
            assert_eq!(evicted(&loss), format!("runs Job sum: {told}"));
            let harms = matches!(loss.effect, JobEffect::FailsIndex | JobEffect::FailsJob);
            assert_eq!(advice(&loss).is_some(), harms, "{loss:?}");
        }
    }
}
