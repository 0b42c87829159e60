//! What was asked: from which minor to which, how, and what the cluster had when it was asked. Never edited.

use jiff::SignedDuration;

use crate::names::{AddOnName, ClusterName, NodeGroupName, UpdateId};
use crate::version::Minor;

/// One upgrade as it was asked for. Later wishes of a person are events, not edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Id of the upgrade, unique in the journal.
    pub upgrade: UpdateId,
    /// Name of the cluster that is upgraded.
    pub cluster: ClusterName,
    /// What the control plane ran when it was asked for.
    pub from: Minor,
    /// What it shall run in the end.
    pub to: Minor,
    /// Where it waits for a person.
    pub gates: Gates,
    /// Whether nodes follow every minor.
    pub workers: Workers,
    /// The node groups, in the order in which they go.
    pub groups: Vec<PlannedGroup>,
    /// Who moves the control plane.
    pub control_plane: Mover,
    /// The add-ons that there were, as far as the service manages them.
    pub add_ons: Vec<AddOnName>,
    /// Add-ons that the service does not manage: objects of their owner, which the upgrade itself moves. Known by the
    /// service's names for them, such as `vpc-cni`.
    pub own_add_ons: Vec<AddOnName>,
    /// The Fargate profiles that there were.
    pub fargate_profiles: Vec<String>,
    /// Ids of checks whose findings hold nothing up, because a person accepted them.
    pub accepted: Vec<String>,
    /// Deadlines and pauses.
    pub limits: Limits,
}

impl Spec {
    /// The group of that name, as it was; `None` for one that came later.
    pub fn group(&self, name: &NodeGroupName) -> Option<&PlannedGroup> {
        self.groups.iter().find(|group| group.name == *name)
    }

    /// Whether the service updates the nodes of a group by itself, so that its update can be neither held nor ended.
    pub fn is_of_service(&self, name: &NodeGroupName) -> bool {
        self.group(name).is_some_and(|group| group.kind == GroupKind::OfService)
    }

    /// Whether it goes back to the minor before.
    pub fn is_rollback(&self) -> bool {
        self.to < self.from
    }

    /// Whether the nodes of a group may be behind the control plane, inside the skew policy.
    pub fn may_lag(&self, group: &PlannedGroup) -> bool {
        let is_of_its_owner = match group.kind {
            GroupKind::SelfManaged | GroupKind::Ours => true,
            GroupKind::Managed | GroupKind::OwnImage | GroupKind::OfService => false,
        };
        self.workers == Workers::Skip && is_of_its_owner
    }
}

/// Who moves a control plane to another minor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mover {
    /// The service that runs it, when it is asked to.
    #[default]
    Service,
    /// Whoever owns it, with tools of their own; the upgrade waits for that.
    Owner,
}

/// Where an upgrade waits for a person to say that it may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gates {
    /// Before every step that changes something, the first one excepted.
    Each,
    /// Before each control plane, the first one excepted.
    Cluster,
    /// Nowhere.
    None,
}

/// Whether nodes follow every minor of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    /// Every group is brought to every minor.
    EveryMinor,
    /// Groups that are not of the service stay behind as long as the version skew policy lets them (Kubernetes: three
    /// minors). Groups of the service never do.
    Skip,
}

/// A node group as it was when the upgrade was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedGroup {
    /// Name of the node group, unique in the cluster.
    pub name: NodeGroupName,
    /// The minor of its nodes.
    pub minor: Minor,
    /// Who brings its nodes to another minor.
    pub kind: GroupKind,
    /// How many nodes it was asked to have.
    pub nodes: u32,
    /// How many of them may be unavailable at once.
    pub batch: u32,
}

/// Who brings the nodes of a group to another minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// The service, which knows the images.
    Managed,
    /// The service, with an image that only its owner can name: he starts the update.
    OwnImage,
    /// Its owner alone.
    SelfManaged,
    /// This program, by an update of its own, of a group that is its owner's.
    Ours,
    /// The service, by an update that this program follows and can neither hold nor end.
    OfService,
}

/// Deadlines and pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A control plane that takes longer is named as a problem (EKS: several minutes; eksctl gives up after 65).
    pub control_plane: SignedDuration,
    /// An add-on that takes longer is named as a problem.
    pub add_on: SignedDuration,
    /// An add-on of its owner whose pods are not available after this is put back as it was.
    pub rollout: SignedDuration,
    /// A canary that is Ready must run a pod within this.
    pub canary: SignedDuration,
    /// The world is looked at again at the latest after this.
    pub look_again: SignedDuration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            control_plane: SignedDuration::from_mins(65),
            add_on: SignedDuration::from_mins(20),
            rollout: SignedDuration::from_mins(25),
            canary: SignedDuration::from_mins(10),
            look_again: SignedDuration::from_secs(5),
        }
    }
}
