//! Kinds of a few columns, and those with none of their own.

use std::collections::BTreeSet;

use serde_json::Value;

use super::age::human_duration;
use super::cell::{Subject, fields, list, or, text};
use super::columns;

pub(super) fn cells(it: Subject<'_>, kind: &str) -> Vec<Value> {
    if !columns::are_known(kind) {
        return vec![it.name(), it.cell("metadata.creationTimestamp")];
    }
    let count = |path: &str| it.at(path).as_object().map_or(0, serde_json::Map::len);
    let mut middle = match kind {
        "Namespace" => vec![it.cell("status.phase")],
        "Secret" => vec![it.cell("type"), Value::from(count("data"))],
        "ConfigMap" => vec![Value::from(count("data") + count("binaryData"))],
        "ServiceAccount" => vec![Value::from(list(it.at("secrets")).len())],
        "Lease" => vec![it.cell("spec.holderIdentity")],
        "RuntimeClass" => vec![it.cell("handler")],
        "CSINode" => vec![Value::from(list(it.at("spec.drivers")).len())],
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            vec![Value::from(list(it.at("webhooks")).len())]
        }
        "Scale" => vec![Value::from(it.number("spec.replicas")), Value::from(it.number("status.replicas"))],
        "ResourceQuota" => quota(it).to_vec(),
        "APIService" => api_service(it).to_vec(),
        "PriorityClass" => {
            return vec![
                it.name(),
                Value::from(it.number("value")),
                Value::from(it.at("globalDefault") == true),
                it.age(),
                it.cell("preemptionPolicy"),
            ];
        }
        "RoleBinding" | "ClusterRoleBinding" => return role_binding(it),
        "CertificateSigningRequest" => return signing_request(it),
        _ => Vec::new(),
    };
    middle.insert(0, it.name());
    middle.push(it.age());
    middle
}

fn role_binding(it: Subject<'_>) -> Vec<Value> {
    let named = |kind: &str| {
        let found = list(it.at("subjects")).iter().filter(|it| it["kind"] == kind);
        let names = found.map(|it| match (kind, text(&it["namespace"])) {
            ("ServiceAccount", namespace) if !namespace.is_empty() => {
                format!("{namespace}/{}", text(&it["name"]))
            }
            _ => text(&it["name"]),
        });
        Value::from(names.collect::<Vec<_>>().join(", "))
    };
    let role = format!("{}/{}", it.text("roleRef.kind"), it.text("roleRef.name"));
    vec![it.name(), Value::from(role), it.age(), named("User"), named("Group"), named("ServiceAccount")]
}

fn signing_request(it: Subject<'_>) -> Vec<Value> {
    let conditions = list(it.at("status.conditions"));
    let has = |wanted: &str| conditions.iter().any(|it| it["type"] == wanted);
    let mut state = match () {
        () if has("Denied") => "Denied",
        () if has("Approved") => "Approved",
        () => "Pending",
    }
    .to_owned();
    if has("Failed") {
        state.push_str(",Failed");
    }
    if !it.text("status.certificate").is_empty() {
        state.push_str(",Issued");
    }
    let duration = it.at("spec.expirationSeconds").as_i64().map(human_duration);
    vec![
        it.name(),
        it.age(),
        Value::from(it.text_or("spec.signerName", "<none>")),
        it.cell("spec.username"),
        Value::from(duration.unwrap_or_else(|| "<none>".to_owned())),
        Value::from(state),
    ]
}

fn quota(it: Subject<'_>) -> [Value; 2] {
    let resources: BTreeSet<_> = fields(it.at("status.hard")).map(|(resource, _)| resource).collect();
    let shown = |resource: &&String| {
        let used = or(text(&it.at("status.used")[resource.as_str()]), "0");
        format!("{resource}: {used}/{}", text(&it.at("status.hard")[resource.as_str()]))
    };
    let (limits, requests): (Vec<_>, Vec<_>) =
        resources.into_iter().partition(|resource| resource.starts_with("limits."));
    [requests, limits].map(|part| Value::from(part.iter().map(shown).collect::<Vec<_>>().join(", ")))
}

fn api_service(it: Subject<'_>) -> [Value; 2] {
    let service = match it.at("spec.service") {
        Value::Null => "Local".to_owned(),
        service => format!("{}/{}", text(&service["namespace"]), text(&service["name"])),
    };
    let found = list(it.at("status.conditions")).iter().find(|it| it["type"] == "Available");
    let available = match found {
        Some(condition) if condition["status"] == "True" => "True".to_owned(),
        Some(condition) => format!("{} ({})", text(&condition["status"]), text(&condition["reason"])),
        None => "Unknown".to_owned(),
    };
    [Value::from(service), Value::from(available)]
}
