//! Parses volume claims, volumes and storage classes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::wrong::{invalid, required, unsupported};
use super::resources::quantity;
use super::{Reader, raw};
use crate::yaml::Field;
use replank_world::object::{BindingMode, Claim, ClaimPhase, Meta, StorageClass, Zonal};
use replank_world::vocab::selector::{Requirement, Selector, Test};

/// Checks a claim's spec: class, whether one pod at a time may use it, whether one node at a time may.
pub(super) fn check_claim(root: &Field<'_>, reader: &mut Reader<'_>) -> (Option<Arc<str>>, bool, bool) {
    const HOLDER: &str = "PersistentVolumeClaimSpec";
    const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
    let spec = root.get("spec");
    let modes = spec.get("accessModes");
    let given = reader.texts(&modes, HOLDER);
    if given.is_empty() {
        reader.wrong.push(required(&modes, "at least 1 access mode is required"));
    }
    for item in modes.items() {
        if item.text().is_some_and(|mode| !MODES.contains(&mode)) {
            reader.wrong.push(unsupported(&item, &MODES));
        }
    }
    let has = |wanted: &str| given.iter().any(|mode| mode.as_ref() == wanted);
    if has("ReadWriteOncePod") && given.len() > 1 {
        let detail = "may not use ReadWriteOncePod with other access modes";
        reader.wrong.push(super::super::wrong::forbidden(&modes, detail));
    }
    let size = spec.get("resources").get("requests").get("storage");
    if size.is_absent() {
        reader.wrong.push(required(&size, ""));
    } else if quantity(&size, reader).is_some_and(|(_, amount)| amount <= 0) {
        reader.wrong.push(invalid(&size, "must be greater than zero"));
    }
    let class = reader.shared(&spec.get("storageClassName"), HOLDER);
    let one_node = has("ReadWriteOnce") && !has("ReadWriteMany");
    (class, has("ReadWriteOncePod"), one_node || has("ReadWriteOncePod"))
}

/// Parses a `PersistentVolumeClaim` as pending. Claims that name their volume are bound once all manifests are
/// read.
pub(super) fn claim(root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> Claim {
    let (class, one_pod, one_node) = check_claim(root, reader);
    let mut meta = meta;
    meta.finalizers.push(Arc::from(replank_world::object::PROTECTION));
    Claim {
        meta,
        class,
        phase: ClaimPhase::Pending,
        one_pod,
        one_node,
        attached: None,
        under_way: None,
        raw: raw(root),
    }
}

/// Volume sources that the kubelet mounts without an attach operation.
pub const NOT_ATTACHED: [&str; 5] = ["local", "hostPath", "nfs", "cephfs", "glusterfs"];

/// Whether a `PersistentVolume` has to be attached to a node.
pub fn is_attached(volume: &serde_json::Value) -> bool {
    NOT_ATTACHED.iter().all(|source| volume["spec"][*source].is_null())
}

/// The nodes that can use a `PersistentVolume`, by its node affinity.
pub fn reach(volume: &serde_json::Value) -> Zonal {
    let terms = &volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"];
    let Some(terms) = terms.as_array().filter(|terms| !terms.is_empty()) else { return Zonal::Anywhere };
    let term = |term: &serde_json::Value| {
        let expressions = term["matchExpressions"].as_array().into_iter().flatten();
        Selector { requirements: expressions.filter_map(requirement).collect() }
    };
    // A term without any requirement selects nothing (Kubernetes: `nodeaffinity.isEmptyNodeSelectorTerm`).
    let terms: Vec<Selector> = terms.iter().map(term).filter(|term| !term.requirements.is_empty()).collect();
    match only_zone(&terms) {
        Some(zone) => Zonal::Zone(zone),
        None => Zonal::Nodes(terms.into()),
    }
}

/// The zone, when the terms require one zone and nothing else.
fn only_zone(terms: &[Selector]) -> Option<Arc<str>> {
    let [Selector { requirements }] = terms else { return None };
    let [Requirement { key, test: Test::In(zones) }] = requirements.as_slice() else { return None };
    let is_zone = matches!(&**key, "topology.kubernetes.io/zone" | "failure-domain.beta.kubernetes.io/zone");
    zones.first().filter(|_| is_zone && zones.len() == 1).cloned()
}

/// One of `matchExpressions`; `None` when malformed.
pub fn requirement(given: &serde_json::Value) -> Option<Requirement> {
    let values = || -> BTreeSet<Arc<str>> {
        let values = given["values"].as_array().into_iter().flatten();
        values.filter_map(serde_json::Value::as_str).map(Arc::from).collect()
    };
    let bound = || given["values"][0].as_str().and_then(|text| text.parse().ok());
    let test = match given["operator"].as_str()? {
        "In" => Test::In(values()),
        "NotIn" => Test::NotIn(values()),
        "Exists" => Test::Exists,
        "DoesNotExist" => Test::DoesNotExist,
        "Gt" => Test::Gt(bound()?),
        "Lt" => Test::Lt(bound()?),
        _ => return None,
    };
    Some(Requirement { key: given["key"].as_str()?.into(), test })
}

/// Parses `allowedTopologies`: one of the terms must hold, with all of its labels.
fn topologies(field: &Field<'_>, reader: &mut Reader<'_>) -> Vec<Selector> {
    let terms = reader.items(field, "StorageClass", "[]v1.TopologySelectorTerm");
    let mut allowed = Vec::new();
    for term in terms {
        let labels = term.get("matchLabelExpressions");
        let labels = reader.items(&labels, "TopologySelectorTerm", "[]v1.TopologySelectorLabelRequirement");
        let requirement = |label: Field<'_>| {
            let key = reader.required(&label.get("key"), "TopologySelectorLabelRequirement");
            let values = label.get("values");
            let given = reader.texts(&values, "TopologySelectorLabelRequirement");
            if given.is_empty() {
                reader.wrong.push(required(&values, ""));
            }
            Requirement { key, test: Test::In(given.into_iter().collect()) }
        };
        allowed.push(Selector { requirements: labels.into_iter().map(requirement).collect() });
    }
    allowed
}

/// The provisioner of classes whose volumes are created by hand.
const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

/// Parses a `StorageClass`.
pub(super) fn storage_class(root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> StorageClass {
    const HOLDER: &str = "StorageClass";
    let provisioner = reader.required(&root.get("provisioner"), HOLDER);
    let modes = ["Immediate", "WaitForFirstConsumer"];
    let mode = reader.one_of(&root.get("volumeBindingMode"), HOLDER, &modes);
    let is_default =
        ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
    StorageClass {
        binding: match mode {
            Some("WaitForFirstConsumer") => BindingMode::WaitForFirstConsumer,
            Some(_) | None => BindingMode::Immediate,
        },
        provisions: provisioner.as_ref() != NO_PROVISIONER,
        allowed: topologies(&root.get("allowedTopologies"), reader),
        raw: raw(root),
        is_default: is_default
            .iter()
            .any(|key| meta.annotations.get(*key).is_some_and(|value| &**value == "true")),
        meta,
    }
}
