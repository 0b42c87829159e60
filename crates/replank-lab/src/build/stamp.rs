//! Names of builds: versions for people, and a hash of everything that is pinned.

use super::minor::Minor;

/// Files that pin versions of what every minor is built or run with, the oldest minor included.
const PINNED: [&str; 6] = [
    include_str!("../../go/etcd/go.mod"),
    include_str!("../../go/etcd/go.sum"),
    include_str!("../../go/kwok/go.mod"),
    include_str!("../../go/kwok/go.sum"),
    include_str!("../../go/kubernetes/go.mod"),
    include_str!("../../go/kubernetes/go.sum"),
];

/// Files that pin the control plane of 1.35.
const PINNED_NEIGHBOUR: [&str; 2] =
    [include_str!("../../go/kubernetes-1.35/go.mod"), include_str!("../../go/kubernetes-1.35/go.sum")];

/// Files that pin the control plane of 1.37.
const PINNED_NEWEST: [&str; 2] =
    [include_str!("../../go/kubernetes-1.37/go.mod"), include_str!("../../go/kubernetes-1.37/go.sum")];

/// Files that pin Helm.
const PINNED_HELM: [&str; 2] = [include_str!("../../go/helm/go.mod"), include_str!("../../go/helm/go.sum")];

/// Raised when the same modules are built differently.
const RECIPE: &str = "1";

/// Name of the directory for the programs that are built for this minor.
pub fn stamp(minor: Minor) -> String {
    named("kubernetes", kubernetes_version(minor), pinned(minor))
}

/// Name of the directory for Helm.
pub(super) fn helm_stamp() -> String {
    named("helm", version(&PINNED_HELM, "helm.sh/helm/v4 "), &PINNED_HELM)
}

fn named(what: &str, version: &str, pinned: &[&str]) -> String {
    let bytes = pinned.iter().chain([&RECIPE]).flat_map(|text| text.bytes());
    let sum = bytes.fold(0xcbf2_9ce4_8422_2325, add);
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    format!("{what}-{version}-{system}-{machine}-{sum:016x}")
}

/// Version of Kubernetes, such as `1.34.4`.
pub fn kubernetes_version(minor: Minor) -> &'static str {
    version(pinned(minor), "k8s.io/kubernetes ")
}

fn pinned(minor: Minor) -> &'static [&'static str] {
    match minor {
        Minor::V1_34 => &PINNED,
        Minor::V1_35 => &PINNED_NEIGHBOUR,
        Minor::V1_37 => &PINNED_NEWEST,
    }
}

/// Version of a module in go.mod files, without its `v`.
fn version(files: &[&'static str], required: &str) -> &'static str {
    let mut lines = files.iter().flat_map(|text| text.lines()).map(str::trim);
    let found = lines.find_map(|line| line.trim_start_matches("require ").strip_prefix(required));
    found
        .and_then(|rest| rest.split_whitespace().next())
        .map_or("", |version| version.trim_start_matches('v'))
}

/// One step of FNV-1a.
fn add(sum: u64, byte: u8) -> u64 {
    (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamps_name_the_versions() {
        assert!(helm_stamp().starts_with("helm-4.3.1-"), "{}", helm_stamp());
        let versions = ["1.34.4", "1.35.4", "1.37.2"];
        for (minor, version) in Minor::ALL.into_iter().zip(versions) {
            assert_eq!(kubernetes_version(minor), version);
            assert!(stamp(minor).starts_with(&format!("kubernetes-{version}-")));
            assert!(version.starts_with(&format!("{minor}.")));
        }
    }
}
