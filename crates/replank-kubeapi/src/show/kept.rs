//! Objects of kinds that nothing in the world acts on: shown as given, with the server's metadata.

use replank_world::store::{Other, Ref};
use serde_json::{Value, json};

use super::meta::meta;
use super::template::completed;
use super::{At, NamespacedName, View};
use super::{claim, said};
use crate::resource::Resource;

/// Stored objects of a resource.
pub(super) fn all(
    view: View<'_>,
    resource: &Resource,
    namespace: Option<&str>,
    out: &mut Vec<(NamespacedName, At)>,
) {
    let others = view.world.store.others.of(group(resource), &resource.kind);
    let others = others.filter(|(_, other)| namespace.is_none_or(|name| *other.meta.namespace == *name));
    out.extend(others.map(|(id, other)| {
        ((other.meta.namespace.clone(), other.meta.name.clone()), At::Of(Ref::Other(id)))
    }));
}

/// The stored object with this namespace and name.
pub(super) fn find(view: View<'_>, resource: &Resource, namespace: &str, name: &str) -> Option<At> {
    let others = &view.world.store.others;
    others.find_in(group(resource), &resource.kind, namespace, name).map(|id| At::Of(Ref::Other(id)))
}

/// API group under which objects are stored; both groups of events share one.
fn group(resource: &Resource) -> &str {
    if resource.group == "events.k8s.io" { "" } else { &resource.group }
}

/// A kept object.
pub(super) fn object(view: View<'_>, other: &Other) -> Value {
    let mut out = Value::clone(&other.raw);
    let mut metadata = meta(view, &other.meta);
    // Most of these kinds have no spec that generations could count.
    let built_in = other.group().is_empty() || other.group().ends_with(".k8s.io");
    if built_in
        && !matches!(other.group(), "networking.k8s.io" | "apiextensions.k8s.io")
        && let Some(fields) = metadata.as_object_mut()
    {
        fields.shift_remove("generation");
    }
    if let Some(base) = other.raw["metadata"].get("generateName") {
        metadata["generateName"] = base.clone();
    }
    out["metadata"] = metadata;
    match &*other.kind {
        "Namespace" => {
            let ending = other.meta.deletion.is_some();
            out["spec"] = json!({"finalizers": ["kubernetes"]});
            let said = out["status"].take();
            out["status"] = json!({"phase": if ending { "Terminating" } else { "Active" }});
            said::over(&mut out["status"], &said);
            out["metadata"]["labels"]["kubernetes.io/metadata.name"] = json!(*other.meta.name);
        }
        "PersistentVolume" if other.group().is_empty() => {
            claim::complete_volume(view, &other.meta.name, &mut out);
        }
        "Secret" if out["type"].is_null() => out["type"] = json!("Opaque"),
        "HorizontalPodAutoscaler" => {
            // Nobody counts for it; a new one of a real cluster says the same.
            for key in ["currentReplicas", "desiredReplicas"] {
                if out["status"][key].is_null() {
                    out["status"][key] = json!(0);
                }
            }
        }
        "CustomResourceDefinition" => definition(&mut out),
        "ConfigMap" if &*other.meta.name == "kube-root-ca.crt" && out["data"]["ca.crt"] == "" => {
            out["data"]["ca.crt"] = json!(view.world.known.root_ca);
        }
        "ControllerRevision" => {
            let template = &mut out["data"]["spec"]["template"];
            if template.is_object() {
                *template = completed(template);
                template["$patch"] = json!("replace");
            }
        }
        _ => {}
    }
    out
}

/// Adds what the server sets in a custom resource definition.
fn definition(out: &mut Value) {
    let names = &mut out["spec"]["names"];
    let kind = names["kind"].as_str().unwrap_or_default().to_owned();
    if names["singular"].is_null() {
        names["singular"] = json!(kind.to_lowercase());
    }
    if names["listKind"].is_null() {
        names["listKind"] = json!(format!("{kind}List"));
    }
    let names = names.clone();
    let since = out["metadata"]["creationTimestamp"].clone();
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": since,
        })
    };
    let conditions = json!([
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ]);
    let versions = out["spec"]["versions"].as_array().into_iter().flatten();
    let stored = versions.filter(|version| version["storage"] == true).map(|version| version["name"].clone());
    let stored: Vec<Value> = stored.collect();
    let said = out["status"].take();
    out["status"] = json!({"acceptedNames": names, "conditions": conditions, "storedVersions": stored});
    said::over(&mut out["status"], &said);
}
