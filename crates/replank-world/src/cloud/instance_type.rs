//! EC2 instance types and the allocatable resources of a node on each.
//!
//! Source of the rows: `data/instance-types.csv`.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::catalogue::Arch;
use crate::vocab::quantity::Resources;

/// The instance types as CSV.
const ROWS: &str = include_str!("../../data/instance-types.csv");

/// What an instance type of EC2 gives a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceType {
    /// Name, such as `m5.large`.
    pub name: Arc<str>,
    /// Number of vCPUs.
    pub vcpu: u32,
    /// Memory in GiB, as EC2 lists it; a node sees a little less.
    pub memory_gib: u32,
    /// Maximum number of pods: each network interface keeps one address for itself, and two pods use the host
    /// network (VPC CNI).
    pub pods_max: u32,
    /// Processor architecture.
    pub arch: Arch,
    /// Number of GPUs.
    pub gpus: u32,
}

impl InstanceType {
    /// All instance types, by name.
    pub fn all() -> &'static BTreeMap<Arc<str>, Self> {
        static READ: OnceLock<BTreeMap<Arc<str>, InstanceType>> = OnceLock::new();
        READ.get_or_init(|| {
            let rows = ROWS.lines().filter(|row| !row.starts_with('#')).skip(1);
            // A row of another form is left out here; a test reads every row of the file.
            rows.filter_map(row).map(|it| (it.name.clone(), it)).collect()
        })
    }

    /// The instance type of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::all().get(name)
    }

    /// Allocatable resources of a node of this type: what the machine has less `kubeReserved` and the eviction
    /// threshold of 100 MiB (EKS node bootstrap).
    pub fn allocatable(&self) -> Resources {
        const MIB: i64 = 1 << 20;
        // Firmware and kernel keep about 3.5 % of what the type promises.
        let seen = i64::from(self.memory_gib) * 1024 * MIB * 965 / 1000;
        let reserved = (255 + 11 * i64::from(self.pods_max)) * MIB;
        let gpus = (self.gpus > 0).then(|| (Arc::from("nvidia.com/gpu"), i64::from(self.gpus)));
        Resources {
            cpu_milli: i64::from(self.vcpu) * 1000 - reserved_cpu_milli(self.vcpu),
            memory_bytes: seen - reserved - 100 * MIB,
            storage_bytes: storage_allocatable(),
            extended: gpus.into_iter().collect(),
        }
    }
}

/// Capacity of the root volume in bytes, as kubelets on EKS report it: `ephemeral-storage: 20959212Ki` of 20 GiB.
pub const STORAGE_BYTES: i64 = 20_959_212 << 10;

/// Allocatable bytes of it: less a tenth for the eviction threshold and 1 GiB of `kubeReserved` (`kubectl
/// describe node` on EKS: 18242267924).
pub fn storage_allocatable() -> i64 {
    let evicts_at = STORAGE_BYTES / 10;
    STORAGE_BYTES - evicts_at - (1 << 30)
}

/// `kubeReserved` cpu in thousandths of a core: 6 % of the first, 1 % of the second, 0.5 % of two more, 0.25 % of
/// the rest.
fn reserved_cpu_milli(vcpu: u32) -> i64 {
    let ten_thousandths: i64 = (0..vcpu)
        .map(|number| match number {
            0 => 600,
            1 => 100,
            2 | 3 => 50,
            _ => 25,
        })
        .sum();
    ten_thousandths / 10
}

fn row(text: &str) -> Option<InstanceType> {
    let mut cells = text.split(',');
    let name = Arc::from(cells.next()?);
    let mut number = || cells.next()?.parse::<u32>().ok();
    let (vcpu, memory_gib, interfaces, addresses) = (number()?, number()?, number()?, number()?);
    let arch = match cells.next()? {
        "amd64" => Arch::Amd64,
        "arm64" => Arch::Arm64,
        _ => return None,
    };
    let gpus = cells.next()?.parse().ok()?;
    let pods_max = interfaces * (addresses - 1) + 2;
    Some(InstanceType { name, vcpu, memory_gib, pods_max, arch, gpus })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let rows = ROWS.lines().filter(|row| !row.starts_with('#')).skip(1).count();
        assert_eq!(InstanceType::all().len(), rows);
    }

    #[test]
    fn nodes_offer_what_eks_nodes_offer() {
        // Pods and cpu as `kubectl describe node` shows them; memory in MiB, near what it shows.
        let rows = [
            ("t3.medium", 17, 1930, 3300..3500),
            ("m5.large", 29, 1930, 7000..7300),
            ("m5.xlarge", 58, 3920, 14_400..15_100),
            ("c5.2xlarge", 58, 7910, 14_400..15_100),
            ("m5.4xlarge", 234, 15_890, 59_000..61_500),
        ];
        for (name, pods, cpu, memory) in rows {
            let found = InstanceType::find(name).expect("a known type");
            let offered = found.allocatable();
            assert_eq!((found.pods_max, offered.cpu_milli), (pods, cpu), "{name}");
            assert!(memory.contains(&(offered.memory_bytes >> 20)), "{name} {}", offered.memory_bytes >> 20);
        }
        let gpu = InstanceType::find("g4dn.xlarge").expect("a known type").allocatable();
        assert_eq!(gpu.extended.get("nvidia.com/gpu"), Some(&1));
        assert_eq!(InstanceType::find("m6g.large").map(|it| it.arch), Some(Arch::Arm64));
    }
}
