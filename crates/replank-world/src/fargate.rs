//! How pods and nodes of Fargate look, and which pods a profile selects. Who launches them stands elsewhere.

pub use replank_service::ports::fargate::{FargateProfile, FargateSelector};

use crate::object::Pod;
use crate::vocab::labels::Map;
use crate::world::World;

/// Label of a pod that runs on Fargate, with the name of its profile (EKS).
pub const PROFILE: &str = "eks.amazonaws.com/fargate-profile";
/// Label and taint of a node, and an annotation by which a pod says where it is to run (EKS).
pub const COMPUTE_TYPE: &str = "eks.amazonaws.com/compute-type";
/// The value of both on Fargate.
pub const FARGATE: &str = "fargate";
/// `spec.schedulerName` of pods on Fargate.
pub const SCHEDULER: &str = "fargate-scheduler";
/// `spec.priorityClassName` of pods on Fargate, and its value.
pub const PRIORITY_CLASS: (&str, i32) = ("system-node-critical", 2_000_001_000);

/// Whether Fargate runs a pod.
pub fn runs(world: &World, pod: &Pod) -> bool {
    world.store.labels.get(pod.meta.labels).contains_key(PROFILE)
}

/// Whether these are the labels of a node of Fargate.
pub fn is_node(labels: &Map) -> bool {
    labels.get(COMPUTE_TYPE).is_some_and(|value| **value == *FARGATE)
}

/// Whether a profile selects pods of that namespace with these labels.
pub fn selects(profile: &FargateProfile, namespace: &str, labels: &Map) -> bool {
    profile.selectors.iter().any(|selector| is_selected(selector, namespace, labels))
}

fn is_selected(selector: &FargateSelector, namespace: &str, labels: &Map) -> bool {
    let has = |(key, wanted): (&String, &String)| {
        labels.get(key.as_str()).is_some_and(|value| is_like(wanted.as_bytes(), value.as_bytes()))
    };
    is_like(selector.namespace.as_bytes(), namespace.as_bytes()) && selector.labels.iter().all(has)
}

/// Whether a text is what a pattern says: `*` stands for any text, `?` for any character.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=text.len()).any(|from| is_like(rest, &text[from..])),
        (Some((b'?', rest)), Some((_, text))) => is_like(rest, text),
        (Some((letter, rest)), Some((found, text))) => letter == found && is_like(rest, text),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_profile_selects_by_namespace_and_all_labels_of_one_selector() {
        let selector = |namespace: &str, labels: &[(&str, &str)]| FargateSelector {
            namespace: namespace.into(),
            labels: labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        };
        let profile = FargateProfile {
            name: "fp".into(),
            selectors: vec![selector("batch-*", &[]), selector("shop", &[("app", "we?"), ("tier", "*")])],
        };
        let labels = |pairs: &[(&str, &str)]| -> Map {
            pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect::<BTreeMap<_, _>>()
        };
        for (namespace, own, wanted) in [
            ("batch-", labels(&[]), true),
            ("batch-night", labels(&[("x", "y")]), true),
            ("batch", labels(&[]), false),
            ("shop", labels(&[("app", "web"), ("tier", "")]), true),
            ("shop", labels(&[("app", "web")]), false),
            ("shop", labels(&[("app", "weeb"), ("tier", "a")]), false),
            ("other", labels(&[("app", "web"), ("tier", "a")]), false),
        ] {
            assert_eq!(selects(&profile, namespace, &own), wanted, "{namespace} {own:?}");
        }
    }
}
