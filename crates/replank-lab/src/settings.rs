//! What a lab is asked to be.

use std::path::PathBuf;

/// How a lab is to run. The default is what tests want: quick kubelets, leases as in a real cluster.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the cluster and of the context in the kubeconfigs.
    pub name: String,
    /// Where everything is kept that the lab writes; it must not exist yet. None is a directory for temporary files.
    pub directory: Option<PathBuf>,
    /// How long the kubelets take.
    pub timing: Timing,
    /// How often nodes tell that they live.
    pub leases: Leases,
    /// More arguments for one program, after ours; a later one counts.
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
    /// From told to stop to stopped; a shorter grace period cuts it.
    pub stop: f64,
}

/// How often nodes renew their leases, and when one that does not is taken for lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leases {
    /// As in a real cluster: 40 seconds, lost after 50.
    Short,
    /// Hours: nodes that tell every 10 seconds that they live would keep two cores busy when they are thousands.
    Long,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "lab".to_owned(),
            directory: None,
            timing: Timing::QUICK,
            leases: Leases::Short,
            arguments: Vec::new(),
        }
    }
}

impl Timing {
    /// A second or so for everything: what most tests want.
    pub const QUICK: Self = Self { join: 1.0, start: 0.5, ready: 0.5, stop: 1.0 };
    /// No time for anything: what is measured is the control plane.
    pub const NONE: Self = Self { join: 0.0, start: 0.0, ready: 0.0, stop: 0.0 };
}

impl Leases {
    /// The lease duration that nodes ask for.
    pub(crate) fn duration_seconds(self) -> u32 {
        match self {
            Self::Short => 40,
            Self::Long => 6 * 3600,
        }
    }

    /// After how long without a sign of life the controller manager takes a node for lost.
    pub(crate) fn lost_seconds(self) -> u32 {
        match self {
            Self::Short => 50,
            Self::Long => 12 * 3600,
        }
    }
}
