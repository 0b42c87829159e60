//! Parses node affinity, pod affinity and anti-affinity.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::wrong::{invalid, invalid_value, required};
use super::Reader;
use super::selector::{label_selector, node_requirement};
use crate::yaml::Field;
use replank_world::object::{Affinity, PodSpec, PodTerm, Weighted};
use replank_world::vocab::selector::{Selector, Test};

/// Parses `affinity` into the spec.
pub(super) fn read(field: &Field<'_>, spec: &mut PodSpec, reader: &mut Reader<'_>) {
    node(&field.get("nodeAffinity"), spec, reader);
    spec.affinity = pods(&field.get("podAffinity"), "PodAffinity", reader);
    spec.anti_affinity = pods(&field.get("podAntiAffinity"), "PodAntiAffinity", reader);
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

fn node(field: &Field<'_>, spec: &mut PodSpec, reader: &mut Reader<'_>) {
    let must = field.get(REQUIRED);
    if !must.is_absent() {
        let terms = must.get("nodeSelectorTerms");
        let items = reader.items(&terms, "NodeSelector", "[]v1.NodeSelectorTerm");
        if items.is_empty() {
            reader.wrong.push(required(&terms, "must have at least one node selector term"));
        }
        let mut selectors = Vec::new();
        for item in items {
            let names = names(&item.get("matchFields"), reader);
            let selector = node_term(&item, reader);
            // A term without any requirement selects nothing (Kubernetes: `nodeaffinity.isEmptyNodeSelectorTerm`).
            if !selector.requirements.is_empty() {
                selectors.push(selector);
            }
            if let Some(names) = names {
                spec.node_names.get_or_insert_default().extend(names);
            }
        }
        if spec.node_names.is_none() || !selectors.is_empty() {
            spec.node_required = Some(selectors);
        }
    }
    for item in reader.items(&field.get(PREFERRED), "NodeAffinity", "[]v1.PreferredSchedulingTerm") {
        let weight = weight(&item, reader);
        let term = node_term(&item.get("preference"), reader);
        if !term.requirements.is_empty() {
            spec.node_preferred.push(Weighted { weight, term });
        }
    }
}

fn node_term(field: &Field<'_>, reader: &mut Reader<'_>) -> Selector {
    let items =
        reader.items(&field.get("matchExpressions"), "NodeSelectorTerm", "[]v1.NodeSelectorRequirement");
    Selector { requirements: items.iter().filter_map(|item| node_requirement(item, reader)).collect() }
}

/// The names in `matchFields`, where only `metadata.name` is allowed.
fn names(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<BTreeSet<Arc<str>>> {
    let items = reader.items(field, "NodeSelectorTerm", "[]v1.NodeSelectorRequirement");
    let mut names = None;
    for item in items {
        let key = item.get("key");
        if key.text() != Some("metadata.name") {
            reader.wrong.push(invalid(&key, "not a valid field selector key"));
            continue;
        }
        if let Some(Test::In(values)) = node_requirement(&item, reader).map(|requirement| requirement.test) {
            names = Some(values);
        }
    }
    names
}

fn weight(item: &Field<'_>, reader: &mut Reader<'_>) -> i64 {
    let field = item.get("weight");
    let weight = reader.int(&field, "WeightedPodAffinityTerm", "int32").unwrap_or(0);
    if !(1..=100).contains(&weight) {
        reader.wrong.push(invalid_value(&field, &weight.to_string(), "must be in the range 1-100"));
    }
    weight
}

fn pods(field: &Field<'_>, holder: &str, reader: &mut Reader<'_>) -> Affinity {
    let mut affinity = Affinity::default();
    for item in reader.items(&field.get(REQUIRED), holder, "[]v1.PodAffinityTerm") {
        affinity.required.push(pod_term(&item, reader));
    }
    for item in reader.items(&field.get(PREFERRED), holder, "[]v1.WeightedPodAffinityTerm") {
        let weight = weight(&item, reader);
        affinity.preferred.push(Weighted { weight, term: pod_term(&item.get("podAffinityTerm"), reader) });
    }
    affinity
}

fn pod_term(field: &Field<'_>, reader: &mut Reader<'_>) -> PodTerm {
    const HOLDER: &str = "PodAffinityTerm";
    let key = field.get("topologyKey");
    let topology_key = reader.shared(&key, HOLDER).unwrap_or_default();
    if topology_key.is_empty() {
        reader.wrong.push(required(&key, "can not be empty"));
    }
    let everywhere = field.get("namespaceSelector");
    PodTerm {
        selector: label_selector(&field.get("labelSelector"), reader),
        namespaces: reader.texts(&field.get("namespaces"), HOLDER).into_iter().collect(),
        all_namespaces: label_selector(&everywhere, reader).is_some_and(|all| all.requirements.is_empty()),
        topology_key,
    }
}
