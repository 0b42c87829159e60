//! Nodes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cell::{Subject, fields, list, or, text};

pub(super) fn cells(node: Subject<'_>) -> Vec<Value> {
    let unknown = |path| Value::from(node.text_or(path, "<unknown>"));
    vec![
        node.name(),
        Value::from(status(node)),
        Value::from(or(roles(node), "<none>")),
        node.age(),
        node.cell("status.nodeInfo.kubeletVersion"),
        Value::from(address(node, "InternalIP")),
        Value::from(address(node, "ExternalIP")),
        unknown("status.nodeInfo.osImage"),
        unknown("status.nodeInfo.kernelVersion"),
        unknown("status.nodeInfo.containerRuntimeVersion"),
    ]
}

/// A condition whose status is unknown counts as not ready.
fn status(node: Subject<'_>) -> String {
    let ready = list(node.at("status.conditions")).iter().rfind(|it| it["type"] == "Ready");
    let word = match ready.map(|it| it["status"] == "True") {
        Some(true) => "Ready",
        Some(false) => "NotReady",
        None => "Unknown",
    };
    let is_cordoned = node.at("spec.unschedulable") == true;
    format!("{word}{}", if is_cordoned { ",SchedulingDisabled" } else { "" })
}

fn roles(node: Subject<'_>) -> String {
    let mut found = BTreeSet::new();
    for (key, value) in fields(node.at("metadata.labels")) {
        let named = key.strip_prefix("node-role.kubernetes.io/").map(str::to_owned);
        let role = named.or_else(|| (key == "kubernetes.io/role").then(|| text(value)));
        found.extend(role.filter(|role| !role.is_empty()));
    }
    found.into_iter().collect::<Vec<_>>().join(",")
}

fn address(node: Subject<'_>, wanted: &str) -> String {
    let found = list(node.at("status.addresses")).iter().find(|it| it["type"] == wanted);
    found.map_or_else(|| "<none>".to_owned(), |it| text(&it["address"]))
}
