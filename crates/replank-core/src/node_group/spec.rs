//! What was asked of an update: target, strategy, limits. Validated when it is made, never changed after.

use crate::pod_rules::PodRules;
use crate::sizes::Sizes;
use jiff::SignedDuration;

use crate::names::{ClusterName, ImageId, NodeGroupName, TemplateId, UpdateId};
use crate::observed::TemplateContent;
use crate::version::Minor;

/// One update as it was asked for. What a person asks for later (pause, force, cancel) is recorded as events.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Id of the update.
    pub update: UpdateId,
    /// Name of the cluster that the group belongs to.
    pub cluster: ClusterName,
    /// Name of the node group whose nodes are replaced.
    pub group: NodeGroupName,
    /// What every node is to run at the end.
    pub target: Target,
    /// Most nodes that may be unavailable at once.
    pub batch: Batch,
    /// Whether new nodes come up before old ones go.
    pub strategy: Strategy,
    /// How many extra nodes Scale up asks for.
    pub increment: Increment,
    /// How new pods are kept off old nodes.
    pub guard: Guard,
    /// In which order old nodes are replaced.
    pub order: Order,
    /// Whether pods that do not leave within the drain limit are deleted (EKS: `force`).
    pub force: bool,
    /// Which pods a drain may lose.
    pub pods: PodRules,
    /// Time limits and pauses.
    pub limits: Limits,
    /// Seed of the random order, so that a run can be repeated exactly.
    pub seed: u64,
    /// Original sizes that an earlier update of this group raised and could not restore.
    pub inherited: Option<Sizes>,
    /// Who looks after the group.
    pub owner: GroupOwner,
    /// Minor of the control plane to which the kubelets of new nodes are held; `None` where EKS has checked the release, or
    /// the minor is unknown.
    pub control_plane: Option<Minor>,
}

/// Who looks after a group beside its updates, and so what an update of it leaves to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupOwner {
    /// EKS, or a service with its behaviour: after a failed update the group goes on launching the target, and growth by
    /// an autoscaler ends the scale down (EKS: managed node update behaviour).
    #[default]
    Eks,
    /// Its user (self-managed): nobody else would put right what an update leaves. A group whose target never made a node
    /// is pointed back, and growth by others is kept while the update's own extra nodes go.
    User,
}

/// What every node of the group is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Id of the launch template that the group launches from.
    pub template: TemplateId,
    /// Content that a node must have been launched with to count as new.
    pub content: TemplateContent,
    /// Release of the image as EKS names it (`releaseVersion`), such as `1.32.9-20251101`.
    pub release: String,
    /// Kubernetes minor of the image, such as `1.32`.
    pub version: String,
}

impl Target {
    /// The machine image of the target.
    pub fn image(&self) -> &ImageId {
        &self.content.image
    }
}

/// `updateConfig` of a node group, from 1 to 100 either way (EKS: `NodegroupUpdateConfig`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// `maxUnavailable`: a number of nodes.
    Count(u32),
    /// `maxUnavailablePercentage` of the desired size, rounded down, at least one node.
    Percent(u32),
}

/// Whether new nodes come up before old ones go (EKS: `NodegroupUpdateStrategies`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// `DEFAULT`: new nodes are Ready in every zone before an old one is drained.
    Default,
    /// `MINIMAL`: never above the configured size. Old nodes go first and the group replaces them.
    Minimal,
    /// `REPLACE`, a word of ours that EKS does not know: new nodes come first as with [`Self::Default`] and stay. The
    /// last old nodes leave with their place in the group, so that nothing is scaled down afterwards and a pod moves
    /// once.
    Replace,
}

/// How many extra nodes Scale up asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Increment {
    /// The smallest number that is certain to put a new node into every zone; see
    /// [`batch::increment`](super::batch::increment).
    Smallest,
    /// The most that the EKS guide allows: twice the zones, or the batch when that is larger.
    Ceiling,
}

/// How new pods are kept off old nodes until they are drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Taint `eks.amazonaws.com/nodegroup=unschedulable:NoSchedule` on every old node.
    Taint,
    /// Every old node is cordoned and labelled out of external load balancers, as EKS does since 2023.
    Cordon,
}

/// In which order old nodes are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// At random, by the seed of the update (EKS).
    Random,
    /// Zone by zone in the order of their names, at random within a zone.
    ZoneByZone,
    /// Longest running instance first.
    Oldest,
    /// Node with the fewest pods first.
    Emptiest,
}

/// Time limits and pauses of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a launch may take to become a Ready, labelled node, else the update fails (EKS: 15 minutes).
    pub join: SignedDuration,
    /// How long the drain of a node may take, else force or failure follows (EKS: 15 minutes).
    pub drain: SignedDuration,
    /// Pause between drain and termination, in which load balancers take the node out (EKS: 60 seconds).
    pub deregistration_delay: SignedDuration,
    /// Pause before a refused eviction is tried again, where the server names none (kubectl drain: 5 seconds).
    pub evict_again: SignedDuration,
    /// Pause before an action that failed temporarily or got no answer is tried again.
    pub act_again: SignedDuration,
    /// How long a termination may take before a problem is reported.
    pub terminate: SignedDuration,
    /// Number of failed launches in a row after which no further node is picked.
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
