//! Turns objects as a cluster prints them (`kubectl get -o yaml`) into what a user would apply.
//!
//! A printed object has fields that the server set: uid, node, generated selectors. In a new world it starts on
//! other nodes, so:
//!
//! - objects that a controller among the given ones creates are left to it;
//! - other pods are scheduled anew, and pods that ended or belong to a node are left out;
//! - a Job that has not ended runs again, without its generated selector;
//! - what cannot be carried over is reported.
//!
//! A snapshot keeps all of this, since it has the nodes.

use replank_core::names::api_group;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::annotations;
use crate::yaml::Doc;

/// Kinds that create pods in the world, with their API groups.
const CONTROLLERS: [(&str, &str); 7] = [
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("", "ReplicationController"),
];
/// `schedulerName` of pods that name none.
const DEFAULT_SCHEDULER: &str = "default-scheduler";
/// Labels that the Job controller sets on pods.
const OF_JOBS: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];

/// The objects to apply, and notes for the user on what was changed in meaning or left out.
pub fn as_applied(mut docs: Vec<Doc>) -> (Vec<Doc>, Vec<String>) {
    let given = Given::of(&docs);
    let mut told = Told::default();
    docs.retain_mut(|doc| {
        let object = doc.value_mut();
        if is_hook(object) {
            told.hooks.push(format!("{} {}", text(object, "kind"), place(object)));
            return false;
        }
        if let Some(scheduler) = foreign_scheduler(object) {
            let pods = told.schedulers.entry(scheduler.to_owned()).or_default();
            pods.push(format!("{} {}", text(object, "kind"), place(object)));
        }
        !is_printed(object) || applied(object, &given, &mut told)
    });
    (docs, told.notes())
}

/// Whether it is what Helm runs by itself while it installs, upgrades or tests a chart, and `helm template` prints among
/// the rest. Other objects of hooks, such as the accounts that they use, do no harm.
fn is_hook(object: &Value) -> bool {
    matches!(object["kind"].as_str(), Some("Pod" | "Job"))
        && object["metadata"]["annotations"][annotations::HOOK].is_string()
}

/// The scheduler that the pods of an object ask for, if it is not the default one.
pub fn foreign_scheduler(object: &Value) -> Option<&str> {
    let spec = &object["spec"];
    let pods = [spec, &spec["template"]["spec"], &spec["jobTemplate"]["spec"]["template"]["spec"]];
    let named = pods.into_iter().find_map(|spec| spec["schedulerName"].as_str())?;
    (!named.is_empty() && named != DEFAULT_SCHEDULER).then_some(named)
}

/// Whether the object was printed by a server: it has a uid, or else what no client sends and people leave in when they
/// tidy it up, the phase of a pod or the state of a Job.
fn is_printed(object: &Value) -> bool {
    let has_uid = object["metadata"]["uid"].as_str().is_some_and(|uid| !uid.is_empty());
    let status = &object["status"];
    has_uid || status["phase"].is_string() || status["startTime"].is_string()
}

/// The controllers and volumes among the given objects.
struct Given {
    uids: BTreeSet<String>,
    /// Namespace and `matchLabels` of each controller.
    selectors: Vec<(String, Map<String, Value>)>,
    volumes: BTreeSet<String>,
}

impl Given {
    fn of(docs: &[Doc]) -> Self {
        let mut given = Self { uids: BTreeSet::new(), selectors: Vec::new(), volumes: BTreeSet::new() };
        for object in docs.iter().map(Doc::value) {
            let meta = &object["metadata"];
            if text(object, "kind") == "PersistentVolume" {
                given.volumes.insert(text(meta, "name"));
            }
            if acts(&text(object, "apiVersion"), &text(object, "kind")) {
                given.uids.extend(meta["uid"].as_str().map(str::to_owned));
                if let Some(labels) = object["spec"]["selector"]["matchLabels"].as_object() {
                    given.selectors.push((text(meta, "namespace"), labels.clone()));
                }
            }
        }
        given
    }

    /// Whether a controller among the given objects creates this one.
    fn makes(&self, object: &Value, owner: &Value) -> bool {
        let (meta, of) = (&object["metadata"], text(owner, "kind"));
        // What a CronJob began runs on; the CronJob makes later ones.
        if of == "CronJob" {
            return false;
        }
        let selects = |(namespace, labels): &(String, Map<String, Value>)| {
            *namespace == text(meta, "namespace")
                && !labels.is_empty()
                && labels.iter().all(|(key, value)| meta["labels"].get(key) == Some(value))
        };
        self.uids.contains(&text(owner, "uid")) || self.selectors.iter().any(selects)
    }
}

/// Rewrites a printed object; false when it is to be left out.
fn applied(object: &mut Value, given: &Given, told: &mut Told) -> bool {
    let kind = text(object, "kind");
    let owner = controller(object).cloned();
    let of_ours = owner.as_ref().filter(|owner| acts(&text(owner, "apiVersion"), &text(owner, "kind")));
    if of_ours.is_some_and(|owner| given.makes(object, owner)) {
        return false;
    }
    match kind.as_str() {
        "Pod" => pod(object, owner.as_ref(), told),
        "Job" => job(object),
        "ReplicaSet" => of_ours.is_none() || object["spec"]["replicas"] != 0,
        "PersistentVolumeClaim" => {
            let volume = text(&object["spec"], "volumeName");
            if !volume.is_empty() && !given.volumes.contains(&volume) {
                told.claims.push(place(object));
            }
            true
        }
        _ => true,
    }
}

fn pod(object: &mut Value, owner: Option<&Value>, told: &mut Told) -> bool {
    let phase = text(&object["status"], "phase");
    if phase == "Succeeded" || phase == "Failed" || !object["metadata"]["deletionTimestamp"].is_null() {
        return false;
    }
    if let Some(owner) = owner {
        let (version, kind) = (text(owner, "apiVersion"), text(owner, "kind"));
        let is_of_ours = acts(&version, &kind);
        // A static pod, or one of a DaemonSet: the nodes here have their own.
        if kind == "Node" || (is_of_ours && kind == "DaemonSet") {
            return false;
        }
        let namespace = text(&object["metadata"], "namespace");
        let name = format!("{kind} {namespace}/{}", text(owner, "name"));
        if is_of_ours {
            *told.lacking.entry(name).or_default() += 1;
        }
    }
    if let Some(spec) = object["spec"].as_object_mut() {
        spec.remove("nodeName");
    }
    true
}

fn job(object: &mut Value) -> bool {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let mut ends = conditions.filter(|condition| condition["status"] == "True");
    if ends.any(|condition| condition["type"] == "Complete" || condition["type"] == "Failed") {
        return false;
    }
    if object["spec"]["manualSelector"] == true {
        return true;
    }
    if let Some(spec) = object["spec"].as_object_mut() {
        spec.remove("selector");
    }
    for at in ["/metadata/labels", "/spec/template/metadata/labels"] {
        if let Some(labels) = object.pointer_mut(at).and_then(Value::as_object_mut) {
            labels.retain(|key, _| !OF_JOBS.contains(&key.as_str()));
        }
    }
    true
}

/// What is to be reported to the user.
#[derive(Default)]
struct Told {
    /// Pods by an owner that would create them here but was not given.
    lacking: BTreeMap<String, usize>,
    /// Claims whose volumes were not given.
    claims: Vec<String>,
    /// What Helm runs by itself.
    hooks: Vec<String>,
    /// What asks for other schedulers, by their names.
    schedulers: BTreeMap<String, Vec<String>>,
}

impl Told {
    fn notes(self) -> Vec<String> {
        let lacking = self.lacking.into_iter().map(|(owner, pods)| {
            format!(
                "{} of {owner} count as pods that nothing makes again, since it is not among the objects: give it too",
                count(pods)
            )
        });
        let claims = (!self.claims.is_empty()).then(|| {
            format!(
                "the volumes of {} are not among the objects, so they are made anew in any zone: give `pv` too",
                self.claims.join(", ")
            )
        });
        let hooks = (!self.hooks.is_empty()).then(|| {
            format!(
                "hooks that Helm runs while it installs, upgrades or tests are left out: {}",
                self.hooks.join(", ")
            )
        });
        let schedulers = self.schedulers.into_iter().map(|(scheduler, objects)| {
            format!(
                "pods for scheduler {scheduler} are placed as the default scheduler would: {}",
                objects.join(", ")
            )
        });
        lacking.chain(claims).chain(hooks).chain(schedulers).collect()
    }
}

fn count(pods: usize) -> String {
    format!("{pods} {}", if pods == 1 { "pod" } else { "pods" })
}

/// The owner reference with `controller: true`.
pub fn controller(object: &Value) -> Option<&Value> {
    controller_among(&object["metadata"]["ownerReferences"])
}

/// The entry of `ownerReferences` with `controller: true`.
pub fn controller_among(owners: &Value) -> Option<&Value> {
    owners.as_array()?.iter().find(|owner| owner["controller"] == true)
}

/// Whether a kind creates pods in the world; the API group counts.
pub fn acts(version: &str, kind: &str) -> bool {
    let group = api_group(version);
    CONTROLLERS.contains(&(group, kind))
}

/// The kind of an owner as the world keeps it: with its group where it is a namesake of a kind that acts here, such as
/// `DaemonSet.apps.kruise.io`. What holds for pods of the one does not for those of the other.
pub fn owner_kind(version: &str, kind: &str) -> Arc<str> {
    let group = api_group(version);
    let is_namesake = (kind == "Node" && !group.is_empty())
        || (!acts(version, kind) && CONTROLLERS.iter().any(|(_, own)| *own == kind));
    if is_namesake { Arc::from(format!("{kind}.{group}")) } else { Arc::from(kind) }
}

fn place(object: &Value) -> String {
    let meta = &object["metadata"];
    let (namespace, name) = (text(meta, "namespace"), text(meta, "name"));
    if namespace.is_empty() { name } else { format!("{namespace}/{name}") }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
