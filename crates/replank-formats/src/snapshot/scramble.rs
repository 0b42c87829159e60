//! Scrambles names, namespaces and label values, so that a snapshot can be given to others.
//!
//! Names are split at separators and each word is replaced by another of the same length, always by the same one.
//! What was equal stays equal, and what shared a prefix still does: selectors match, members keep their ordinals,
//! claims keep their owners. Names given by Kubernetes and the cloud stay.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Snapshot;
use replank_world::rng::mix;
use replank_world::vocab::CLUSTER_AUTOSCALER as AUTOSCALER;

/// Keys whose values describe a node and are not private.
const PLAIN_KEYS: [&str; 16] = [
    "topology.kubernetes.io/",
    "failure-domain.beta.kubernetes.io/",
    "topology.k8s.aws/",
    "topology.ebs.csi.aws.com/",
    "node.kubernetes.io/",
    "node-role.kubernetes.io/",
    "beta.kubernetes.io/",
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "eks.amazonaws.com/nodegroup-image",
    "eks.amazonaws.com/capacityType",
    "karpenter.sh/capacity-type",
    "karpenter.k8s.aws/",
    "sim.replank/",
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
];
/// Well-known domains of keys.
const KNOWN_DOMAINS: [&str; 12] = [
    "kubernetes.io",
    "k8s.io",
    "k8s.aws",
    "amazonaws.com",
    "aws.com",
    "karpenter.sh",
    "eksctl.io",
    "replank.dev",
    "sim.replank",
    "helm.sh",
    "istio.io",
    "nvidia.com",
];
/// Names found in every cluster.
const KNOWN_NAMES: [&str; 8] = [
    "default",
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "system-node-critical",
    "system-cluster-critical",
    "kubernetes",
    "unschedulable",
];
/// Fields that hold names.
const NAMES: [&str; 17] = [
    "name",
    "namespace",
    "namespaces",
    "nodeName",
    "nominatedNodeName",
    "priorityClassName",
    "runtimeClassName",
    "storageClassName",
    "volumeName",
    "claimName",
    "persistentVolumeName",
    "persistentVolumeSource",
    "nodeID",
    "cluster",
    "currentRevision",
    "updateRevision",
    "schedulerName",
];
/// The value of `schedulerName` that stays.
const KNOWN_SCHEDULER: &str = "default-scheduler";

/// Scrambles a snapshot. The result depends on the key; without it the names cannot be recovered.
pub fn scramble(mut snapshot: Snapshot, key: u64) -> Snapshot {
    let mut scrambler =
        Scrambler { key, words: BTreeMap::new(), taken: BTreeSet::new(), whole: BTreeMap::new() };
    for node in snapshot.objects.iter().filter(|object| object["kind"] == "Node") {
        if let Some(name) = node["metadata"]["name"].as_str() {
            let number = scrambler.whole.len() + 1;
            scrambler.whole.insert(name.to_owned(), format!("node-{number}"));
        }
    }
    for object in &mut snapshot.objects {
        scrambler.fields(object, "");
    }
    snapshot.cluster = snapshot.cluster.map(|_| "cluster".to_owned());
    snapshot.anonymized = true;
    snapshot
}

struct Scrambler {
    key: u64,
    words: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    /// Names replaced as a whole: node names contain addresses.
    whole: BTreeMap<String, String>,
}

impl Scrambler {
    fn fields(&mut self, value: &mut Value, field: &str) {
        match value {
            Value::Object(fields) => match field {
                "labels" | "matchLabels" | "nodeSelector" | "annotations" | "selector" if is_map(fields) => {
                    let pairs = std::mem::take(fields);
                    for (key, value) in pairs {
                        let scrambled = value.as_str().map(|text| self.label(&key, text));
                        fields.insert(self.label_key(&key), scrambled.map_or(value, Value::from));
                    }
                }
                "disruptedPods" => {
                    let pairs = std::mem::take(fields);
                    fields.extend(pairs.into_iter().map(|(pod, at)| (self.name(&pod), at)));
                }
                _ if fields.contains_key("key") => self.keyed(fields),
                _ => fields.iter_mut().for_each(|(name, value)| self.fields(value, name)),
            },
            Value::Array(items) => {
                if field == "finalizers" {
                    items.iter_mut().for_each(|item| self.text(item, Self::label_key));
                } else if field == "matchLabelKeys" || field == "mismatchLabelKeys" {
                    items.iter_mut().for_each(|item| self.text(item, Self::label_key));
                } else {
                    items.iter_mut().for_each(|item| self.fields(item, field));
                }
            }
            Value::String(text) => {
                let scrambled = match field {
                    "image" => self.image(text),
                    "providerID" => self.provider(text),
                    "topologyKey" => self.label_key(text),
                    "schedulerName" if text == KNOWN_SCHEDULER => return,
                    "message" => String::new(),
                    name if NAMES.contains(&name) => self.name(text),
                    _ => return,
                };
                *text = scrambled;
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Taints, tolerations and selector requirements: a key and its values.
    fn keyed(&mut self, fields: &mut serde_json::Map<String, Value>) {
        let key = fields["key"].as_str().unwrap_or_default().to_owned();
        for (name, value) in fields.iter_mut() {
            match (name.as_str(), value) {
                ("key", Value::String(text)) => *text = self.label_key(text),
                // Of `matchFields` the key is a field of the object.
                ("value", Value::String(text)) => *text = self.label(&key, text),
                ("values", Value::Array(values)) => {
                    for value in values {
                        let Value::String(text) = value else { continue };
                        *text = if key == "metadata.name" { self.name(text) } else { self.label(&key, text) };
                    }
                }
                (name, value) => self.fields(value, name),
            }
        }
    }

    fn text(&mut self, value: &mut Value, change: fn(&mut Self, &str) -> String) {
        if let Value::String(text) = value {
            *text = change(self, text);
        }
    }

    /// The value of a label.
    fn label(&mut self, key: &str, value: &str) -> String {
        let plain = PLAIN_KEYS.iter().any(|known| key.starts_with(known));
        let number = value.bytes().all(|byte| byte.is_ascii_digit()) || matches!(value, "true" | "false");
        if plain || number { value.to_owned() } else { self.name(value) }
    }

    /// The key of a label: unknown domains are scrambled, well-known ones stay.
    fn label_key(&mut self, key: &str) -> String {
        match key.split_once('/') {
            Some((domain, name)) if !KNOWN_DOMAINS.iter().any(|known| domain.ends_with(known)) => {
                format!("{}/{name}", self.name(domain))
            }
            _ => key.to_owned(),
        }
    }

    /// A name, word by word. The name of the autoscaler stays, because it is recognised by it.
    fn name(&mut self, name: &str) -> String {
        if let Some((before, after)) = name.split_once(AUTOSCALER) {
            return format!("{}{AUTOSCALER}{}", self.name(before), self.name(after));
        }
        if KNOWN_NAMES.contains(&name) {
            return name.to_owned();
        }
        if let Some(whole) = self.whole.get(name) {
            return whole.clone();
        }
        // The mirror of a static pod ends with its node.
        let ends = |(node, _): &(&String, &String)| name.len() > node.len() && name.ends_with(node.as_str());
        if name.starts_with("kube-")
            && let Some((node, whole)) = self.whole.iter().find(ends)
        {
            return format!("{}{whole}", &name[..name.len() - node.len()]);
        }
        let mut out = String::with_capacity(name.len());
        let mut word = String::new();
        for letter in name.chars() {
            if letter.is_ascii_alphanumeric() {
                word.push(letter);
            } else {
                out += &self.word(&std::mem::take(&mut word));
                out.push(letter);
            }
        }
        out + &self.word(&word)
    }

    /// Another word of the same length, always the same for the same word; numbers stay.
    fn word(&mut self, word: &str) -> String {
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            return word.to_owned();
        }
        if let Some(known) = self.words.get(word) {
            return known.clone();
        }
        let bytes = word.bytes().fold(self.key, |hash, byte| mix(hash ^ u64::from(byte)));
        let mut length = word.len();
        let mut attempt = 0u64;
        let drawn = loop {
            let drawn = letters(mix(bytes ^ attempt), length);
            if self.taken.insert(drawn.clone()) {
                break drawn;
            }
            attempt += 1;
            // Of the shortest words there are few.
            if attempt.is_multiple_of(64) {
                length += 1;
            }
        };
        self.words.insert(word.to_owned(), drawn.clone());
        drawn
    }

    /// An image name; equal ones stay equal.
    fn image(&mut self, image: &str) -> String {
        let plain: String =
            image.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
        format!("image/{}", self.word(&plain))
    }

    /// A `providerID`: the zone stays, the instance id is replaced.
    fn provider(&mut self, id: &str) -> String {
        let (place, instance) = id.rsplit_once('/').unwrap_or(("", id));
        let bytes = instance.bytes().fold(self.key, |hash, byte| mix(hash ^ u64::from(byte)));
        format!("{place}/i-0{:016x}", mix(bytes))
    }
}

/// Whether it is a plain map of strings and not a selector with requirements.
fn is_map(fields: &serde_json::Map<String, Value>) -> bool {
    fields.values().all(Value::is_string)
}

fn letters(mut draw: u64, length: usize) -> String {
    let mut out = String::new();
    for _ in 0..length {
        out.push(char::from(b'a' + (draw % 26) as u8));
        draw = mix(draw);
    }
    out
}

#[cfg(test)]
mod tests;
