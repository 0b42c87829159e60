//! A Deployment with one more replica for the time of an update, so that its budget has something to give, and given back.
//!
//! What is to be given back is noted in annotations of the Deployment, in the same write that raises it, so that whoever
//! comes next can do so after a crash too. Several groups may ask for it at once: it is raised once, and the last one
//! gives it back.

use kube::Client;
use replank_core::names::ObjectName;
use serde_json::{Value, json};

use crate::deployment::{self, DeploymentError, Target};
use crate::held_for::{self, Kept, replicas};

/// Annotation with the number of replicas from before.
const FROM: &str = "replank.dev/raised-from";
/// Annotation with the names of the groups whose updates want it raised, with commas between.
const FOR: &str = "replank.dev/raised-for";
/// Who may do it.
const PERMITTED_BY: &str = "role replank-raise of `replank rbac` permits it, bound in that namespace";

/// Error unless the Deployment is there and may be raised; nothing is changed.
pub async fn may_raise(client: &Client, name: &ObjectName) -> Result<(), DeploymentError> {
    let target = target(client, name);
    target.read().await?;
    target.would_change(&json!({ "metadata": { "annotations": { FOR: "" } } })).await
}

/// Raises the Deployment by one on behalf of the update of `group`, unless it is raised already.
pub async fn raise(client: &Client, name: &ObjectName, group: &str) -> Result<(), DeploymentError> {
    target(client, name).change(|deployment| raised_by_one(deployment, group)).await.map(drop)
}

/// Gives the Deployment back on behalf of the update of `group`. Whether anything was to be given back; it stays raised
/// while updates of other groups want that.
pub async fn give_back(client: &Client, name: &ObjectName, group: &str) -> Result<bool, DeploymentError> {
    target(client, name).change(|deployment| given_back(deployment, group)).await
}

/// Deployments of the cluster that an update of `group` raised. What may not be read counts as none.
pub async fn raised(client: &Client, group: &str) -> Vec<ObjectName> {
    deployment::all(client, |deployment| held_for::groups(deployment, FOR).contains(group)).await
}

fn target<'a>(client: &'a Client, name: &'a ObjectName) -> Target<'a> {
    Target { client, name, permitted_by: PERMITTED_BY }
}

/// The change that raises; `None` when the update of `group` did so already.
fn raised_by_one(deployment: &Value, group: &str) -> Option<Value> {
    let mut groups = held_for::groups(deployment, FOR);
    let is_first = groups.is_empty();
    if !groups.insert(group.to_owned()) {
        return None;
    }
    let noted = held_for::joined(&groups);
    if !is_first {
        return Some(json!({ "metadata": { "annotations": { FOR: noted } } }));
    }
    let before = replicas(deployment);
    let annotations = json!({ FROM: before.to_string(), FOR: noted });
    Some(json!({ "metadata": { "annotations": annotations }, "spec": { "replicas": before + 1 } }))
}

/// The change that gives back; `None` when there is nothing to give back. Replicas that somebody set meanwhile stay.
fn given_back(deployment: &Value, group: &str) -> Option<Value> {
    Kept { groups: FOR, before: FROM, unread: None, made: |before| before + 1 }.given_back(deployment, group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(deployment: &Value, change: Option<Value>) -> Value {
        held_for::patched(deployment, &change.unwrap())
    }

    #[test]
    fn it_is_raised_once_for_all_groups_and_the_last_one_gives_back() {
        let before = json!({"spec": {"replicas": 2}, "metadata": {"annotations": {}}});
        let one = patched(&before, raised_by_one(&before, "a"));
        assert_eq!(one["spec"]["replicas"], 3);
        assert_eq!(raised_by_one(&one, "a"), None, "asked for twice, also after a crash");
        let two = patched(&one, raised_by_one(&one, "b"));
        assert_eq!(two["spec"]["replicas"], 3, "by one, not by one for each group");
        let left = patched(&two, given_back(&two, "a"));
        assert_eq!(left["spec"]["replicas"], 3, "b still wants it");
        let back = patched(&left, given_back(&left, "b"));
        assert_eq!(back["spec"]["replicas"], 2);
        assert_eq!(given_back(&back, "b"), None);
        assert!(back["metadata"]["annotations"].as_object().unwrap().values().all(Value::is_null));
    }

    #[test]
    fn replicas_that_a_person_set_meanwhile_stay() {
        let before = json!({"spec": {"replicas": 2}, "metadata": {"annotations": {}}});
        let mut scaled = patched(&before, raised_by_one(&before, "a"));
        scaled["spec"]["replicas"] = json!(5);
        assert_eq!(given_back(&scaled, "a").unwrap().get("spec"), None);
    }
}
