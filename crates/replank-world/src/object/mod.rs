//! The objects of the cluster. Fields that some part of the world reads are typed; the rest is kept as it was
//! given.

mod as_given;
mod budget;
pub mod ids;
mod meta;
mod node;
mod pod;
mod template;
mod volume;
mod workload;

pub use as_given::AsGiven;
pub use budget::{Budget, BudgetCondition, BudgetStatus, Keep, UnhealthyPolicy};
pub use meta::{Deletion, Meta, NoUid, OwnerRef, Uid};
pub use node::{Node, NodeReady};
pub use pod::{Phase, Pod, Ready, Scheduled};
pub use template::{
    Affinity, HostPort, PodSpec, PodTemplate, PodTerm, PreemptionPolicy, Probe, RestartPolicy, Spread,
    SpreadWhen, Volume, Weighted,
};
pub use volume::{
    BindingMode, Claim, ClaimPhase, PROTECTION, StorageClass, VOLUME_PROTECTION, VolumeStep, Zonal,
};
pub use workload::{
    Completion, Condition, CronJob, DaemonSet, Deployment, FailureAction, FailureOn, FailureRule, Fate, Job,
    Overlap, PodManagement, PodReplacement, ReplicaSet, Service, StatefulSet, Truth,
};
