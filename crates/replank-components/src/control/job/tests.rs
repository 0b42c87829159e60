//! Cases of `control::job`: tables of what is given and what must come of it.

mod foretold;

use super::*;
use crate::control::bench::{self, Bench};
use replank_core::behaviour::ServerVersion;
use replank_world::object::{Completion, FailureAction, FailureOn, FailureRule, Phase};
use replank_world::time::Time;

fn active(bench: &Bench, id: JobId) -> Vec<PodId> {
    let pods = bench.pods(Ref::Job(id)).into_iter();
    pods.filter(|pod| is(&bench.world, *pod, Pod::active)).collect()
}

fn end(bench: &mut Bench, pod: PodId, phase: Phase) {
    let now = bench.world.now;
    bench.world.edit_pod(pod, |pod| {
        (pod.phase, pod.finished_at, pod.ready.is) = (phase, Some(now), false);
    });
}

fn evict(bench: &mut Bench, pod: PodId) -> Time {
    bench.world.edit_pod(pod, |pod| pod.disruption = Some("EvictionByEvictionAPI"));
    make::delete(&mut bench.world, pod);
    bench.world.now
}

fn job(bench: &Bench, id: JobId) -> &Job {
    bench.world.store.jobs.get(id).unwrap()
}

/// Passes time until the job has `count` active pods; seconds since `start`.
fn until_active(bench: &mut Bench, id: JobId, count: usize, start: Time) -> f64 {
    for _ in 0..20_000 {
        if active(bench, id).len() == count {
            break;
        }
        bench.pass(Span::millis(50));
    }
    (bench.world.now - start).0 as f64 / 1e6
}

#[test]
fn a_job_runs_until_enough_pods_ended_well() {
    let mut bench = Bench::new(2);
    let id = bench::job(&mut bench.world, "sum", |job| (job.parallelism, job.completions) = (2, Some(3)));
    bench.settle();
    assert_eq!(active(&bench, id).len(), 2);
    for left in [2, 1, 0] {
        let pod = active(&bench, id)[0];
        assert!(is(&bench.world, pod, tracked));
        end(&mut bench, pod, Phase::Succeeded);
        bench.settle();
        assert_eq!(active(&bench, id).len(), left.min(2));
        assert!(!is(&bench.world, pod, tracked), "counted");
    }
    assert_eq!((job(&bench, id).succeeded, job(&bench, id).end), (3, Some(Completion::Complete)));
}

#[test]
fn evicted_pods_are_replaced_after_a_pause_that_doubles() {
    let mut bench = Bench::new(2);
    let id = bench::job(&mut bench.world, "sum", |_| {});
    bench.settle();
    for pause in [10.0, 20.0, 40.0] {
        let pod = active(&bench, id)[0];
        let start = evict(&mut bench, pod);
        bench.pass(Span::millis(10));
        let waited = until_active(&mut bench, id, 1, start);
        assert!((pause..=pause + 1.2).contains(&waited), "{waited} for {pause}");
        bench.settle();
    }
    assert_eq!((job(&bench, id).failed, job(&bench, id).failures.0), (3, 3));
    // A success begins the count anew; the pause never exceeds ten minutes.
    assert_eq!(account::of(&bench.world, id).unwrap().succeeded, 0);
}

/// The pod goes when it has stopped, or only when its replacement is made.
#[test]
fn an_evicted_pod_is_held_while_a_sibling_stays_ready() {
    for (parallelism, held) in [(1, false), (2, true)] {
        let mut bench = Bench::new(2);
        let id = bench::job(&mut bench.world, "sum", |job| {
            (job.parallelism, job.completions) = (parallelism, Some(parallelism));
        });
        bench.settle();
        let pod = active(&bench, id)[0];
        let start = evict(&mut bench, pod);
        bench.pass(Span::secs(5));
        assert_eq!(bench.world.store.pods.get(pod).is_some(), held, "{parallelism}");
        let waited = until_active(&mut bench, id, parallelism as usize, start);
        assert!((10.0..11.2).contains(&waited), "{waited}");
        bench.pass(Span::millis(100));
        assert!(bench.world.store.pods.get(pod).is_none());
        assert_eq!(job(&bench, id).failed, 1);
    }
}

/// By version: whether the evicted pod is still held after 5 s, and when its replacement is made.
#[test]
fn later_versions_let_an_evicted_pod_go_at_once() {
    for (version, held, soonest, latest) in [
        (ServerVersion::of(34, 4), true, 10.0, 11.2),
        (ServerVersion::of(36, 1), true, 10.0, 11.2),
        (ServerVersion::of(36, 3), false, 9.0, 10.2),
        (ServerVersion::of(37, 2), false, 9.0, 10.2),
    ] {
        let mut bench = Bench::new(2);
        bench.world.known.version = version;
        let id = bench::job(&mut bench.world, "sum", |job| (job.parallelism, job.completions) = (2, Some(2)));
        bench.settle();
        let pod = active(&bench, id)[0];
        let start = evict(&mut bench, pod);
        bench.pass(Span::millis(1100));
        // Seen on 1.37.2: the finalizer goes while the pod still runs.
        assert_eq!(bench.world.store.pods.get(pod).is_some_and(tracked), held, "{version}");
        bench.pass(Span::millis(3900));
        assert_eq!(bench.world.store.pods.get(pod).is_some(), held, "{version}");
        let waited = until_active(&mut bench, id, 2, start);
        assert!((soonest..latest).contains(&waited), "{waited} on {version}");
    }
}

#[test]
fn policy_failed_waits_for_the_end_and_may_ignore_disruptions() {
    for (counts_disruption, failures) in [(true, 1), (false, 0)] {
        let mut bench = Bench::new(2);
        let id = bench::job(&mut bench.world, "sum", |job| {
            job.replacement = PodReplacement::Failed;
            if !counts_disruption {
                job.failure_policy = vec![rule(FailureAction::Ignore, disrupted())];
            }
        });
        bench.settle();
        let pod = active(&bench, id)[0];
        evict(&mut bench, pod);
        bench.pass(Span::secs(60));
        assert_eq!((active(&bench, id).len(), job(&bench, id).failed), (0, 0), "it has not ended");
        end(&mut bench, pod, Phase::Failed);
        bench.pass(Span::secs(15));
        assert_eq!((active(&bench, id).len(), job(&bench, id).failed), (1, failures));
        assert!(bench.world.store.pods.get(pod).is_none());
    }
}

#[test]
fn too_many_failures_end_the_job() {
    let mut bench = Bench::new(2);
    let id = bench::job(&mut bench.world, "sum", |job| {
        (job.backoff_limit, job.parallelism, job.completions) = (1, 2, Some(2));
    });
    bench.settle();
    let first = active(&bench, id)[0];
    evict(&mut bench, first);
    bench.settle();
    assert_eq!((job(&bench, id).end, active(&bench, id).len()), (None, 2));
    let pod = active(&bench, id)[0];
    end(&mut bench, pod, Phase::Failed);
    bench.settle();
    assert_eq!(job(&bench, id).end, Some(Completion::BackoffLimitExceeded));
    assert!(active(&bench, id).is_empty());
    assert!(bench.pods(Ref::Job(id)).iter().all(|pod| !is(&bench.world, *pod, tracked)));
}

#[test]
fn suspending_gives_pods_back_without_counting_them() {
    let mut bench = Bench::new(2);
    let id = bench::job(&mut bench.world, "sum", |job| (job.parallelism, job.completions) = (3, Some(3)));
    bench.settle();
    let set = |bench: &mut Bench, edit: fn(&mut Job)| {
        write(&mut bench.world, id, |job| {
            edit(job);
            true
        });
        bench.settle();
    };
    set(&mut bench, |job| job.suspended = true);
    assert_eq!((bench.pods(Ref::Job(id)).len(), job(&bench, id).failed), (0, 0));
    set(&mut bench, |job| job.suspended = false);
    assert_eq!(active(&bench, id).len(), 3);
    set(&mut bench, |job| job.parallelism = 1);
    assert_eq!((active(&bench, id).len(), job(&bench, id).failed), (1, 0));
}

#[test]
fn indexes_are_done_once_each() {
    let mut bench = Bench::new(2);
    let id = bench::job(&mut bench.world, "sum", |job| {
        (job.parallelism, job.completions, job.indexed) = (2, Some(3), true);
    });
    bench.settle();
    let index = |bench: &Bench, pod: PodId| bench.world.store.pods.get(pod).and_then(|pod| pod.ordinal);
    let pods = active(&bench, id);
    assert_eq!(pods.iter().map(|pod| index(&bench, *pod)).collect::<Vec<_>>(), [Some(0), Some(1)]);
    assert!(bench.names(Ref::Job(id))[0].starts_with("sum-0-"));
    evict(&mut bench, pods[0]);
    bench.settle();
    end(&mut bench, pods[1], Phase::Succeeded);
    bench.settle();
    let left = active(&bench, id);
    assert_eq!(left.iter().map(|pod| index(&bench, *pod)).collect::<Vec<_>>(), [Some(0), Some(2)]);
    for pod in left {
        end(&mut bench, pod, Phase::Succeeded);
    }
    bench.settle();
    assert_eq!((job(&bench, id).end, job(&bench, id).succeeded), (Some(Completion::Complete), 3));
}

#[test]
fn a_work_queue_ends_with_its_first_success() {
    let mut bench = Bench::new(2);
    let id = bench::job(&mut bench.world, "sum", |job| (job.parallelism, job.completions) = (3, None));
    bench.settle();
    let pods = active(&bench, id);
    end(&mut bench, pods[0], Phase::Succeeded);
    bench.settle();
    assert_eq!((active(&bench, id).len(), job(&bench, id).end), (2, None));
    pods.into_iter().skip(1).for_each(|pod| end(&mut bench, pod, Phase::Succeeded));
    bench.settle();
    assert_eq!(job(&bench, id).end, Some(Completion::Complete));
}

#[test]
fn the_pods_of_a_job_that_is_gone_are_let_go() {
    let mut bench = Bench::new(2);
    let id = bench::job(&mut bench.world, "sum", |_| {});
    bench.settle();
    let pod = active(&bench, id)[0];
    bench.world.remove(Ref::Job(id));
    make::delete(&mut bench.world, pod);
    bench.settle();
    assert!(bench.world.store.pods.get(pod).is_none());
}

fn rule(action: FailureAction, on: FailureOn) -> FailureRule {
    FailureRule { action, on }
}

fn disrupted() -> FailureOn {
    FailureOn::Conditions(vec!["DisruptionTarget".into()])
}

fn crashed() -> FailureOn {
    FailureOn::ExitCodes { not_in: false, values: [1].into() }
}

/// A pod crashes, or is evicted and then stops; what becomes of the job, and how many failures count.
#[test]
fn the_first_rule_that_matches_decides_what_a_failure_means() {
    use FailureAction::{Count, FailJob, Ignore};
    let rows = [
        (vec![], [(None, 1), (None, 1)]),
        (vec![rule(Ignore, disrupted())], [(None, 1), (None, 0)]),
        (vec![rule(FailJob, crashed())], [(Some(Completion::PodFailurePolicy), 1), (None, 1)]),
        (vec![rule(FailJob, disrupted())], [(None, 1), (Some(Completion::PodFailurePolicy), 1)]),
        (vec![rule(Count, disrupted()), rule(FailJob, disrupted())], [(None, 1), (None, 1)]),
        (vec![rule(Ignore, crashed()), rule(FailJob, crashed())], [(None, 0), (None, 1)]),
    ];
    for (number, (policy, wanted)) in rows.into_iter().enumerate() {
        for (evicted, wanted) in [false, true].into_iter().zip(wanted) {
            let mut bench = Bench::new(1);
            let id = bench::job(&mut bench.world, "sum", |job| {
                job.replacement = PodReplacement::Failed;
                job.failure_policy = policy.clone();
            });
            bench.settle();
            let pod = active(&bench, id)[0];
            bench.world.edit_pod(pod, |pod| pod.started_at = Some(Time(0)));
            if evicted {
                evict(&mut bench, pod);
            }
            end(&mut bench, pod, Phase::Failed);
            bench.pass(Span::secs(3));
            assert_eq!(
                (job(&bench, id).end, job(&bench, id).failed),
                wanted,
                "row {number}, evicted {evicted}"
            );
        }
    }
}

/// Seconds after its beginning, and the end by then; a job that is over and has a time to live is gone in the end.
#[test]
fn deadline_and_time_to_live_end_it() {
    for (deadline, ttl, succeeds, at, wanted) in [
        (None, None, false, 100, Some(None)),
        (Some(60), None, false, 55, Some(None)),
        (Some(60), None, false, 65, Some(Some(Completion::DeadlineExceeded))),
        (Some(60), None, true, 65, Some(Some(Completion::Complete))),
        (None, Some(20), true, 30, Some(Some(Completion::Complete))),
        (None, Some(20), true, 60, None),
        (Some(30), Some(20), false, 60, None),
        (None, Some(20), false, 60, Some(None)),
    ] {
        let mut bench = Bench::new(1);
        let id = bench::job(&mut bench.world, "sum", |job| {
            (job.deadline, job.ttl) = (deadline.map(Span::secs), ttl.map(Span::secs));
        });
        bench.pass(Span::secs(20));
        if succeeds {
            let pod = active(&bench, id)[0];
            end(&mut bench, pod, Phase::Succeeded);
        }
        bench.pass(Span::secs(at - 20));
        let found = bench.world.store.jobs.get(id).filter(|job| job.meta.deletion.is_none());
        let found = found.map(|job| job.end);
        assert_eq!(found, wanted, "deadline {deadline:?}, time to live {ttl:?}, after {at} s");
        if wanted.flatten() == Some(Completion::DeadlineExceeded) {
            assert!(active(&bench, id).is_empty());
        }
    }
}

/// Three indexes, one try more for each; index 1 fails again and again.
#[test]
fn an_index_fails_for_itself() {
    for (max, wanted) in [
        (None, Completion::FailedIndexes),
        (Some(0), Completion::MaxFailedIndexesExceeded),
        (Some(1), Completion::FailedIndexes),
    ] {
        let mut bench = Bench::new(3);
        let id = bench::job(&mut bench.world, "sum", |job| {
            (job.parallelism, job.completions, job.indexed) = (3, Some(3), true);
            (job.backoff_per_index, job.failed_indexes_max, job.backoff_limit) = (Some(1), max, 99);
        });
        bench.settle();
        let of_index = |bench: &Bench, index: i64| {
            let mut pods = active(bench, id).into_iter();
            pods.find(|pod| is(&bench.world, *pod, |pod| pod.ordinal == Some(index)))
        };
        for failures in 1..=2 {
            let pod = of_index(&bench, 1).unwrap();
            end(&mut bench, pod, Phase::Failed);
            bench.pass(Span::secs(3));
            assert_eq!(of_index(&bench, 1), None, "its own pause, or over");
            assert_eq!(job(&bench, id).failed_indexes.contains(&1), failures == 2);
            bench.settle();
        }
        if wanted == Completion::FailedIndexes {
            assert_eq!((job(&bench, id).end, active(&bench, id).len()), (None, 2), "the others go on");
            for index in [0, 2] {
                let pod = of_index(&bench, index).unwrap();
                end(&mut bench, pod, Phase::Succeeded);
            }
            bench.settle();
        }
        assert_eq!(job(&bench, id).end, Some(wanted), "at most {max:?}");
    }
}
