//! Component configurations embedded in `ConfigMap`s, turned into objects of their own.

use replank_check::{Item, Name};
use serde_json::{Value, json};

use super::{Looked, files};

/// Kinds of configurations that rules read.
const KINDS: [&str; 2] = ["KubeletConfiguration", "KubeProxyConfiguration"];
/// Prefixes of the names of the `ConfigMap`s with such configurations (kubeadm, EKS).
const NAMES: [&str; 2] = ["kube-proxy", "kubelet-config"];

/// Adds the configurations embedded in `ConfigMap`s to the objects.
pub(super) fn take_apart(looked: &mut Looked) {
    let mut found = Vec::new();
    for item in looked.subject.items.iter().filter(|item| item.kind() == "ConfigMap") {
        let name = item.name();
        if NAMES.iter().any(|begin| name.name.starts_with(begin)) {
            for text in
                item.object["data"].as_object().into_iter().flatten().filter_map(|(_, text)| text.as_str())
            {
                found.extend(
                    inside(text, &name)
                        .into_iter()
                        .map(|object| Item { object, origin: item.origin.clone() }),
                );
            }
        }
    }
    looked.subject.items.extend(found);
}

fn inside(text: &str, name: &Name) -> Vec<Value> {
    if !KINDS.iter().any(|kind| text.contains(kind)) {
        return Vec::new();
    }
    let objects = files::objects(&name.name, text).unwrap_or_default();
    let is_wanted = |object: &Value| object["kind"].as_str().is_some_and(|kind| KINDS.contains(&kind));
    let named = |mut object: Value| {
        object["metadata"] = json!({"name": name.name, "namespace": name.namespace});
        object
    };
    objects.into_iter().filter(is_wanted).map(named).collect()
}
