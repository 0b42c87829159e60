//! Jobs and cron jobs.

use std::collections::BTreeSet;

use replank_world::object::{CronJob, Job};
use replank_world::store::{CronJobId, JobId, Ref};
use replank_world::time::Time;
use serde_json::{Map, Value, json};

use super::defaults::set;
use super::meta::meta;
use super::template::template;
use super::{View, specs, whole};

pub(super) fn job(view: View<'_>, id: JobId, job: &Job) -> Value {
    let uid = job.meta.uid.to_string();
    let mut spec = job.raw["spec"].as_object().cloned().unwrap_or_default();
    // A job that a cron job made was given as a part of that one.
    if let Some(inner) = job.raw["spec"]["jobTemplate"]["spec"].as_object() {
        spec.clone_from(inner);
    }
    spec.insert("parallelism".into(), json!(job.parallelism));
    if let Some(completions) = job.completions {
        spec.insert("completions".into(), json!(completions));
    }
    defaults(&mut spec);
    spec.insert("backoffLimit".into(), json!(job.backoff_limit));
    spec.insert("suspend".into(), json!(job.suspended));
    set(&mut spec, "selector", json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}));
    let mut shown = template(&job.template);
    for (key, value) in [
        ("batch.kubernetes.io/controller-uid", uid.as_str()),
        ("batch.kubernetes.io/job-name", &job.meta.name),
        ("controller-uid", uid.as_str()),
        ("job-name", &job.meta.name),
    ] {
        shown["metadata"]["labels"][key] = json!(value);
    }
    spec.insert("template".into(), shown);
    whole(meta(view, &job.meta), spec, status(view, id, job))
}

fn defaults(spec: &mut Map<String, Value>) {
    set(spec, "completionMode", "NonIndexed");
    set(spec, "backoffLimit", 6);
    set(spec, "suspend", false);
    set(spec, "manualSelector", false);
    let failure = spec.get("podFailurePolicy").is_some_and(|policy| !policy.is_null());
    set(spec, "podReplacementPolicy", if failure { "Failed" } else { "TerminatingOrFailed" });
    if spec.get("manualSelector") == Some(&Value::Bool(false)) {
        spec.remove("manualSelector");
    }
}

fn status(view: View<'_>, id: JobId, job: &Job) -> Value {
    let store = &view.world.store;
    let pods = || store.index.pods_of(Ref::Job(id)).filter_map(|pod| store.pods.get(pod));
    let active = pods().filter(|pod| pod.active());
    let mut status = json!({});
    if let Some(started) = job.started_at {
        status["startTime"] = view.time(started);
    }
    let counts = [
        ("active", active.count() as i64),
        ("ready", pods().filter(|pod| pod.active() && pod.ready.is).count() as i64),
        ("terminating", pods().filter(|pod| pod.terminating()).count() as i64),
        ("succeeded", job.succeeded),
        ("failed", job.failed),
    ];
    for (key, count) in counts {
        if count > 0 || matches!(key, "ready" | "terminating") {
            status[key] = json!(count);
        }
    }
    status["uncountedTerminatedPods"] = json!({});
    if job.indexed {
        status["completedIndexes"] = json!(ranges(&job.completed));
        if job.backoff_per_index.is_some() {
            status["failedIndexes"] = json!(ranges(&job.failed_indexes));
        }
    }
    let conditions = conditions(view, job);
    if !conditions.is_empty() {
        status["conditions"] = Value::Array(conditions);
    }
    if job.end.is_some_and(|end| end.failure().is_none()) {
        status["completionTime"] = view.time(job.ended_at.unwrap_or(job.meta.created_at));
    }
    status
}

fn conditions(view: View<'_>, job: &Job) -> Vec<Value> {
    let condition = |kind: &str, is: bool, at: Time, reason: &str, message: &str| {
        json!({
            "type": kind, "status": if is { "True" } else { "False" }, "reason": reason, "message": message,
            "lastProbeTime": view.time(at), "lastTransitionTime": view.time(at),
        })
    };
    let mut out = Vec::new();
    if let Some((is, at)) = job.suspension {
        let (reason, message) =
            if is { ("JobSuspended", "Job suspended") } else { ("JobResumed", "Job resumed") };
        out.push(condition("Suspended", is, at, reason, message));
    }
    let Some(end) = job.end else { return out };
    let at = job.ended_at.unwrap_or(job.meta.created_at);
    if let Some((reason, message)) = end.failure() {
        out.push(condition("FailureTarget", true, at, reason, message));
        out.push(condition("Failed", true, at, reason, message));
    } else {
        let (reason, message) = ("CompletionsReached", "Reached expected number of succeeded pods");
        out.push(condition("SuccessCriteriaMet", true, at, reason, message));
        out.push(condition("Complete", true, at, reason, message));
    }
    out
}

/// Completed indexes as the API server writes them: `0-2,5`.
fn ranges(numbers: &BTreeSet<i64>) -> String {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let range = |(first, last): &(i64, i64)| match last - first {
        0 => first.to_string(),
        1 => format!("{first},{last}"),
        _ => format!("{first}-{last}"),
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(",")
}

pub(super) fn cron_job(view: View<'_>, id: CronJobId, cron: &CronJob) -> Value {
    let store = &view.world.store;
    let mut spec = cron.raw["spec"].as_object().cloned().unwrap_or_default();
    spec.insert("schedule".into(), json!(*cron.schedule));
    spec.insert("suspend".into(), json!(cron.suspended));
    specs::cron_job(&mut spec);
    let jobs = store.index.owned_by(Ref::CronJob(id)).filter_map(|at| match at {
        Ref::Job(job) => store.jobs.get(job),
        _ => None,
    });
    let jobs: Vec<&Job> = jobs.collect();
    let active = jobs.iter().filter(|job| job.end.is_none()).map(|job| {
        json!({
            "apiVersion": "batch/v1", "kind": "Job", "name": *job.meta.name, "namespace": *job.meta.namespace,
            "uid": job.meta.uid.to_string(),
        })
    });
    let mut status = json!({});
    let active: Vec<Value> = active.collect();
    if !active.is_empty() {
        status["active"] = Value::Array(active);
    }
    for (key, at) in [("lastScheduleTime", cron.scheduled_at), ("lastSuccessfulTime", cron.succeeded_at)] {
        if let Some(at) = at {
            status[key] = view.time(at);
        }
    }
    whole(meta(view, &cron.meta), spec, status)
}

#[cfg(test)]
mod tests {
    #[test]
    fn indexes_are_written_as_ranges() {
        for (numbers, wanted) in
            [(&[][..], ""), (&[3], "3"), (&[0, 1], "0,1"), (&[0, 1, 2, 5, 7, 8], "0-2,5,7,8")]
        {
            assert_eq!(super::ranges(&numbers.iter().copied().collect()), wanted);
        }
    }
}
