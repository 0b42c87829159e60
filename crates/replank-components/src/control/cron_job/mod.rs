//! The cron job controller (Kubernetes: `pkg/controller/cronjob`): creates Jobs on schedule and deletes old ones.
//! Only the next due time of each CronJob is in the queue.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::make;
use crate::apiserver::{self};
use crate::kubernetes::components_mut;
use replank_world::api::Propagation;
use replank_world::event_log::Severity;
use replank_world::object::{Completion, CronJob, Job, Overlap};
use replank_world::queue::Work;
use replank_world::store::{CronJobId, JobId, Ref, Verb};
use replank_world::time::Time;
use replank_world::vocab::labels::Map;
use replank_world::world::World;

use replank_world::vocab::schedule::Schedule;

/// Defaults of `successfulJobsHistoryLimit` and `failedJobsHistoryLimit`.
const HISTORY: (u64, u64) = (3, 1);

/// The next due time of each CronJob, with the schedule it was computed from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dues(BTreeMap<CronJobId, (Arc<str>, Time)>);

/// Syncs a CronJob: deletes old Jobs and starts the one that is due.
pub(crate) fn sync(world: &mut World, id: CronJobId) {
    let Some(cron) = world.store.cron_jobs.get(id) else {
        components_mut(&mut world.state).dues.0.remove(&id);
        return;
    };
    if cron.meta.deletion.is_some() {
        return;
    }
    note_success(world, id);
    forget_old(world, id);
    let Some(cron) = world.store.cron_jobs.get(id) else { return };
    let (text, overlap, suspended) = (cron.schedule.clone(), cron.overlap, cron.suspended);
    let Ok(schedule) = Schedule::read(&text) else { return };
    let known = components_mut(&mut world.state)
        .dues
        .0
        .get(&id)
        .filter(|(known, _)| *known == text)
        .map(|(_, due)| *due);
    let Some(due) = known.or_else(|| schedule.next(world.now)) else { return };
    let late = due <= world.now;
    if suspended || (late && overlap == Overlap::Forbid && has_active(world, id)) {
        // The end of that Job is told, and so is that it goes on; the latest missed time is made up for then.
        components_mut(&mut world.state).dues.0.insert(id, (text, due));
        return;
    }
    let due = if late {
        let latest = latest(&schedule, due, world.now);
        if overlap == Overlap::Replace {
            stop_active(world, id);
        }
        start(world, id, latest);
        schedule.next(world.now)
    } else {
        Some(due)
    };
    let Some(due) = due else { return };
    components_mut(&mut world.state).dues.0.insert(id, (text, due));
    world.queue.at(due, Work::CronJob(id));
}

/// Updates `status.lastSuccessfulTime` before the Job may be deleted.
fn note_success(world: &mut World, id: CronJobId) {
    let ended = jobs(world, id).into_iter().filter(|(_, job)| job.end == Some(Completion::Complete));
    let last = ended.filter_map(|(_, job)| job.ended_at).max();
    let Some(cron) = world.store.cron_jobs.get_mut(id).filter(|cron| last > cron.succeeded_at) else {
        return;
    };
    cron.succeeded_at = last;
    world.changed(Ref::CronJob(id), Verb::Modified);
}

/// The latest due time until now: of several missed ones only that one is made up for.
fn latest(schedule: &Schedule, first: Time, now: Time) -> Time {
    /// Kubernetes stops counting missed schedules at 100 as well.
    const MISSED_MAX: usize = 100;
    let mut latest = first;
    for _ in 0..MISSED_MAX {
        match schedule.next(latest) {
            Some(next) if next <= now => latest = next,
            Some(_) | None => break,
        }
    }
    latest
}

fn jobs(world: &World, id: CronJobId) -> Vec<(JobId, &Job)> {
    let owned = world.store.index.owned_by(Ref::CronJob(id));
    owned
        .filter_map(|at| if let Ref::Job(job) = at { Some((job, world.store.jobs.get(job)?)) } else { None })
        .collect()
}

fn has_active(world: &World, id: CronJobId) -> bool {
    jobs(world, id).iter().any(|(_, job)| job.end.is_none())
}

/// Deletes the running Jobs and their pods (`concurrencyPolicy: Replace`).
fn stop_active(world: &mut World, id: CronJobId) {
    let active: Vec<(JobId, Arc<str>)> = jobs(world, id)
        .into_iter()
        .filter(|(_, job)| job.end.is_none())
        .map(|(at, job)| (at, job.meta.name.clone()))
        .collect();
    for (job, name) in active {
        // A finalizer of somebody's own may hold it.
        let _ = apiserver::delete(world, Ref::Job(job), Propagation::Background);
        say(world, id, "SuccessfulDelete", format!("Deleted job {name}"));
    }
}

fn say(world: &mut World, id: CronJobId, reason: &'static str, message: String) {
    world.record(Ref::CronJob(id), Severity::Normal, "cronjob-controller", reason, message);
}

/// Creates the Job of a due time, named `<cron job>-<minutes since 1970>` as upstream names it.
fn start(world: &mut World, id: CronJobId, due: Time) {
    let Some(CronJob { meta, job, raw, .. }) = world.store.cron_jobs.get(id) else { return };
    let name: Arc<str> = Arc::from(format!("{}-{}", meta.name, due.0.div_euclid(60_000_000)));
    let (namespace, mut job) = (meta.namespace.clone(), Job::clone(job));
    if world.store.jobs.find(&namespace, &name).is_some() {
        return;
    }
    let owner = make::owner_of("CronJob", meta, Ref::CronJob(id));
    let labels = raw["spec"]["jobTemplate"]["metadata"]["labels"].as_object().into_iter().flatten();
    let labels: Map = labels
        .filter_map(|(key, value)| Some((Arc::from(key.as_str()), Arc::from(value.as_str()?))))
        .collect();
    if let Some(template) = make::numbered(world, &job.template) {
        job.template = template;
    }
    let template = job.template.clone();
    job.meta = make::meta(world, namespace, name.clone(), Some(owner));
    job.meta.labels = world.label_set(&labels);
    world.add(|store| &mut store.jobs, job, Ref::Job);
    if let Some(cron) = world.store.cron_jobs.get_mut(id) {
        cron.made += 1;
        cron.scheduled_at = Some(due);
        cron.job.template = template;
    }
    world.changed(Ref::CronJob(id), Verb::Modified);
    say(world, id, "SuccessfulCreate", format!("Created job {name}"));
}

/// Deletes finished Jobs beyond the history limits, the oldest first.
fn forget_old(world: &mut World, id: CronJobId) {
    let Some(cron) = world.store.cron_jobs.get(id) else { return };
    let limit = |key: &str, default| cron.raw["spec"][key].as_u64().unwrap_or(default) as usize;
    let limits = [
        (true, limit("successfulJobsHistoryLimit", HISTORY.0)),
        (false, limit("failedJobsHistoryLimit", HISTORY.1)),
    ];
    for (well, limit) in limits {
        let is = |end: Completion| (end == Completion::Complete) == well;
        let ended = jobs(world, id).into_iter().filter(|(_, job)| job.end.is_some_and(is));
        let mut ended: Vec<(Reverse<Time>, JobId)> =
            ended.map(|(at, job)| (Reverse(job.meta.created_at), at)).collect();
        ended.sort_unstable();
        for (_, job) in ended.into_iter().skip(limit) {
            // Its pods follow; a finalizer of somebody's own may hold it.
            let _ = apiserver::delete(world, Ref::Job(job), Propagation::Background);
        }
    }
}

#[cfg(test)]
mod tests;
