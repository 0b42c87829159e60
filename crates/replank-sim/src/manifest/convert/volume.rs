//! Volume claims, volumes and storage classes.

use std::sync::Arc;

use super::super::wrong::{invalid, required, unsupported};
use super::resources::quantity;
use super::{Reader, raw};
use crate::object::{BindingMode, Claim, ClaimPhase, Meta, StorageClass, Zonal};
use crate::yaml::Field;

/// What a claim asks for: class, one pod at a time, one node at a time.
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

/// A `PersistentVolumeClaim`, not bound. Whoever reads all manifests binds those that name their volume.
pub(super) fn claim(root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> Claim {
    let (class, one_pod, one_node) = check_claim(root, reader);
    let mut meta = meta;
    meta.finalizers.push(Arc::from(crate::control::volume::PROTECTION));
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

/// Sources of volumes that a kubelet mounts where it is, without anybody attaching them to a machine first.
pub(crate) const NOT_ATTACHED: [&str; 5] = ["local", "hostPath", "nfs", "cephfs", "glusterfs"];

/// Whether a `PersistentVolume` is attached to a machine before it is used.
pub(crate) fn is_attached(volume: &serde_json::Value) -> bool {
    NOT_ATTACHED.iter().all(|source| volume["spec"][*source].is_null())
}

/// Where a `PersistentVolume` can be used, by its node affinity.
pub(crate) fn reach(volume: &serde_json::Value) -> Zonal {
    let terms = &volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"];
    let requirements = terms.as_array().into_iter().flatten();
    let requirements =
        requirements.flat_map(|term| term["matchExpressions"].as_array().into_iter().flatten());
    for requirement in requirements {
        let Some(value) = requirement["values"][0].as_str() else { continue };
        match requirement["key"].as_str() {
            Some("kubernetes.io/hostname") => return Zonal::Node(value.into()),
            Some(
                "topology.kubernetes.io/zone"
                | "topology.ebs.csi.aws.com/zone"
                | "failure-domain.beta.kubernetes.io/zone",
            ) => return Zonal::Zone(value.into()),
            Some(_) | None => {}
        }
    }
    Zonal::Anywhere
}

/// A `StorageClass`.
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
        provisions: provisioner.as_ref() != "kubernetes.io/no-provisioner",
        is_default: is_default
            .iter()
            .any(|key| meta.annotations.get(*key).is_some_and(|value| &**value == "true")),
        meta,
    }
}
