//! The Deployment of a Cluster Autoscaler, scaled to nothing for the time of an update and given back.
//!
//! What is to be given back is noted in annotations of the Deployment, in the same write that scales it, so that whoever
//! ends the update can do so after a crash too. Several groups may ask for it at once; the last one gives it back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kube::Client;
use replank_core::names::ObjectName;
use serde_json::{Value, json};
use thiserror::Error;

use crate::{failure, request};

/// Annotation with the number of replicas from before.
const REPLICAS: &str = "replank.dev/replicas";
/// Annotation with the names of the groups whose updates want it suspended, with commas between.
const FOR: &str = "replank.dev/suspended-for";
/// Attempts at a write that nobody else makes at the same time.
const TRIES: usize = 5;
/// How long its pods may take to end.
const ENDS_WITHIN: Duration = Duration::from_mins(1);

/// Why a Deployment could not be suspended or given back.
#[derive(Debug, Error)]
pub enum SuspendError {
    /// There is none of that name.
    #[error("there is no Deployment {0}; `kubectl get deployments -A` shows which there are")]
    None(ObjectName),
    /// The server refused.
    #[error(
        "Deployment {name}: {said}; role replank-autoscaler of `replank rbac` permits it for kube-system/cluster-autoscaler"
    )]
    Refused {
        /// Namespace and name of the Deployment.
        name: ObjectName,
        /// What the server said.
        said: String,
    },
    /// Somebody else writes to it all the time.
    #[error("Deployment {0} changes all the time; the last of {TRIES} tries met another change")]
    Contended(ObjectName),
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspended {
    /// It was scaled to nothing, now or for another group, and is to be given back.
    Ours,
    /// It had no replicas already, by somebody else's hand: there is nothing to give back.
    Theirs,
}

/// Scales the Deployment to nothing on behalf of the update of `group`, and waits until its pods have ended.
pub async fn suspend(client: &Client, name: &ObjectName, group: &str) -> Result<Suspended, SuspendError> {
    let changed = change(client, name, |deployment| suspension(deployment, group)).await?;
    let begun = Instant::now();
    while begun.elapsed() < ENDS_WITHIN && read(client, name).await?["status"]["replicas"].as_u64() > Some(0)
    {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(if changed { Suspended::Ours } else { Suspended::Theirs })
}

/// Gives the Deployment back on behalf of the update of `group`. Whether anything was to be given back; it stays
/// suspended while updates of other groups want that.
pub async fn resume(client: &Client, name: &ObjectName, group: &str) -> Result<bool, SuspendError> {
    change(client, name, |deployment| resumption(deployment, group)).await
}

/// Deployments of the cluster that an update of `group` suspended. What may not be read counts as none.
pub async fn suspended(client: &Client, group: &str) -> Vec<ObjectName> {
    let list =
        request::send::<Value>(client, request::get("/apis/apps/v1/deployments")).await.unwrap_or_default();
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice).iter();
    let ours = items.filter(|deployment| groups(deployment).contains(group));
    ours.map(|it| ObjectName::new(text(&it["metadata"]["namespace"]), text(&it["metadata"]["name"])))
        .collect()
}

/// The change that suspends; `None` when somebody else did.
fn suspension(deployment: &Value, group: &str) -> Option<Value> {
    let mut groups = groups(deployment);
    let replicas = deployment["spec"]["replicas"].as_u64().unwrap_or(1);
    if groups.is_empty() && replicas == 0 {
        return None;
    }
    let before = if groups.is_empty() {
        replicas.to_string()
    } else {
        text(&deployment["metadata"]["annotations"][REPLICAS]).to_owned()
    };
    groups.insert(group.to_owned());
    let annotations = json!({ REPLICAS: before, FOR: joined(&groups) });
    Some(json!({ "metadata": { "annotations": annotations }, "spec": { "replicas": 0 } }))
}

/// The change that gives back; `None` when there is nothing to give back. Replicas that somebody set meanwhile stay.
fn resumption(deployment: &Value, group: &str) -> Option<Value> {
    let mut groups = groups(deployment);
    if !groups.remove(group) {
        return None;
    }
    if !groups.is_empty() {
        return Some(json!({ "metadata": { "annotations": { FOR: joined(&groups) } } }));
    }
    let before = text(&deployment["metadata"]["annotations"][REPLICAS]).parse().unwrap_or(1_u64);
    let mut change = json!({ "metadata": { "annotations": { REPLICAS: null, FOR: null } } });
    if deployment["spec"]["replicas"].as_u64() == Some(0) {
        change["spec"] = json!({ "replicas": before });
    }
    Some(change)
}

fn groups(deployment: &Value) -> BTreeSet<String> {
    let noted = text(&deployment["metadata"]["annotations"][FOR]).split(',');
    noted.filter(|group| !group.is_empty()).map(str::to_owned).collect()
}

fn joined(groups: &BTreeSet<String>) -> String {
    groups.iter().map(String::as_str).collect::<Vec<_>>().join(",")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Makes a change, if there is one to make, to the Deployment as it is then.
async fn change(
    client: &Client,
    name: &ObjectName,
    of: impl Fn(&Value) -> Option<Value>,
) -> Result<bool, SuspendError> {
    for _ in 0..TRIES {
        let deployment = read(client, name).await?;
        let Some(mut change) = of(&deployment) else { return Ok(false) };
        change["metadata"]["resourceVersion"] = deployment["metadata"]["resourceVersion"].clone();
        match request::send::<Value>(client, request::patch(&path(name), &change)).await {
            Ok(_) => return Ok(true),
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(error) => return Err(refused(name, &error)),
        }
    }
    Err(SuspendError::Contended(name.clone()))
}

async fn read(client: &Client, name: &ObjectName) -> Result<Value, SuspendError> {
    request::send(client, request::get(&path(name))).await.map_err(|error| refused(name, &error))
}

fn refused(name: &ObjectName, error: &kube::Error) -> SuspendError {
    match error {
        kube::Error::Api(status) if status.code == 404 => SuspendError::None(name.clone()),
        error => SuspendError::Refused { name: name.clone(), said: failure::of(error) },
    }
}

fn path(name: &ObjectName) -> String {
    let (namespace, name) = (request::escaped(&name.namespace), request::escaped(&name.name));
    format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A merge patch of what these tests patch.
    fn patched(deployment: &Value, change: &Value) -> Value {
        let mut deployment = deployment.clone();
        for (key, value) in change["metadata"]["annotations"].as_object().unwrap() {
            deployment["metadata"]["annotations"][key] = value.clone();
        }
        if let Some(replicas) = change["spec"].get("replicas") {
            deployment["spec"]["replicas"] = replicas.clone();
        }
        deployment
    }

    #[test]
    fn the_last_of_several_groups_gives_back_what_the_first_took() {
        let before = json!({"spec": {"replicas": 2}, "metadata": {"annotations": {}}});
        let one = patched(&before, &suspension(&before, "a").unwrap());
        let two = patched(&one, &suspension(&one, "b").unwrap());
        assert_eq!(two["spec"]["replicas"], 0);
        let one = patched(&two, &resumption(&two, "a").unwrap());
        assert_eq!(one["spec"]["replicas"], 0, "b still wants it so");
        let none = patched(&one, &resumption(&one, "b").unwrap());
        assert_eq!((&none["spec"]["replicas"], groups(&none).len()), (&json!(2), 0));
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
