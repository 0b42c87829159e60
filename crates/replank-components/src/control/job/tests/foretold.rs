//! What is foretold of evictions, and what becomes of them.

use super::*;
use replank_core::node_group::plan::JobEffect;

/// What is foretold of an eviction and what then becomes of the Job, for each policy, with another failure counted before.
#[test]
fn what_is_foretold_of_an_eviction_comes_true() {
    use FailureAction::{Count, FailIndex, FailJob, Ignore};
    let stopped = || FailureOn::ExitCodes { not_in: false, values: [143].into() };
    let unless = || FailureOn::ExitCodes { not_in: true, values: [143].into() };
    for (policy, limit, indexed, rule_number, code, effect) in [
        (vec![], 6, false, None, None, JobEffect::Counts),
        (vec![], 1, false, None, None, JobEffect::FailsJob),
        (vec![rule(Ignore, disrupted())], 1, false, Some(1), None, JobEffect::Ignored),
        (vec![rule(Count, disrupted())], 6, false, Some(1), None, JobEffect::Counts),
        (vec![rule(FailJob, disrupted())], 6, false, Some(1), None, JobEffect::FailsJob),
        (
            vec![rule(FailJob, unless()), rule(FailJob, stopped())],
            6,
            false,
            Some(2),
            Some(143),
            JobEffect::FailsJob,
        ),
        (vec![rule(FailIndex, disrupted())], 6, false, Some(1), None, JobEffect::Counts),
        (vec![rule(FailIndex, disrupted())], 6, true, Some(1), None, JobEffect::FailsIndex),
        (vec![], 6, true, None, None, JobEffect::Counts),
        (vec![], 0, true, None, None, JobEffect::FailsIndex),
    ] {
        let case = format!("{policy:?}, limit {limit}, indexed {indexed}");
        let mut bench = Bench::new(1);
        let id = bench::job(&mut bench.world, "sum", |job| {
            job.replacement = PodReplacement::Failed;
            job.failure_policy = policy;
            job.failed = 1;
            if indexed {
                (job.indexed, job.completions, job.backoff_per_index) = (true, Some(1), Some(limit));
            } else {
                job.backoff_limit = limit;
            }
        });
        bench.settle();
        let pod = active(&bench, id)[0];
        bench.world.edit_pod(pod, |pod| pod.started_at = Some(Time(0)));
        let told = evicted::loss(&bench.world, pod, 0).expect("it has a Job");
        assert_eq!((told.effect, told.rule, told.exit_code), (effect, rule_number, code), "{case}");
        evict(&mut bench, pod);
        end(&mut bench, pod, Phase::Failed);
        bench.pass(Span::secs(15));
        let (ended, failed) = (job(&bench, id).end, job(&bench, id).failed);
        match effect {
            JobEffect::Ignored => assert_eq!((ended, failed), (None, 1), "{case}"),
            JobEffect::Counts => assert_eq!((ended, failed), (None, 2), "{case}"),
            JobEffect::FailsIndex => assert_eq!(ended, Some(Completion::FailedIndexes), "{case}"),
            JobEffect::FailsJob => assert!(ended.is_some_and(|end| end != Completion::Complete), "{case}"),
        }
    }
}
