//! Defaults that the API server sets in specs of controllers (Kubernetes: `SetDefaults_…` of `apps` and `batch`).
//! Writes get them too, since otherwise a manifest written over itself would be a change. Idempotent.

use serde_json::{Map, Value, json};

use super::defaults::{field, items, set};
use super::template::completed;
use crate::resource::Source;

/// Sets the defaults of a spec and its pod template.
pub(crate) fn complete(source: Source, spec: &mut Map<String, Value>) {
    match source {
        Source::Deployments => deployment(spec),
        Source::StatefulSets => stateful_set(spec),
        Source::DaemonSets => daemon_set(spec),
        Source::CronJobs => cron_job(spec),
        Source::ReplicaSets | Source::ReplicationControllers => set(spec, "replicas", 1),
        _ => {}
    }
    if let Some(template) = spec.get_mut("template").filter(|template| template.is_object()) {
        *template = completed(template);
    }
}

pub(super) fn deployment(spec: &mut Map<String, Value>) {
    set(spec, "replicas", 1);
    set(spec, "revisionHistoryLimit", 10);
    set(spec, "progressDeadlineSeconds", 600);
    if let Some(rolling) = rolling(spec, "strategy") {
        set(rolling, "maxSurge", "25%");
        set(rolling, "maxUnavailable", "25%");
    }
}

pub(super) fn stateful_set(spec: &mut Map<String, Value>) {
    set(spec, "replicas", 1);
    set(spec, "podManagementPolicy", "OrderedReady");
    set(spec, "serviceName", "");
    set(spec, "revisionHistoryLimit", 10);
    if let Some(rolling) = rolling(spec, "updateStrategy") {
        set(rolling, "partition", 0);
    }
    if let Some(policy) = field(spec, "persistentVolumeClaimRetentionPolicy") {
        set(policy, "whenDeleted", "Retain");
        set(policy, "whenScaled", "Retain");
    }
    for claim in items(spec, "volumeClaimTemplates") {
        set(claim, "apiVersion", "v1");
        set(claim, "kind", "PersistentVolumeClaim");
        if let Some(status) = field(claim, "status") {
            set(status, "phase", "Pending");
        }
        if let Some(spec) = field(claim, "spec") {
            set(spec, "volumeMode", "Filesystem");
        }
    }
}

pub(super) fn daemon_set(spec: &mut Map<String, Value>) {
    set(spec, "revisionHistoryLimit", 10);
    if let Some(rolling) = rolling(spec, "updateStrategy") {
        set(rolling, "maxSurge", 0);
        set(rolling, "maxUnavailable", 1);
    }
}

pub(super) fn cron_job(spec: &mut Map<String, Value>) {
    set(spec, "concurrencyPolicy", "Allow");
    set(spec, "suspend", false);
    set(spec, "successfulJobsHistoryLimit", 3);
    set(spec, "failedJobsHistoryLimit", 1);
    let jobs = spec.get_mut("jobTemplate").and_then(|template| template.get_mut("spec"));
    if let Some(template) = jobs.and_then(|spec| spec.get_mut("template")).filter(|it| it.is_object()) {
        *template = completed(template);
    }
}

/// The `rollingUpdate` member; `None` for other strategies.
fn rolling<'a>(spec: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    let strategy = field(spec, key)?;
    set(strategy, "type", "RollingUpdate");
    let is_rolling = strategy.get("type") == Some(&json!("RollingUpdate"));
    if is_rolling { field(strategy, "rollingUpdate") } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::complete;
    use crate::resource::Source;

    #[test]
    fn defaults_are_those_of_the_server_and_set_once() {
        for (source, given, wanted) in [
            (
                Source::Deployments,
                json!({"strategy": {"rollingUpdate": {"maxSurge": 1}}}),
                json!({
                    "replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
                    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}},
                }),
            ),
            (
                Source::DaemonSets,
                json!({"updateStrategy": {"type": "OnDelete"}}),
                json!({"updateStrategy": {"type": "OnDelete"}, "revisionHistoryLimit": 10}),
            ),
            (
                Source::StatefulSets,
                json!({"replicas": 0, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}),
                json!({
                    "replicas": 0, "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10,
                    "serviceName": "",
                    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
                    "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
                    "volumeClaimTemplates": [{
                        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
                        "spec": {"volumeMode": "Filesystem"}, "status": {"phase": "Pending"},
                    }],
                }),
            ),
        ] {
            let mut spec = given.as_object().unwrap().clone();
            complete(source, &mut spec);
            assert_eq!(json!(spec), wanted);
            complete(source, &mut spec);
            assert_eq!(json!(spec), wanted);
        }
    }
}
