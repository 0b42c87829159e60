//! Derives a node group's definition from its nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_core::version::Minor;
use serde_json::{Map, Value, json};

use super::census::Member;
use super::{Census, UNNAMED_IMAGE};
use crate::snapshot::paces::Paces;
use replank_engine::ports::marks::{GUARD_VALUE, NODEGROUP, NODEGROUP_IMAGE};
use replank_world::cloud::catalogue::Catalogue;
use replank_world::vocab::labels::Map as Labels;

/// Prefixes of labels that cluster, cloud or an update set by themselves.
const BY_ITSELF: [&str; 8] = [
    "eks.amazonaws.com/",
    "failure-domain.beta.kubernetes.io/",
    "kubernetes.io/",
    "beta.kubernetes.io/",
    "node.kubernetes.io/",
    "topology.kubernetes.io/",
    "topology.k8s.aws/",
    "topology.ebs.csi.aws.com/",
];
/// Prefixes of taints that conditions, an update or an autoscaler set.
const PASSING: [&str; 4] =
    ["node.kubernetes.io/", "node.cloudprovider.kubernetes.io/", "ToBeDeletedBy", "DeletionCandidate"];

/// The group in the form of a world file. By default the present number of nodes is both minimum and desired
/// size, and one more the maximum.
pub(crate) fn group(name: &str, members: &[Member<'_>], cluster: &str, paces: &Paces) -> Value {
    let count = members.len();
    let mut zones: BTreeMap<&str, usize> = BTreeMap::new();
    for member in members {
        *zones.entry(super::zone_of(member.node)).or_default() += 1;
    }
    let instance_type = most(members.iter().map(|member| {
        let labels = ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"];
        labels.iter().find_map(|key| member.label(key)).unwrap_or("unknown").to_owned()
    }));
    let mut group = json!({
        "name": name,
        "zones": Census::zones(members),
        "zoneSizes": zones,
        "size": {"min": count, "desired": count, "max": count + 1},
        "instanceType": instance_type,
        "capacityType": most(members.iter().map(capacity_type)),
        "labels": common_labels(members),
        "taints": common_taints(members),
    });
    if let Some(capacity) = capacity(members) {
        group["capacity"] = capacity;
    }
    if let Some(join) = paces.join(name) {
        group["timings"] = json!({"join": join});
    }
    image(&mut group, members, cluster);
    group
}

/// The most frequent value.
fn most(all: impl Iterator<Item = String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(one, _)| one).unwrap_or_default()
}

fn capacity_type(member: &Member<'_>) -> String {
    match member.label("eks.amazonaws.com/capacityType") {
        Some("SPOT") => "SPOT".to_owned(),
        Some("CAPACITY_BLOCK") => "CAPACITY_BLOCK".to_owned(),
        _ => "ON_DEMAND".to_owned(),
    }
}

fn capacity(members: &[Member<'_>]) -> Option<Value> {
    let of = |member: &Member<'_>| {
        let offered = &member.node["status"]["allocatable"];
        let text = |key: &str| match &offered[key] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let pods = text("pods").and_then(|text| text.parse::<u32>().ok()).unwrap_or(110).clamp(1, 1000);
        Some(json!({"cpu": text("cpu")?, "memory": text("memory")?, "pods": pods}).to_string())
    };
    serde_json::from_str(&most(members.iter().filter_map(of))).ok()
}

fn common_labels(members: &[Member<'_>]) -> Map<String, Value> {
    let Some(first) = members.first().and_then(|member| member.node["metadata"]["labels"].as_object()) else {
        return Map::new();
    };
    let own = |key: &str| BY_ITSELF.iter().all(|prefix| !key.starts_with(prefix));
    let everywhere = |key: &str, value: &Value| {
        members.iter().all(|member| &member.node["metadata"]["labels"][key] == value)
    };
    let kept = first.iter().filter(|(key, value)| own(key) && everywhere(key, value));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Labels that are equal on all nodes of a zone but not on all nodes of the group, such as those of storage
/// drivers: new nodes in the zone get them.
pub fn zone_labels(members: &[Member<'_>]) -> BTreeMap<Arc<str>, Labels> {
    let mut by_zone: BTreeMap<&str, Vec<&Member<'_>>> = BTreeMap::new();
    for member in members {
        by_zone.entry(super::zone_of(member.node)).or_default().push(member);
    }
    let own = |key: &str| BY_ITSELF.iter().all(|prefix| !key.starts_with(prefix));
    let of_zone = |of_zone: &[&Member<'_>]| -> Labels {
        let labels = of_zone.first().and_then(|member| member.node["metadata"]["labels"].as_object());
        let labels = labels.into_iter().flatten().filter_map(|(key, value)| Some((key, value.as_str()?)));
        // What a single node of a zone has may be its own; what names a place is not.
        let kept = labels.filter(|(key, value)| {
            let alike = of_zone.iter().all(|member| member.label(key) == Some(*value));
            let differs = members.iter().any(|member| member.label(key) != Some(*value));
            let of_place = key.contains("topology") || key.contains("zone") || of_zone.len() > 1;
            own(key) && alike && differs && of_place
        });
        kept.map(|(key, value)| (Arc::from(key.as_str()), Arc::from(value))).collect()
    };
    by_zone.into_iter().map(|(zone, members)| (Arc::from(zone), of_zone(&members))).collect()
}

fn common_taints(members: &[Member<'_>]) -> Vec<Value> {
    let taints = |member: &Member<'_>| member.node["spec"]["taints"].as_array().cloned().unwrap_or_default();
    let plain = |taint: &Value| {
        let text = |key: &str| taint[key].as_str().unwrap_or_default();
        json!({"key": text("key"), "value": text("value"), "effect": text("effect")})
    };
    let passing = |taint: &Value| {
        let key = taint["key"].as_str().unwrap_or_default();
        PASSING.iter().any(|prefix| key.starts_with(prefix))
            || (key == NODEGROUP && taint["value"] == GUARD_VALUE)
    };
    let first = members.first().map(taints).unwrap_or_default();
    let everywhere = |taint: &Value| {
        members.iter().all(|member| taints(member).iter().any(|other| plain(other) == *taint))
    };
    first.iter().filter(|taint| !passing(taint)).map(plain).filter(everywhere).collect()
}

/// Sets AMI type, release where it is known, and Kubernetes version, from the newest node.
fn image(group: &mut Value, members: &[Member<'_>], cluster: &str) {
    let number = |version: &String| Minor::parse(version);
    let newest = members.iter().filter_map(Member::minor).max_by_key(number);
    let version = newest.filter(|version| number(version) <= number(&cluster.to_owned()));
    let version = version.unwrap_or_else(|| cluster.to_owned());
    group["version"] = Value::from(version.as_str());
    let label = members.iter().rev().find_map(|member| member.label(NODEGROUP_IMAGE));
    let known = label.and_then(|label| Catalogue::get().by_id(label));
    let family = known.map(|image| image.ami_type.to_string()).or_else(|| members.first().and_then(family));
    let there = |family: &String| Catalogue::get().releases(family, &version).is_ok();
    match family.filter(there) {
        Some(family) => {
            group["imageType"] = Value::from(family);
            let release =
                known.filter(|image| *image.minor == *version).map(|image| image.release.to_string());
            group["release"] = Value::from(release.unwrap_or_else(|| "newest".to_owned()));
        }
        None => {
            group["imageType"] = Value::from("CUSTOM");
            group["image"] = Value::from(label.unwrap_or(UNNAMED_IMAGE));
        }
    }
}

/// The AMI type that belongs to a node's operating system.
fn family(member: &Member<'_>) -> Option<String> {
    let node = &member.node["status"]["nodeInfo"];
    let os = node["osImage"].as_str()?;
    let arm = node["architecture"] == "arm64";
    let arch = if arm { "ARM_64" } else { "x86_64" };
    Some(match os {
        _ if os.starts_with("Amazon Linux 2023") => format!("AL2023_{arch}_STANDARD"),
        _ if os.starts_with("Amazon Linux 2") => format!("AL2_{arch}"),
        _ if os.starts_with("Bottlerocket") => format!("BOTTLEROCKET_{arch}"),
        _ if os.contains("Windows") && os.contains("2019") => "WINDOWS_CORE_2019_x86_64".to_owned(),
        _ if os.contains("Windows") => "WINDOWS_CORE_2022_x86_64".to_owned(),
        _ => return None,
    })
}
