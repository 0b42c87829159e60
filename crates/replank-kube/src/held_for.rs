//! For whose updates a Deployment is changed: names of groups in one annotation, with commas between. The last of several
//! gives back.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::deployment::text;

/// The groups that an annotation of an object names.
pub(crate) fn groups(object: &Value, annotation: &str) -> BTreeSet<String> {
    let noted = text(&object["metadata"]["annotations"][annotation]).split(',');
    noted.filter(|group| !group.is_empty()).map(str::to_owned).collect()
}

/// The annotation that names these groups.
pub(crate) fn joined(groups: &BTreeSet<String>) -> String {
    groups.iter().map(String::as_str).collect::<Vec<_>>().join(",")
}

/// Number of replicas that a Deployment is to have; the API server sets one where nobody says.
pub(crate) fn replicas(deployment: &Value) -> u64 {
    deployment["spec"]["replicas"].as_u64().unwrap_or(1)
}

/// Where a change of replicas is noted, and how it is taken back.
pub(crate) struct Kept {
    /// Annotation with the groups whose updates want the change.
    pub(crate) groups: &'static str,
    /// Annotation with the number of replicas from before.
    pub(crate) before: &'static str,
    /// Number to give back where the note cannot be read; `None` leaves it.
    pub(crate) unread: Option<u64>,
    /// Number that the change made of that before. Another one is that of a person and stays.
    pub(crate) made: fn(u64) -> u64,
}

impl Kept {
    /// The change that gives back on behalf of a group; `None` when it holds nothing. The last group restores replicas.
    pub(crate) fn given_back(&self, deployment: &Value, group: &str) -> Option<Value> {
        let mut groups = groups(deployment, self.groups);
        if !groups.remove(group) {
            return None;
        }
        if !groups.is_empty() {
            return Some(json!({ "metadata": { "annotations": { self.groups: joined(&groups) } } }));
        }
        let before = text(&deployment["metadata"]["annotations"][self.before]).parse().ok().or(self.unread);
        let mut change = json!({ "metadata": { "annotations": { self.before: null, self.groups: null } } });
        if let Some(before) = before.filter(|before| replicas(deployment) == (self.made)(*before)) {
            change["spec"] = json!({ "replicas": before });
        }
        Some(change)
    }
}

/// A Deployment after a merge patch of what these changes patch.
#[cfg(test)]
pub(crate) fn patched(deployment: &Value, change: &Value) -> Value {
    let mut deployment = deployment.clone();
    for (key, value) in change["metadata"]["annotations"].as_object().into_iter().flatten() {
        deployment["metadata"]["annotations"][key] = value.clone();
    }
    if let Some(replicas) = change["spec"].get("replicas") {
        deployment["spec"]["replicas"] = replicas.clone();
    }
    deployment
}
