//! Cases of `control::cron_job`: tables of what is given and what must come of it.

use super::*;
use crate::control::bench::{self, Bench};
use replank_world::object::Phase;
use replank_world::store::Verb;
use replank_world::time::Span;

/// A cron job that is due every ten minutes.
fn cron(bench: &mut Bench, overlap: Overlap) -> CronJobId {
    let id = bench::cron_job(&mut bench.world, "report", "*/10 * * * *", |cron| {
        cron.overlap = overlap;
    });
    bench.pass(Span::secs(1));
    id
}

fn names(bench: &Bench, id: CronJobId) -> Vec<String> {
    jobs(&bench.world, id).iter().map(|(_, job)| job.meta.name.to_string()).collect()
}

/// Ends every pod that works.
fn end(bench: &mut Bench, phase: Phase) {
    let pods = bench.world.store.pods.iter().filter(|(_, pod)| pod.active());
    let pods: Vec<_> = pods.map(|(id, _)| id).collect();
    let now = bench.world.now;
    for pod in pods {
        bench.world.edit_pod(pod, |pod| (pod.phase, pod.finished_at) = (phase, Some(now)));
    }
    bench.settle();
}

fn skip(bench: &mut Bench, minutes: i64) {
    (0..minutes).for_each(|_| bench.pass(Span::secs(60)));
}

#[test]
fn jobs_come_by_the_clock_and_are_named_by_their_minute() {
    let mut bench = Bench::new(1);
    let id = cron(&mut bench, Overlap::Allow);
    skip(&mut bench, 9);
    assert_eq!(names(&bench, id).len(), 0);
    skip(&mut bench, 12);
    assert_eq!(names(&bench, id), ["report-10", "report-20"]);
    assert!(bench.world.store.pods.iter().all(|(_, pod)| pod.meta.name.starts_with("report-")));
}

#[test]
fn forbid_waits_for_the_job_before_and_makes_up_for_the_last_one() {
    let mut bench = Bench::new(1);
    let id = cron(&mut bench, Overlap::Forbid);
    skip(&mut bench, 35);
    assert_eq!(names(&bench, id), ["report-10"]);
    end(&mut bench, Phase::Succeeded);
    assert_eq!(names(&bench, id), ["report-10", "report-30"]);
    end(&mut bench, Phase::Succeeded);
    skip(&mut bench, 5);
    assert_eq!(names(&bench, id), ["report-10", "report-30", "report-40"]);
}

#[test]
fn finished_jobs_are_forgotten_beyond_the_limits() {
    let mut bench = Bench::new(1);
    let id = cron(&mut bench, Overlap::Allow);
    for _ in 0..5 {
        skip(&mut bench, 10);
        end(&mut bench, Phase::Succeeded);
    }
    assert_eq!(names(&bench, id), ["report-30", "report-40", "report-50"]);
    if let Some(cron) = bench.world.store.cron_jobs.get_mut(id) {
        cron.job.backoff_limit = 0;
    }
    for _ in 0..2 {
        skip(&mut bench, 10);
        end(&mut bench, Phase::Failed);
    }
    assert_eq!(names(&bench, id), ["report-30", "report-40", "report-50", "report-70"]);
}

#[test]
fn a_suspended_one_makes_up_for_the_last_missed_time() {
    let mut bench = Bench::new(1);
    let id = cron(&mut bench, Overlap::Allow);
    for (suspended, minutes, wanted) in [(true, 25, vec![]), (false, 4, vec!["report-20"])] {
        if let Some(cron) = bench.world.store.cron_jobs.get_mut(id) {
            cron.suspended = suspended;
        }
        bench.world.changed(Ref::CronJob(id), Verb::Modified);
        skip(&mut bench, minutes);
        assert_eq!(names(&bench, id), wanted);
    }
    skip(&mut bench, 2);
    assert_eq!(names(&bench, id), ["report-20", "report-30"]);
}

#[test]
fn only_the_next_due_time_is_in_the_queue() {
    let mut bench = Bench::new(1);
    cron(&mut bench, Overlap::Allow);
    assert_eq!(bench.world.queue.len(), 1);
}

/// Which jobs are there after 35 minutes when none ends by itself.
#[test]
fn the_policy_decides_what_overlaps() {
    for (overlap, wanted) in [
        (Overlap::Allow, vec!["report-10", "report-20", "report-30"]),
        (Overlap::Forbid, vec!["report-10"]),
        (Overlap::Replace, vec!["report-30"]),
    ] {
        let mut bench = Bench::new(1);
        let id = cron(&mut bench, overlap);
        skip(&mut bench, 35);
        assert_eq!(names(&bench, id), wanted, "{overlap:?}");
        let deleted = bench.world.events.iter().filter(|event| event.reason == "SuccessfulDelete");
        assert_eq!(deleted.count(), if overlap == Overlap::Replace { 2 } else { 0 }, "{overlap:?}");
    }
}
