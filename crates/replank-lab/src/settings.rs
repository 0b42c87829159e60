//! Settings of a lab.

use std::path::PathBuf;

use crate::build::Minor;

/// Settings of a lab. The defaults are for tests: fast kubelets, leases as in a real cluster.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name of the cluster, and of the context in kubeconfigs.
    pub name: String,
    /// Directory for everything the lab writes; it must not exist. `None` means a temporary one.
    pub directory: Option<PathBuf>,
    /// Minor of the control plane.
    pub minor: Minor,
    /// How long the kubelets take.
    pub timing: Timing,
    /// How often nodes renew their leases.
    pub leases: Leases,
    /// Further arguments for single programs; they come after ours and take precedence.
    pub arguments: Vec<(crate::Part, String)>,
}

/// How long kubelets take, in seconds, where no annotation says otherwise (`data/stages.yaml`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// From a node's registration to Ready.
    pub join: f64,
    /// From a pod's binding to running.
    pub start: f64,
    /// From running to Ready.
    pub ready: f64,
    /// From deletion to the end of a pod, or its grace period when that is shorter.
    pub stop: f64,
}

/// How often nodes renew their leases, and when a node without renewals counts as lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leases {
    /// As in a real cluster: valid for 40 seconds, lost after 50.
    Short,
    /// Hours, for thousands of nodes, whose renewals every 10 seconds would keep two cores busy.
    Long,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "lab".to_owned(),
            directory: None,
            minor: Minor::default(),
            timing: Timing::QUICK,
            leases: Leases::Short,
            arguments: Vec::new(),
        }
    }
}

impl Timing {
    /// About a second for everything, for most tests.
    pub const QUICK: Self = Self { join: 1.0, start: 0.5, ready: 0.5, stop: 1.0 };
    /// No time for anything, to measure the control plane.
    pub const NONE: Self = Self { join: 0.0, start: 0.0, ready: 0.0, stop: 0.0 };
}

impl Leases {
    /// `leaseDurationSeconds` of nodes.
    pub(crate) fn duration_seconds(self) -> u32 {
        match self {
            Self::Short => 40,
            Self::Long => 6 * 3600,
        }
    }

    /// Seconds without renewal after which the controller manager counts a node as lost.
    pub(crate) fn lost_seconds(self) -> u32 {
        match self {
            Self::Short => 50,
            Self::Long => 12 * 3600,
        }
    }
}
