//! Volumes, claims and storage classes.

use serde_json::Value;

use super::cell::{Subject, list, text};

/// Annotation that named the storage class in old versions.
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

const DEFAULT_ANNOTATIONS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

pub(super) fn volume(it: Subject<'_>) -> Vec<Value> {
    let claim = match it.at("spec.claimRef") {
        Value::Null => String::new(),
        claim => format!("{}/{}", text(&claim["namespace"]), text(&claim["name"])),
    };
    vec![
        it.name(),
        Value::from(it.text_or("spec.capacity.storage", "0")),
        Value::from(access_modes(it.at("spec.accessModes"))),
        it.cell("spec.persistentVolumeReclaimPolicy"),
        Value::from(phase(it)),
        Value::from(claim),
        Value::from(class_name(it)),
        Value::from(it.text_or("spec.volumeAttributesClassName", "<unset>")),
        it.cell("status.reason"),
        it.age(),
        Value::from(it.text_or("spec.volumeMode", "<unset>")),
    ]
}

pub(super) fn claim(it: Subject<'_>) -> Vec<Value> {
    let is_bound = !it.text("spec.volumeName").is_empty();
    let capacity = if is_bound { it.text_or("status.capacity.storage", "0") } else { String::new() };
    let modes = if is_bound { access_modes(it.at("status.accessModes")) } else { String::new() };
    vec![
        it.name(),
        Value::from(phase(it)),
        it.cell("spec.volumeName"),
        Value::from(capacity),
        Value::from(modes),
        Value::from(class_name(it)),
        Value::from(it.text_or("spec.volumeAttributesClassName", "<unset>")),
        it.age(),
        Value::from(it.text_or("spec.volumeMode", "<unset>")),
    ]
}

fn phase(it: Subject<'_>) -> String {
    match it.at("metadata.deletionTimestamp") {
        Value::Null => it.text("status.phase"),
        _ => "Terminating".to_owned(),
    }
}

fn class_name(it: Subject<'_>) -> String {
    match it.at("metadata.annotations").get(CLASS_ANNOTATION) {
        Some(class) => text(class),
        None => it.text("spec.storageClassName"),
    }
}

/// Each access mode once, in the order of the API server.
fn access_modes(modes: &Value) -> String {
    let known = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |mode: &str| list(modes).iter().any(|it| it == mode);
    let found = known.iter().filter(|(mode, _)| has(mode)).map(|(_, short)| *short);
    found.collect::<Vec<_>>().join(",")
}

pub(super) fn class(it: Subject<'_>) -> Vec<Value> {
    let annotations = it.at("metadata.annotations");
    let is_default = DEFAULT_ANNOTATIONS.iter().any(|key| annotations[*key] == "true");
    let mark = if is_default { " (default)" } else { "" };
    vec![
        Value::from(format!("{}{mark}", it.text("metadata.name"))),
        it.cell("provisioner"),
        Value::from(it.text_or("reclaimPolicy", "Delete")),
        Value::from(it.text_or("volumeBindingMode", "Immediate")),
        Value::from(it.at("allowVolumeExpansion") == true),
        it.age(),
    ]
}

pub(super) fn driver(it: Subject<'_>) -> Vec<Value> {
    let modes: Vec<_> = list(it.at("spec.volumeLifecycleModes")).iter().map(text).collect();
    let modes = if modes.is_empty() { "<none>".to_owned() } else { modes.join(",") };
    let audiences = list(it.at("spec.tokenRequests")).iter().map(|token| text(&token["audience"]));
    let tokens = match it.at("spec.tokenRequests") {
        Value::Null => "<unset>".to_owned(),
        _ => audiences.collect::<Vec<_>>().join(","),
    };
    vec![
        it.name(),
        Value::from(it.at("spec.attachRequired") != false),
        Value::from(it.at("spec.podInfoOnMount") == true),
        Value::from(it.at("spec.storageCapacity") == true),
        Value::from(tokens),
        Value::from(it.at("spec.requiresRepublish") == true),
        Value::from(modes),
        it.age(),
    ]
}

pub(super) fn attachment(it: Subject<'_>) -> Vec<Value> {
    vec![
        it.name(),
        it.cell("spec.attacher"),
        it.cell("spec.source.persistentVolumeName"),
        it.cell("spec.nodeName"),
        Value::from(it.at("status.attached") == true),
        it.age(),
    ]
}
