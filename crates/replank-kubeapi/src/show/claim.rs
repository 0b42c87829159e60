//! Persistent volume claims, their volumes, and storage classes.

use std::sync::Arc;

use replank_world::object::{BindingMode, Claim, ClaimPhase, StorageClass, VOLUME_PROTECTION, Zonal};
use replank_world::store::{Other, Ref};
use serde_json::{Value, json};

use super::defaults::set;
use super::meta::{derived, meta};
use super::{At, View, said, whole};

/// A claim; a bound one has the capacity and modes of its volume.
pub(super) fn claim(view: View<'_>, claim: &Claim) -> Value {
    let mut spec = claim.raw["spec"].as_object().cloned().unwrap_or_default();
    set(&mut spec, "volumeMode", "Filesystem");
    if let Some(class) = &claim.class {
        set(&mut spec, "storageClassName", &**class);
    }
    let mut status = match &claim.phase {
        ClaimPhase::Pending => json!({"phase": "Pending"}),
        ClaimPhase::Lost => json!({"phase": "Lost"}),
        ClaimPhase::Bound { volume, .. } => match prepared(view, volume) {
            Some(volume) => json!({
                "phase": "Bound", "accessModes": volume.raw["spec"]["accessModes"],
                "capacity": volume.raw["spec"]["capacity"],
            }),
            None => json!({
                "phase": "Bound", "accessModes": claim.raw["spec"]["accessModes"],
                "capacity": claim.raw["spec"]["resources"]["requests"],
            }),
        },
    };
    if let ClaimPhase::Bound { volume, .. } = &claim.phase {
        spec.insert("volumeName".into(), json!(**volume));
    }
    if status["capacity"].is_null() {
        status.as_object_mut().map(|status| status.remove("capacity"));
    }
    let mut metadata = meta(view, &claim.meta);
    if let Some(fields) = metadata.as_object_mut() {
        fields.shift_remove("generation");
    }
    whole(metadata, spec, status)
}

/// A volume that a client created.
fn prepared<'a>(view: View<'a>, name: &str) -> Option<&'a Other> {
    let others = &view.world.store.others;
    others.get(others.find_in("", "PersistentVolume", "", name)?)
}

/// Name of the volume provisioned for a claim; `None` for a claim bound to a client's volume.
pub(super) fn volume_name(view: View<'_>, at: At) -> Option<Arc<str>> {
    let At::Of(Ref::Claim(id)) = at else { return None };
    match &view.world.store.claims.get(id)?.phase {
        ClaimPhase::Bound { volume, .. } => prepared(view, volume).is_none().then(|| volume.clone()),
        ClaimPhase::Pending | ClaimPhase::Lost => None,
    }
}

/// The volume provisioned for a claim by its class; `None` for a claim bound to a client's volume.
pub(super) fn volume(view: View<'_>, claim: &Claim) -> Option<Value> {
    let ClaimPhase::Bound { volume, zonal } = &claim.phase else { return None };
    if prepared(view, volume).is_some() {
        return None;
    }
    let given = &claim.raw["spec"];
    let classes = &view.world.store.storage_classes;
    let class = claim.class.as_ref().and_then(|name| classes.get(classes.find("", name)?));
    let said = class.map_or(&Value::Null, |class| &class.raw);
    let driver = match said["provisioner"].as_str() {
        // The driver has taken over from the provisioner in the tree.
        Some("kubernetes.io/aws-ebs") | None => "ebs.csi.aws.com",
        Some(driver) => driver,
    };
    let mut spec = json!({
        "accessModes": given["accessModes"], "capacity": given["resources"]["requests"],
        "claimRef": {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": *claim.meta.name,
            "namespace": *claim.meta.namespace, "uid": claim.meta.uid.to_string(),
        },
        "csi": {"driver": driver, "fsType": "ext4", "volumeHandle": **volume},
        "persistentVolumeReclaimPolicy": said["reclaimPolicy"].as_str().unwrap_or("Delete"),
        "volumeMode": given["volumeMode"].as_str().unwrap_or("Filesystem"),
        "storageClassName": claim.class.as_deref().unwrap_or_default(),
    });
    if said["mountOptions"].is_array() {
        spec["mountOptions"] = said["mountOptions"].clone();
    }
    // What a class provisions is of a zone or of everywhere; on nodes by label is what somebody made.
    if let Zonal::Zone(zone) = zonal {
        spec["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [
            {"matchExpressions": [
                {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [**zone]},
            ]}
        ]}});
    }
    let mut metadata = derived(view, &claim.meta, "", volume);
    metadata["annotations"] = json!({"pv.kubernetes.io/provisioned-by": driver});
    metadata["finalizers"] =
        json!(["external-provisioner.volume.kubernetes.io/finalizer", VOLUME_PROTECTION]);
    Some(json!({"metadata": metadata, "spec": spec, "status": {"phase": "Bound"}}))
}

/// Adds to a client's volume what server and volume controller set.
pub(super) fn complete_volume(view: View<'_>, name: &str, out: &mut Value) {
    if let Some(spec) = out["spec"].as_object_mut() {
        set(spec, "persistentVolumeReclaimPolicy", "Retain");
        set(spec, "volumeMode", "Filesystem");
    }
    let reference = &out["spec"]["claimRef"];
    let text = |key: &str| reference[key].as_str().unwrap_or_default();
    let claims = &view.world.store.claims;
    let claim = claims.find(text("namespace"), text("name")).and_then(|id| claims.get(id));
    let is_bound = claim
        .is_some_and(|claim| matches!(&claim.phase, ClaimPhase::Bound { volume, .. } if **volume == *name));
    // One that names a claim by its identity had it; it is nobody else's now.
    let phase = match (is_bound, text("uid")) {
        (true, _) => "Bound",
        (false, "") => "Available",
        (false, _) => "Released",
    };
    let given = out["status"].take();
    out["status"] = json!({"phase": phase});
    said::over(&mut out["status"], &given);
}

pub(super) fn class(view: View<'_>, class: &StorageClass) -> Value {
    let mode = match class.binding {
        BindingMode::Immediate => "Immediate",
        BindingMode::WaitForFirstConsumer => "WaitForFirstConsumer",
    };
    let provisioner = if class.provisions { "ebs.csi.aws.com" } else { "kubernetes.io/no-provisioner" };
    let mut out = class.raw.as_object().cloned().unwrap_or_default();
    set(&mut out, "provisioner", provisioner);
    set(&mut out, "reclaimPolicy", "Delete");
    set(&mut out, "volumeBindingMode", mode);
    let mut out = Value::Object(out);
    out["metadata"] = meta(view, &class.meta);
    out
}
