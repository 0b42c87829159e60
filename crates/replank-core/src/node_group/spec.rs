//! What was asked: the target, the strategy, the limits. Checked when made, never changed after.

use crate::pod_rules::PodRules;
use crate::sizes::Sizes;
use jiff::SignedDuration;

use crate::names::{ClusterName, ImageId, NodeGroupName, TemplateId, UpdateId};
use crate::observed::TemplateContent;

/// One update as it was asked for. Later wishes of a person (pause, force, cancel) are events, not edits.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The update's own identity.
    pub update: UpdateId,
    /// The cluster the group belongs to.
    pub cluster: ClusterName,
    /// The node group whose nodes are replaced.
    pub group: NodeGroupName,
    /// What every node shall run.
    pub target: Target,
    /// How many nodes may be unavailable at once.
    pub batch: Batch,
    /// New nodes first, or old nodes first.
    pub strategy: Strategy,
    /// How many extra nodes the scale up asks for.
    pub increment: Increment,
    /// How new pods are kept off old nodes.
    pub guard: Guard,
    /// Which old node goes next.
    pub order: Order,
    /// Delete what the eviction API would not let go within the drain limit.
    pub force: bool,
    /// What drain does with pods that lose something by it.
    pub pods: PodRules,
    /// Deadlines and pauses.
    pub limits: Limits,
    /// Seeds the random order, so that a run can be repeated.
    pub seed: u64,
    /// Sizes that an earlier update of this group raised and could not restore.
    pub inherited: Option<Sizes>,
}

/// What every node of the group shall run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The launch template the group launches from.
    pub template: TemplateId,
    /// The content a node must have been launched with.
    pub content: TemplateContent,
    /// The release as users name it, such as `1.32.9-20251101`.
    pub release: String,
    /// The Kubernetes minor of the image, such as `1.32`.
    pub version: String,
}

impl Target {
    /// The image in the target's content.
    pub fn image(&self) -> &ImageId {
        &self.content.image
    }
}

/// `updateConfig` of a node group: a count or a share, 1 to 100 either way (EKS: `NodegroupUpdateConfig`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// `maxUnavailable`.
    Count(u32),
    /// `maxUnavailablePercentage` of the desired size, rounded down, at least one node.
    Percent(u32),
}

/// New nodes first, or old nodes first (EKS: `NodegroupUpdateStrategies`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Surge first: new nodes are Ready in every zone before an old one is touched.
    Default,
    /// Never above the configured size: old nodes go first, the group replaces them.
    Minimal,
}

/// How many extra nodes the scale up asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Increment {
    /// The smallest number that is certain to put one new node into every zone.
    Smallest,
    /// The ceiling of the EKS guide: twice the zones, or the batch when that is larger.
    Ceiling,
}

/// How new pods are kept off old nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Taint `eks.amazonaws.com/nodegroup=unschedulable:NoSchedule` on every old node.
    Taint,
    /// Every old node unschedulable and labelled out of external load balancers, as EKS does since 2023.
    Cordon,
}

/// Which old node goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// At random, by the update's seed (EKS).
    Random,
    /// One zone after the other, in the order of their names.
    ZoneByZone,
    /// Longest running instance first.
    Oldest,
    /// Fewest pods first.
    Emptiest,
}

/// Deadlines and pauses of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A new node must be Ready and labelled within this (EKS: 15 minutes from the size increase).
    pub join: SignedDuration,
    /// A node must be drained within this (EKS: 15 minutes).
    pub drain: SignedDuration,
    /// Pause between drain and termination, for load balancers (EKS: 60 seconds).
    pub deregistration_delay: SignedDuration,
    /// A refused eviction is tried again at latest after this (kubectl drain: 5 seconds).
    pub evict_again: SignedDuration,
    /// An action whose answer was lost or that failed in passing is tried again after this.
    pub act_again: SignedDuration,
    /// A terminated instance must be gone within this, or a problem is named.
    pub terminate: SignedDuration,
    /// Launches that fail this often, without one that succeeds between, stop further picks.
    pub launch_attempts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            join: SignedDuration::from_mins(15),
            drain: SignedDuration::from_mins(15),
            deregistration_delay: SignedDuration::from_secs(60),
            evict_again: SignedDuration::from_secs(5),
            act_again: SignedDuration::from_secs(5),
            terminate: SignedDuration::from_mins(15),
            launch_attempts: 2,
        }
    }
}
