//! Allocatable resources of instance types, as nodes of managed node groups report them.
//!
//! Reserved as in images of EKS: memory 255 MiB and 11 MiB per pod, besides the kubelet's eviction threshold of 100
//! MiB; of the CPUs 6 % of the first, 1 % of the second, 0.5 % of the next two and 0.25 % of the others.

/// Instance types: name, virtual CPUs, memory in MiB, most pods by IP addresses.
const TYPES: [(&str, u32, u32, u32); 10] = [
    ("t3.medium", 2, 4_096, 17),
    ("t3.large", 2, 8_192, 35),
    ("m5.large", 2, 8_192, 29),
    ("m5.xlarge", 4, 16_384, 58),
    ("m5.2xlarge", 8, 32_768, 58),
    ("m6i.large", 2, 8_192, 29),
    ("m6i.xlarge", 4, 16_384, 58),
    ("m6i.4xlarge", 16, 65_536, 234),
    ("c6i.2xlarge", 8, 16_384, 58),
    ("r6i.xlarge", 4, 32_768, 58),
];

/// Size of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) processors: u32,
    pub(crate) memory_mib: u32,
    pub(crate) pods: u32,
}

impl Size {
    /// Size of an instance type; `None` for unknown ones.
    pub(crate) fn of(instance_type: &str) -> Option<Self> {
        let found = TYPES.iter().find(|(name, ..)| *name == instance_type)?;
        Some(Self { processors: found.1, memory_mib: found.2, pods: found.3 })
    }

    /// Names of the known instance types.
    pub(crate) fn names() -> Vec<&'static str> {
        TYPES.iter().map(|(name, ..)| *name).collect()
    }

    pub(crate) fn allocatable_milli(self) -> u32 {
        // In hundredths of a thousandth: 6 %, 1 %, 0.5 %, 0.5 %, then 0.25 % each.
        let reserved: u32 = (0..self.processors)
            .map(|at| [6_000, 1_000, 500, 500].get(at as usize).copied().unwrap_or(250))
            .sum();
        self.processors * 1_000 - reserved / 100
    }

    pub(crate) fn allocatable_mib(self) -> u32 {
        self.memory_mib - 255 - 11 * self.pods - 100
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn what_an_m5_large_leaves_for_pods() {
        let size = Size::of("m5.large").expect("it is known");
        assert_eq!((size.allocatable_milli(), size.allocatable_mib(), size.pods), (1930, 7518, 29));
        assert_eq!(Size::of("m6i.4xlarge").map(Size::allocatable_milli), Some(15_890));
    }
}
