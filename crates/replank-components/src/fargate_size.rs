//! Sizes of Fargate: each number of vCPUs has a range of memory (EKS user guide: pod CPU and memory).

use std::fmt;

use replank_world::vocab::quantity::Resources;

/// Memory that Fargate adds for kubelet, kube-proxy and containerd.
const OWN_BYTES: i64 = 256 << 20;
const GIB: i64 = 1 << 30;
/// Thousandths of a vCPU, least and most memory, and its step, in MiB.
const SIZES: [(i64, i64, i64, i64); 7] = [
    (250, 512, 2_048, 512),
    (500, 1_024, 4_096, 1_024),
    (1_000, 2_048, 8_192, 1_024),
    (2_000, 4_096, 16_384, 1_024),
    (4_000, 8_192, 30_720, 1_024),
    (8_000, 16_384, 61_440, 4_096),
    (16_000, 32_768, 122_880, 8_192),
];

/// What a pod gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    cpu_milli: i64,
    memory_mib: i64,
}

/// The smallest size for a pod with these requests; `None` when there is none so large.
pub(crate) fn of(requests: &Resources) -> Option<Size> {
    if !requests.extended.is_empty() {
        return None;
    }
    let wanted_mib = (requests.memory_bytes + OWN_BYTES + (1 << 20) - 1) >> 20;
    let fits = SIZES.iter().find(|(cpu, _, most, _)| *cpu >= requests.cpu_milli && *most >= wanted_mib);
    let (cpu_milli, least, most, step) = *fits?;
    let memory_mib = least.max((wanted_mib + step - 1) / step * step).min(most);
    // The smallest has half a GiB, and then whole ones.
    let memory_mib =
        if cpu_milli == 250 && memory_mib > 512 { (memory_mib + 1_023) / 1_024 * 1_024 } else { memory_mib };
    Some(Size { cpu_milli, memory_mib })
}

impl Size {
    /// What the node offers: as much as its one pod may use.
    pub(crate) fn offers(self) -> Resources {
        Resources {
            cpu_milli: self.cpu_milli,
            memory_bytes: self.memory_mib << 20,
            storage_bytes: 20 * GIB,
            ..Resources::default()
        }
    }
}

/// As the annotation `CapacityProvisioned` has it.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cpu = self.cpu_milli as f64 / 1_000.0;
        let memory = self.memory_mib as f64 / 1_024.0;
        write!(f, "{cpu}vCPU {memory}GB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_gets_the_smallest_size_that_holds_it() {
        let size = |cpu_milli, mib: i64| {
            let wanted = Resources { cpu_milli, memory_bytes: mib << 20, ..Resources::default() };
            of(&wanted).map(|size| size.to_string())
        };
        for (cpu, mib, wanted) in [
            (0, 0, Some("0.25vCPU 0.5GB")),
            (250, 256, Some("0.25vCPU 0.5GB")),
            (100, 600, Some("0.25vCPU 1GB")),
            (100, 1_792, Some("0.25vCPU 2GB")),
            (100, 1_793, Some("0.5vCPU 3GB")),
            (1_500, 100, Some("2vCPU 4GB")),
            (16_000, 122_624, Some("16vCPU 120GB")),
            (16_001, 0, None),
            (0, 122_625, None),
        ] {
            assert_eq!(size(cpu, mib).as_deref(), wanted, "{cpu} {mib}");
        }
    }
}
