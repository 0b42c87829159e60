//! The Deployment of a Cluster Autoscaler, scaled to nothing for the time of an update and given back.
//!
//! What is to be given back is noted in annotations of the Deployment, in the same write that scales it, so that whoever
//! ends the update can do so after a crash too. Several groups may ask for it at once; the last one gives it back.

use std::time::{Duration, Instant};

use kube::Client;
use replank_core::names::ObjectName;
use serde_json::{Value, json};

use crate::deployment::{self, DeploymentError, Target, text};
use crate::held_for::{self, Kept, replicas};

/// Annotation with the number of replicas from before.
const REPLICAS: &str = "replank.dev/replicas";
/// Annotation with the names of the groups whose updates want it suspended, with commas between.
const FOR: &str = "replank.dev/suspended-for";
/// How long its pods may take to end.
const ENDS_WITHIN: Duration = Duration::from_mins(1);
/// Who may do it.
const PERMITTED_BY: &str =
    "role replank-autoscaler of `replank rbac` permits it for kube-system/cluster-autoscaler";

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspended {
    /// It was scaled to nothing, now or for another group, and is to be given back.
    Ours,
    /// It had no replicas already, by somebody else's hand: there is nothing to give back.
    Theirs,
}

/// Scales the Deployment to nothing on behalf of the update of `group`, and waits until its pods have ended.
pub async fn suspend(client: &Client, name: &ObjectName, group: &str) -> Result<Suspended, DeploymentError> {
    let target = Target { client, name, permitted_by: PERMITTED_BY };
    let changed = target.change(|deployment| suspension(deployment, group)).await?;
    let begun = Instant::now();
    while begun.elapsed() < ENDS_WITHIN && target.read().await?["status"]["replicas"].as_u64() > Some(0) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(if changed { Suspended::Ours } else { Suspended::Theirs })
}

/// Gives the Deployment back on behalf of the update of `group`. Whether anything was to be given back; it stays
/// suspended while updates of other groups want that.
pub async fn resume(client: &Client, name: &ObjectName, group: &str) -> Result<bool, DeploymentError> {
    let target = Target { client, name, permitted_by: PERMITTED_BY };
    target.change(|deployment| resumption(deployment, group)).await
}

/// Deployments of the cluster that an update of `group` suspended. What may not be read counts as none.
pub async fn suspended(client: &Client, group: &str) -> Vec<ObjectName> {
    deployment::all(client, |deployment| held_for::groups(deployment, FOR).contains(group)).await
}

/// The change that suspends; `None` when somebody else did.
fn suspension(deployment: &Value, group: &str) -> Option<Value> {
    let mut groups = held_for::groups(deployment, FOR);
    let replicas = replicas(deployment);
    if groups.is_empty() && replicas == 0 {
        return None;
    }
    let before = if groups.is_empty() {
        replicas.to_string()
    } else {
        text(&deployment["metadata"]["annotations"][REPLICAS]).to_owned()
    };
    groups.insert(group.to_owned());
    let annotations = json!({ REPLICAS: before, FOR: held_for::joined(&groups) });
    Some(json!({ "metadata": { "annotations": annotations }, "spec": { "replicas": 0 } }))
}

/// The change that gives back; `None` when there is nothing to give back. Replicas that somebody set meanwhile stay.
fn resumption(deployment: &Value, group: &str) -> Option<Value> {
    Kept { groups: FOR, before: REPLICAS, unread: Some(1), made: |_| 0 }.given_back(deployment, group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::held_for::patched;

    #[test]
    fn the_last_of_several_groups_gives_back_what_the_first_took() {
        let before = json!({"spec": {"replicas": 2}, "metadata": {"annotations": {}}});
        let one = patched(&before, &suspension(&before, "a").unwrap());
        let two = patched(&one, &suspension(&one, "b").unwrap());
        assert_eq!(two["spec"]["replicas"], 0);
        let one = patched(&two, &resumption(&two, "a").unwrap());
        assert_eq!(one["spec"]["replicas"], 0, "b still wants it so");
        let none = patched(&one, &resumption(&one, "b").unwrap());
        assert_eq!((&none["spec"]["replicas"], held_for::groups(&none, FOR).len()), (&json!(2), 0));
        assert_eq!(resumption(&none, "b"), None);
    }

    #[test]
    fn what_somebody_else_did_is_left_alone() {
        let off = json!({"spec": {"replicas": 0}, "metadata": {}});
        assert_eq!(suspension(&off, "a"), None);
        let before = json!({"spec": {"replicas": 1}, "metadata": {"annotations": {}}});
        let mut scaled = patched(&before, &suspension(&before, "a").unwrap());
        scaled["spec"]["replicas"] = json!(3);
        assert_eq!(resumption(&scaled, "a").unwrap().get("spec"), None, "replicas of a person stay");
    }
}
