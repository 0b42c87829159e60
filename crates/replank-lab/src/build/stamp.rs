//! Name of a build: versions for people, and a hash of everything that is pinned.

/// Files that pin versions.
const PINNED: [&str; 6] = [
    include_str!("../../go/etcd/go.mod"),
    include_str!("../../go/etcd/go.sum"),
    include_str!("../../go/kwok/go.mod"),
    include_str!("../../go/kwok/go.sum"),
    include_str!("../../go/kubernetes/go.mod"),
    include_str!("../../go/kubernetes/go.sum"),
];

/// Raised when the same modules are built differently.
const RECIPE: &str = "1";

/// Name of the directory for these programs.
pub fn stamp() -> String {
    let sum = PINNED.iter().chain([&RECIPE]).flat_map(|text| text.bytes()).fold(0xcbf2_9ce4_8422_2325, add);
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    format!("kubernetes-{}-{system}-{machine}-{sum:016x}", kubernetes_version())
}

/// Version of Kubernetes, such as `1.34.4`.
pub fn kubernetes_version() -> &'static str {
    version("k8s.io/kubernetes ")
}

/// Version of a module in our go.mod files, without its `v`.
fn version(required: &str) -> &'static str {
    let mut lines = PINNED.iter().flat_map(|text| text.lines()).map(str::trim);
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
    #[test]
    fn the_stamp_names_the_version() {
        assert_eq!(super::kubernetes_version(), "1.34.4");
        assert!(super::stamp().starts_with("kubernetes-1.34.4-"));
    }
}
