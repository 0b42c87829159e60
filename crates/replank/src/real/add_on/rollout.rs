//! Whether a workload runs what its template says (kubectl: `rollout status`).

use std::time::{Duration, Instant};

use replank_kube::{Connection, objects};
use serde_json::Value;

/// How often it is looked at.
const LOOKED_EVERY: Duration = Duration::from_millis(500);

/// How a rollout ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rollout {
    /// Every pod is of the template and available.
    Ready,
    /// Not in time, or never; and how far it came.
    Not(String),
}

/// Waits until the workload at a path is rolled out.
pub(super) async fn wait(connection: &Connection, path: &str, timeout: Duration) -> Rollout {
    let until = Instant::now() + timeout;
    loop {
        let why = match objects::get(&connection.client, path).await {
            Ok(Some(object)) => match stands(&object) {
                Stands::Ready => return Rollout::Ready,
                Stands::Never(why) => return Rollout::Not(why),
                Stands::NotYet(why) => why,
            },
            Ok(None) => return Rollout::Not("it is gone".to_owned()),
            Err(error) => error.to_string(),
        };
        if Instant::now() >= until {
            return Rollout::Not(why);
        }
        tokio::time::sleep(LOOKED_EVERY).await;
    }
}

/// How far a rollout is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    /// Every pod is of the template and available.
    Ready,
    /// How far it is.
    NotYet(String),
    /// The cluster gave it up, and why.
    Never(String),
}

/// How far a workload is, from its status.
pub(crate) fn stands(object: &Value) -> Stands {
    let number = |path: &str| object.pointer(path).and_then(Value::as_i64);
    let status = |name: &str| number(&format!("/status/{name}")).unwrap_or(0);
    if status("observedGeneration") < number("/metadata/generation").unwrap_or(0) {
        return Stands::NotYet("no controller looked at it".to_owned());
    }
    let (wanted, updated, available, all) = if object["kind"] == "DaemonSet" {
        let wanted = status("desiredNumberScheduled");
        (wanted, status("updatedNumberScheduled"), status("numberAvailable"), wanted)
    } else {
        let wanted = number("/spec/replicas").unwrap_or(1);
        (wanted, status("updatedReplicas"), status("availableReplicas"), status("replicas"))
    };
    let conditions = object["status"]["conditions"].as_array();
    let given_up = conditions.into_iter().flatten().find(|one| one["reason"] == "ProgressDeadlineExceeded");
    if let Some(given_up) = given_up {
        return Stands::Never(
            given_up["message"].as_str().unwrap_or("its progress deadline passed").to_owned(),
        );
    }
    if updated >= wanted && available >= wanted && all <= updated {
        return Stands::Ready;
    }
    Stands::NotYet(format!("{updated} of {wanted} pods are of the new template, {available} are available"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rollout_is_over_when_every_pod_is_new_and_available() {
        let set = |updated: i64, available: i64, observed: i64| {
            json!({"kind": "DaemonSet", "metadata": {"generation": 2}, "status": {
                "observedGeneration": observed, "desiredNumberScheduled": 3, "updatedNumberScheduled": updated,
                "numberAvailable": available,
            }})
        };
        assert_eq!(stands(&set(3, 3, 2)), Stands::Ready);
        assert!(matches!(stands(&set(3, 3, 1)), Stands::NotYet(_)));
        assert_eq!(
            stands(&set(1, 2, 2)),
            Stands::NotYet("1 of 3 pods are of the new template, 2 are available".to_owned())
        );
        let deployment = |replicas: i64, updated: i64| {
            json!({"kind": "Deployment", "spec": {"replicas": 2}, "status": {
                "replicas": replicas, "updatedReplicas": updated, "availableReplicas": 2,
            }})
        };
        assert_eq!(stands(&deployment(2, 2)), Stands::Ready);
        assert!(matches!(stands(&deployment(3, 2)), Stands::NotYet(_)));
        let given_up = json!({"kind": "Deployment", "status": {"conditions": [
            {"reason": "ProgressDeadlineExceeded", "message": "ReplicaSet has timed out progressing."},
        ]}});
        assert_eq!(stands(&given_up), Stands::Never("ReplicaSet has timed out progressing.".to_owned()));
    }
}
