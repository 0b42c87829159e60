//! Parses metadata: name, namespace, labels, annotations, finalizers.

use std::sync::Arc;

use super::super::apis::Api;
use super::super::names;
use super::super::wrong::{forbidden, invalid, required};
use super::Reader;
use crate::yaml::Field;
use replank_world::object::{Meta, Uid};
use replank_world::time::Time;
use replank_world::vocab::labels::{LabelSetId, Map};

/// Parses the metadata of an object, and its labels. `api` is `None` for custom resources.
pub(in super::super) fn meta(
    root: &Field<'_>,
    api: Option<&Api>,
    reader: &mut Reader<'_>,
) -> (Meta, Arc<Map>) {
    const HOLDER: &str = "ObjectMeta";
    let field = root.get("metadata");
    if field.value().is_some_and(|value| !value.is_object()) {
        reader.mistyped::<()>(&field, root.get("kind").text().unwrap_or_default(), "v1.ObjectMeta");
    }
    let name = name(&field, api, reader);
    let namespaced = api.is_none_or(|api| api.namespaced);
    let given = field.get("namespace");
    let namespace = match reader.text(&given, HOLDER) {
        // Whoever knows a foreign kind better than this says that it has no namespace.
        Some("") if api.is_none() => Arc::from(""),
        Some("") | None if namespaced => Arc::from(reader.known.namespace.as_str()),
        Some(text) if namespaced => {
            if let Some(detail) = names::dns_label(text) {
                reader.wrong.push(invalid(&given, detail));
            }
            Arc::from(text)
        }
        // The server takes it away from objects of the cluster (Kubernetes: `rest.BeforeCreate`).
        Some(_) | None => Arc::from(""),
    };
    let references = field.get("ownerReferences").value();
    let references = references.filter(|given| given.as_array().is_some_and(|all| !all.is_empty()));
    let labels = Arc::new(reader.labels(&field.get("labels"), HOLDER));
    let meta = Meta {
        namespace,
        name,
        uid: Uid::default(),
        version: 0,
        generation: 1,
        created_at: Time::default(),
        deletion: None,
        finalizers: reader.texts(&field.get("finalizers"), HOLDER),
        owner: None,
        references: references.map(|given| Arc::new(given.clone())),
        labels: LabelSetId(0),
        annotations: Arc::new(reader.annotations(&field.get("annotations"), HOLDER)),
    };
    (meta, labels)
}

fn name(field: &Field<'_>, api: Option<&Api>, reader: &mut Reader<'_>) -> Arc<str> {
    let given = field.get("name");
    let name = reader.shared(&given, "ObjectMeta").unwrap_or_default();
    if name.is_empty() {
        let wrong = if field.get("generateName").is_absent() {
            required(&given, "name or generateName is required")
        } else {
            forbidden(&field.get("generateName"), "cannot use generate name with apply")
        };
        reader.wrong.push(wrong);
        return name;
    }
    let detail = match api.map_or("", |api| api.kind) {
        "Namespace" if name.len() > 63 => Some("must be no more than 63 characters"),
        // Its Jobs add eleven characters of their own.
        "CronJob" if name.len() > 52 => Some("must be no more than 52 characters"),
        "Namespace" => names::dns_label(&name),
        "Service" => names::dns_1035(&name),
        // Names of roles and of kinds that the world knows nothing about may be freer.
        "" | "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" | "APIService" => None,
        _ => names::dns_subdomain(&name),
    };
    if let Some(detail) = detail {
        reader.wrong.push(invalid(&given, detail));
    }
    name
}
