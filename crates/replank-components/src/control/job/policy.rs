//! `podFailurePolicy`: what a failed pod means for its Job (Kubernetes: `matchPodFailurePolicy`).

use replank_world::object::{FailureAction, FailureOn, FailureRule, Job, Pod};

/// What a failed pod means for its Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It counts against the back-off limit.
    Counts,
    /// It counts, and its index has failed for good.
    FailsIndex,
    /// It does not count.
    Ignored,
    /// The Job fails, with this message.
    FailsJob(String),
}

/// Exit code taken for a container that was stopped: 128 + SIGTERM.
const STOPPED: i64 = 143;
/// Exit code taken for a container that crashed.
const CRASHED: i64 = 1;

/// The action of the first rule that matches; without a match the failure counts.
pub(super) fn verdict(job: &Job, pod: &Pod) -> Verdict {
    let Some((number, rule, what)) = deciding(job, pod) else { return Verdict::Counts };
    match rule.action {
        FailureAction::Ignore => Verdict::Ignored,
        FailureAction::FailIndex if job.backoff_per_index.is_some() => Verdict::FailsIndex,
        FailureAction::Count | FailureAction::FailIndex => Verdict::Counts,
        FailureAction::FailJob => {
            let pod = format!("{}/{}", pod.meta.namespace, pod.meta.name);
            let subject = match what {
                Met::ExitCode(code) => format!("Container for pod {pod} failed with exit code {code}"),
                Met::Condition(kind) => format!("Pod {pod} has condition {kind}"),
            };
            Verdict::FailsJob(format!("{subject} matching FailJob rule at index {number}"))
        }
    }
}

/// The first rule that matches, its number from 0, and what it matched.
pub(super) fn deciding<'j>(job: &'j Job, pod: &Pod) -> Option<(usize, &'j FailureRule, Met<'j>)> {
    let mut rules = job.failure_policy.iter().enumerate();
    rules.find_map(|(number, rule)| Some((number, rule, matching(&rule.on, pod)?)))
}

/// The condition of a rule that matched.
pub(super) enum Met<'a> {
    ExitCode(i64),
    Condition(&'a str),
}

fn matching<'a>(on: &'a FailureOn, pod: &Pod) -> Option<Met<'a>> {
    match on {
        FailureOn::ExitCodes { not_in, values } => {
            // A pod that never ran has no exit code.
            let code = if pod.terminating() { STOPPED } else { CRASHED };
            let matches = pod.started_at.is_some() && values.contains(&code) != *not_in;
            matches.then_some(Met::ExitCode(code))
        }
        FailureOn::Conditions(kinds) => {
            let has =
                |kind: &&std::sync::Arc<str>| &***kind == "DisruptionTarget" && pod.disruption.is_some();
            kinds.iter().find(has).map(|kind| Met::Condition(kind))
        }
    }
}
