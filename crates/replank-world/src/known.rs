//! What admission knows of a cluster.

use std::collections::BTreeMap;

use replank_core::behaviour::ServerVersion;
use replank_core::version::Minor;

use crate::object::PreemptionPolicy;

/// What a `PriorityClass` gives to pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriorityClass {
    /// Priority of the pods; higher is scheduled first.
    pub value: i32,
    /// `globalDefault`.
    pub is_default: bool,
    /// `preemptionPolicy`.
    pub preemption: PreemptionPolicy,
}

/// What validation and defaulting need to know of the cluster.
#[derive(Clone, Debug)]
pub struct Known {
    /// Version of the control plane, which decides how it behaves.
    pub version: ServerVersion,
    /// Namespace of objects that name none.
    pub namespace: String,
    /// CA certificate in PEM that each namespace's `kube-root-ca.crt` holds; empty without one.
    pub root_ca: String,
    /// Priority classes by name.
    pub priority_classes: BTreeMap<String, PriorityClass>,
}

impl Default for Known {
    /// A 1.32 cluster with only the priority classes of the system.
    fn default() -> Self {
        let class =
            |value| PriorityClass { value, is_default: false, preemption: PreemptionPolicy::default() };
        let classes = [
            ("system-node-critical".to_owned(), class(2_000_001_000)),
            ("system-cluster-critical".to_owned(), class(2_000_000_000)),
        ];
        Self {
            version: ServerVersion::served(Minor(32)),
            namespace: "default".to_owned(),
            root_ca: String::new(),
            priority_classes: BTreeMap::from(classes),
        }
    }
}
