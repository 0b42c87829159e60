//! Reduces an API object to the fields that a snapshot holds.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::kinds::{KINDS, Kind};
use crate::manifest::NOT_ATTACHED;

/// Annotations that are kept. Others may contain anything.
const ANNOTATIONS: &[&str] = &[
    "batch.kubernetes.io/job-completion-index",
    "cluster-autoscaler.kubernetes.io/daemonset-pod",
    "cluster-autoscaler.kubernetes.io/enable-ds-eviction",
    "cluster-autoscaler.kubernetes.io/safe-to-evict",
    "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes",
    "cluster-autoscaler.kubernetes.io/scale-down-disabled",
    "controller.kubernetes.io/pod-deletion-cost",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "karpenter.sh/do-not-disrupt",
    "kubectl.kubernetes.io/restartedAt",
    "kubernetes.io/config.mirror",
    "replank.dev/marks",
    "sim.replank/broken",
    "sim.replank/ready",
    "sim.replank/runs",
    "sim.replank/terminate",
    "storageclass.kubernetes.io/is-default-class",
    "volume.kubernetes.io/selected-node",
];
/// Annotations kept without their value, which is a user's text.
const WITHOUT_WORDS: &[&str] = &["replank.dev/hold"];
/// Volume types that are kept.
const VOLUMES: &[&str] = &["persistentVolumeClaim", "emptyDir", "hostPath", "ephemeral"];

/// Kept fields by name; an empty subtree keeps the field whole.
#[derive(Debug, Default)]
struct Tree(BTreeMap<&'static str, Tree>);

impl Tree {
    fn of(kind: &Kind) -> Self {
        let mut tree = Self::default();
        for (prefix, paths) in kind.fields {
            for path in *paths {
                tree.add(prefix.split('.').filter(|part| !part.is_empty()).chain(path.split('.')));
            }
        }
        tree
    }

    fn add(&mut self, path: impl Iterator<Item = &'static str>) {
        path.fold(self, |tree, part| tree.0.entry(part).or_default());
    }
}

/// The reduced object; `None` when a snapshot does not hold its kind.
pub fn trim(object: &Value) -> Option<Value> {
    static TREES: OnceLock<BTreeMap<&'static str, Tree>> = OnceLock::new();
    let trees = TREES.get_or_init(|| KINDS.iter().map(|kind| (kind.kind, Tree::of(kind))).collect());
    let kind = Kind::find(object["kind"].as_str()?)?;
    let mut kept = Map::new();
    kept.insert("apiVersion".into(), object["apiVersion"].clone());
    kept.insert("kind".into(), object["kind"].clone());
    if let Value::Object(fields) = keep(object, trees.get(kind.kind)?) {
        kept.extend(fields);
    }
    let mut kept = Value::Object(kept);
    if kind.kind == "PersistentVolume" {
        // That it is one of these decides; where it is does not.
        let sources = NOT_ATTACHED.iter().filter(|source| object["spec"][**source].is_object());
        sources.for_each(|source| kept["spec"][*source] = json!({}));
    }
    Some(kept)
}

fn keep(value: &Value, tree: &Tree) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(|item| keep(item, tree)).collect()),
        Value::Object(fields) if !tree.0.is_empty() => {
            let kept = fields.iter().filter_map(|(name, value)| {
                let below = tree.0.get(name.as_str()).filter(|_| !value.is_null())?;
                let value = match name.as_str() {
                    "annotations" => annotations(value)?,
                    "preStop" => pre_stop(value)?,
                    "volumes" => volumes(value, below),
                    _ => keep(value, below),
                };
                Some((name.clone(), value))
            });
            Value::Object(kept.collect())
        }
        other => other.clone(),
    }
}

fn annotations(value: &Value) -> Option<Value> {
    let given = value.as_object()?.iter();
    let kept = given.filter_map(|(name, value)| match name.as_str() {
        known if ANNOTATIONS.contains(&known) => Some((name.clone(), value.clone())),
        known if WITHOUT_WORDS.contains(&known) => Some((name.clone(), json!(""))),
        _ => None,
    });
    let kept: Map<String, Value> = kept.collect();
    (!kept.is_empty()).then_some(Value::Object(kept))
}

/// Keeps of a `preStop` hook only how long it sleeps, since commands are private.
fn pre_stop(value: &Value) -> Option<Value> {
    let slept = value["sleep"]["seconds"].as_i64().or_else(|| {
        let command = value["exec"]["command"].as_array()?;
        let words: Vec<&str> =
            command.iter().filter_map(Value::as_str).flat_map(str::split_whitespace).collect();
        let at = words.iter().position(|word| *word == "sleep" || word.ends_with("/sleep"))?;
        words.get(at + 1)?.trim_end_matches(['s', ';', '"', '\'']).parse().ok()
    })?;
    Some(json!({"sleep": {"seconds": slept}}))
}

fn volumes(value: &Value, tree: &Tree) -> Value {
    let decides = |volume: &&Value| VOLUMES.iter().any(|kind| !volume[*kind].is_null());
    let items = value.as_array().into_iter().flatten().filter(decides);
    Value::Array(items.map(|volume| with_kind(volume, keep(volume, tree))).collect())
}

/// Keeps an `emptyDir` without a medium recognisable.
fn with_kind(volume: &Value, mut kept: Value) -> Value {
    if volume["emptyDir"].is_object() && kept["emptyDir"].is_null() {
        kept["emptyDir"] = json!({});
    }
    kept
}

#[cfg(test)]
mod tests;
