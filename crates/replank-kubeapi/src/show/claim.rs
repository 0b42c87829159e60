//! Volume claims, the volumes they are bound to, and storage classes.

use std::sync::Arc;

use replank_sim::object::{BindingMode, Claim, ClaimPhase, StorageClass, Zonal};
use replank_sim::store::Ref;
use serde_json::{Value, json};

use super::defaults::set;
use super::meta::{derived, meta};
use super::{At, View, whole};

/// A volume claim.
pub(super) fn claim(view: View<'_>, claim: &Claim) -> Value {
    let mut spec = claim.raw["spec"].as_object().cloned().unwrap_or_default();
    set(&mut spec, "volumeMode", "Filesystem");
    if let Some(class) = &claim.class {
        set(&mut spec, "storageClassName", &**class);
    }
    let mut status = match &claim.phase {
        ClaimPhase::Pending => json!({"phase": "Pending"}),
        ClaimPhase::Lost => json!({"phase": "Lost"}),
        ClaimPhase::Bound { .. } => json!({
            "phase": "Bound", "accessModes": claim.raw["spec"]["accessModes"],
            "capacity": claim.raw["spec"]["resources"]["requests"],
        }),
    };
    if let ClaimPhase::Bound { volume, .. } = &claim.phase {
        spec.insert("volumeName".into(), json!(**volume));
    }
    if status["capacity"].is_null() {
        status.as_object_mut().map(|status| status.remove("capacity"));
    }
    whole(meta(view, &claim.meta), spec, status)
}

/// The name of the volume that a claim is bound to.
pub(super) fn volume_name(view: View<'_>, at: At) -> Option<Arc<str>> {
    let At::Of(Ref::Claim(id)) = at else { return None };
    match &view.world.store.claims.get(id)?.phase {
        ClaimPhase::Bound { volume, .. } => Some(volume.clone()),
        ClaimPhase::Pending | ClaimPhase::Lost => None,
    }
}

/// The volume that a claim is bound to.
pub(super) fn volume(view: View<'_>, claim: &Claim) -> Option<Value> {
    let ClaimPhase::Bound { volume, zonal } = &claim.phase else { return None };
    let given = &claim.raw["spec"];
    let mut spec = json!({
        "accessModes": given["accessModes"], "capacity": given["resources"]["requests"],
        "claimRef": {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": *claim.meta.name,
            "namespace": *claim.meta.namespace, "uid": claim.meta.uid.to_string(),
        },
        "csi": {"driver": "ebs.csi.aws.com", "fsType": "ext4", "volumeHandle": **volume},
        "persistentVolumeReclaimPolicy": "Delete", "volumeMode": "Filesystem",
        "storageClassName": claim.class.as_deref().unwrap_or_default(),
    });
    let place = match zonal {
        Zonal::Anywhere => None,
        Zonal::Zone(zone) => Some(("topology.kubernetes.io/zone", zone)),
        Zonal::Node(node) => Some(("kubernetes.io/hostname", node)),
    };
    if let Some((key, value)) = place {
        spec["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": key, "operator": "In", "values": [**value]}]}
        ]}});
    }
    let metadata = derived(view, &claim.meta, "", volume);
    Some(json!({"metadata": metadata, "spec": spec, "status": {"phase": "Bound"}}))
}

/// A storage class.
pub(super) fn class(view: View<'_>, class: &StorageClass) -> Value {
    let mut metadata = meta(view, &class.meta);
    if class.is_default {
        metadata["annotations"]["storageclass.kubernetes.io/is-default-class"] = json!("true");
    }
    let mode = match class.binding {
        BindingMode::Immediate => "Immediate",
        BindingMode::WaitForFirstConsumer => "WaitForFirstConsumer",
    };
    let provisioner = if class.provisions { "ebs.csi.aws.com" } else { "kubernetes.io/no-provisioner" };
    json!({
        "metadata": metadata, "provisioner": provisioner, "reclaimPolicy": "Delete", "volumeBindingMode": mode,
    })
}
