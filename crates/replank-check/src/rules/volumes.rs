//! Volumes that kubelets no longer mount, and CSI drivers that replace in-tree ones.

use replank_core::version::Minor;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{list, text};
use crate::subject::{Facts, PodMaker};

static GONE: Check = Check {
    id: "volume-plugin-removed",
    severity: Severity::Breaks,
    meaning: "The pod or the PersistentVolume uses a kind of volume that kubelets of the target do not mount: the pod hangs \
              in ContainerCreating on every new node. The API server still takes the object.",
    advice: "Move the data to a CSI driver, or for gitRepo clone in an init container.",
    basis: "Kubernetes: pkg/api/pod/warnings.go of 1.37.2; changelog of 1.36 (gitRepo, Portworx)",
};
static DRIVER: Check = Check {
    id: "csi-driver-missing",
    severity: Severity::Breaks,
    meaning: "A PersistentVolume of a kind that was built in is mounted by a CSI driver from this version on, and the driver \
              is not installed: volumes stop attaching once the control plane goes up.",
    advice: "Install the driver before the control plane goes up.",
    basis: "Kubernetes: CSI migration; ManagedKube/kubernetes-ops#403",
};

pub(super) const CHECKS: &[&Check] = &[&GONE, &DRIVER];

/// Kinds of volumes, and the first minor whose kubelet does not mount them.
const PLUGINS: &[(&str, u32)] = &[
    ("photonPersistentDisk", 16),
    ("scaleIO", 22),
    ("flocker", 25),
    ("storageOS", 25),
    ("storageos", 25),
    ("quobyte", 25),
    ("glusterfs", 26),
    ("cephfs", 31),
    ("rbd", 31),
    ("gitRepo", 36),
];

/// Kinds of volumes, the CSI driver that mounts them, and since which minor (CSI migration by default).
const DRIVERS: &[(&str, &str, u32)] = &[
    ("awsElasticBlockStore", "ebs.csi.aws.com", 23),
    ("azureDisk", "disk.csi.azure.com", 23),
    ("azureFile", "file.csi.azure.com", 24),
    ("cinder", "cinder.csi.openstack.org", 21),
    ("gcePersistentDisk", "pd.csi.storage.gke.io", 23),
    ("portworxVolume", "pxd.portworx.com", 31),
    ("vsphereVolume", "csi.vsphere.vmware.com", 25),
];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for PodMaker { item, spec, .. } in facts.pods() {
        for volume in list(spec, &["volumes"]) {
            for (plugin, minor) in PLUGINS.iter().filter(|(plugin, _)| volume[*plugin].is_object()) {
                if facts.reaches(*minor) {
                    let evidence = format!(
                        "volume {} is a {plugin}, not mounted from 1.{minor} on",
                        text(volume, &["name"])
                    );
                    findings.add(Seen::of(&GONE, item, evidence).breaks_in(Some(Minor(*minor))));
                }
            }
        }
    }
    let drivers: Vec<_> = facts.of("storage.k8s.io", "CSIDriver").map(|item| item.name().name).collect();
    for item in facts.of("", "PersistentVolume") {
        let spec = &item.object["spec"];
        for (plugin, minor) in PLUGINS.iter().filter(|(plugin, _)| spec[*plugin].is_object()) {
            if facts.reaches(*minor) {
                let evidence = format!("it is a {plugin}, not mounted from 1.{minor} on");
                findings.add(Seen::of(&GONE, item, evidence).breaks_in(Some(Minor(*minor))));
            }
        }
        let knows_drivers = facts.is_complete("storage.k8s.io", "CSIDriver");
        for (plugin, driver, minor) in DRIVERS.iter().filter(|(plugin, ..)| spec[*plugin].is_object()) {
            if facts.reaches(*minor) && knows_drivers && !drivers.iter().any(|it| it == driver) {
                let evidence = format!("it is a {plugin}, and there is no CSIDriver {driver}");
                findings.add(Seen::of(&DRIVER, item, evidence).breaks_in(Some(Minor(*minor))));
            }
        }
    }
}
