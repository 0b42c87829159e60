//! Controllers of pods, and disruption budgets.

use serde_json::Value;

use super::age::{human_duration, seconds, time};
use super::cell::{Subject, list, selector, text};

const CONTAINERS: &str = "spec.template.spec.containers";

/// `spec.replicas`; 1 when absent.
fn wanted(it: Subject<'_>) -> i64 {
    it.at("spec.replicas").as_i64().unwrap_or(1)
}

pub(super) fn deployment(it: Subject<'_>) -> Vec<Value> {
    let [containers, images] = it.containers(CONTAINERS);
    vec![
        it.name(),
        Value::from(format!("{}/{}", it.number("status.readyReplicas"), wanted(it))),
        Value::from(it.number("status.updatedReplicas")),
        Value::from(it.number("status.availableReplicas")),
        it.age(),
        containers,
        images,
        Value::from(selector(it.at("spec.selector"))),
    ]
}

pub(super) fn replica_set(it: Subject<'_>, kind: &str) -> Vec<Value> {
    let [containers, images] = it.containers(CONTAINERS);
    let selector = match kind {
        "ReplicationController" => it.labels("spec.selector"),
        _ => it.selector("spec.selector"),
    };
    vec![
        it.name(),
        Value::from(wanted(it)),
        Value::from(it.number("status.replicas")),
        Value::from(it.number("status.readyReplicas")),
        it.age(),
        containers,
        images,
        selector,
    ]
}

pub(super) fn stateful_set(it: Subject<'_>) -> Vec<Value> {
    let [containers, images] = it.containers(CONTAINERS);
    let ready = format!("{}/{}", it.number("status.readyReplicas"), wanted(it));
    vec![it.name(), Value::from(ready), it.age(), containers, images]
}

pub(super) fn daemon_set(it: Subject<'_>) -> Vec<Value> {
    let [containers, images] = it.containers(CONTAINERS);
    vec![
        it.name(),
        Value::from(it.number("status.desiredNumberScheduled")),
        Value::from(it.number("status.currentNumberScheduled")),
        Value::from(it.number("status.numberReady")),
        Value::from(it.number("status.updatedNumberScheduled")),
        Value::from(it.number("status.numberAvailable")),
        it.labels("spec.template.spec.nodeSelector"),
        it.age(),
        containers,
        images,
        it.selector("spec.selector"),
    ]
}

pub(super) fn job(it: Subject<'_>) -> Vec<Value> {
    let [containers, images] = it.containers(CONTAINERS);
    let succeeded = it.number("status.succeeded");
    let completions = match (it.at("spec.completions").as_i64(), it.number("spec.parallelism")) {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, parallel) if parallel > 1 => format!("{succeeded}/1 of {parallel}"),
        (None, _) => format!("{succeeded}/1"),
    };
    let duration = time(it.at("status.startTime")).map(|start| {
        let end = time(it.at("status.completionTime")).unwrap_or(it.now);
        human_duration(seconds(start, end))
    });
    vec![
        it.name(),
        Value::from(job_status(it)),
        Value::from(completions),
        Value::from(duration.unwrap_or_default()),
        it.age(),
        containers,
        images,
        it.selector("spec.selector"),
    ]
}

fn job_status(it: Subject<'_>) -> &'static str {
    let conditions = list(it.at("status.conditions"));
    let holds = |wanted: &str| conditions.iter().any(|it| it["type"] == wanted && it["status"] == "True");
    match () {
        () if holds("Complete") => "Complete",
        () if holds("Failed") => "Failed",
        () if !it.at("metadata.deletionTimestamp").is_null() => "Terminating",
        () if holds("Suspended") => "Suspended",
        () if holds("FailureTarget") => "FailureTarget",
        () if holds("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

pub(super) fn cron_job(it: Subject<'_>) -> Vec<Value> {
    let [containers, images] = it.containers("spec.jobTemplate.spec.template.spec.containers");
    let last = match it.at("status.lastScheduleTime") {
        Value::Null => "<none>".to_owned(),
        _ => it.since("status.lastScheduleTime"),
    };
    vec![
        it.name(),
        it.cell("spec.schedule"),
        Value::from(it.text_or("spec.timeZone", "<none>")),
        it.flag("spec.suspend"),
        Value::from(list(it.at("status.active")).len()),
        Value::from(last),
        it.age(),
        containers,
        images,
        it.selector("spec.jobTemplate.spec.selector"),
    ]
}

pub(super) fn budget(it: Subject<'_>) -> Vec<Value> {
    vec![
        it.name(),
        Value::from(it.text_or("spec.minAvailable", "N/A")),
        Value::from(it.text_or("spec.maxUnavailable", "N/A")),
        Value::from(it.number("status.disruptionsAllowed")),
        it.age(),
    ]
}

pub(super) fn controller_revision(it: Subject<'_>) -> Vec<Value> {
    let owners = list(it.at("metadata.ownerReferences"));
    let owner = owners.iter().find(|owner| owner["controller"] == true).map(|owner| {
        let version = text(&owner["apiVersion"]);
        let group = version.split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
        format!("{}{group}/{}", text(&owner["kind"]).to_lowercase(), text(&owner["name"]))
    });
    let owner = owner.unwrap_or_else(|| "<none>".to_owned());
    vec![it.name(), Value::from(owner), Value::from(it.number("revision")), it.age()]
}

pub(super) fn pod_template(it: Subject<'_>) -> Vec<Value> {
    let [containers, images] = it.containers("template.spec.containers");
    vec![it.name(), containers, images, it.labels("template.metadata.labels")]
}
