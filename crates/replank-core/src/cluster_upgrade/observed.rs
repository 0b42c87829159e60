//! What was seen of the cluster, as plain state. An adapter fills it in; decisions only read it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::names::{AddOnName, NodeGroupName, ObjectName, UpdateId};
use crate::observed::{Answer, Read};
use crate::version::Minor;

/// Everything a decision may look at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// Whether it could be read.
    pub read: Read,
    /// The control plane, when it was ever seen.
    pub control_plane: Option<ControlPlane>,
    /// Installed add-ons; one that was removed meanwhile is not among them.
    pub add_ons: BTreeMap<AddOnName, AddOn>,
    /// Node groups of the cluster; one that was deleted meanwhile is not among them.
    pub groups: BTreeMap<NodeGroupName, Group>,
    /// Pods that run on Fargate or are to, by namespace and name.
    pub fargate: Vec<FargatePod>,
    /// What a check of the whole cluster said; `None` before it was made for the present step.
    pub checked: Option<Checked>,
    /// The update that the present step began; `None` before it is on record.
    pub work: Option<Work>,
    /// What became of the act of the present step, since the process began: every act is safe to repeat.
    pub answer: Option<Answer>,
}

impl Observation {
    /// Pods on Fargate whose kubelets are not at the minor of the control plane.
    pub fn fargate_behind(&self) -> impl Iterator<Item = &FargatePod> {
        let control_plane = self.control_plane.as_ref().map(|seen| seen.minor);
        self.fargate.iter().filter(move |pod| {
            pod.minor.zip(control_plane).is_some_and(|(kubelet, control_plane)| kubelet != control_plane)
        })
    }
}

/// A pod that runs on Fargate or is to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FargatePod {
    /// Namespace and name.
    pub pod: ObjectName,
    /// Minor of its kubelet, which it keeps for its whole life; `None` before it has a node.
    pub minor: Option<Minor>,
    /// What makes it again once it is gone, such as `ReplicaSet shop/web-7d4b9`; `None` when nothing does.
    pub owner: Option<String>,
    /// How far it is.
    pub stage: FargateStage,
    /// Name of a budget that lets no pod go now and covers this one.
    pub held_by: Option<String>,
}

/// How far a pod on Fargate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FargateStage {
    /// It waits for its node, or is not Ready yet.
    Starting,
    /// Its condition `Ready` is `True`, so the next of its owner may go.
    Ready,
    /// It is on its way out.
    Leaving,
    /// Fargate does not run such a pod, so it waits without an end.
    Unsupported,
}

/// What a check of everything in a cluster said of a minor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The minor.
    pub to: Minor,
    /// What would keep the cluster from it.
    pub blocking: Vec<CheckFinding>,
    /// What would stop working with it, though the cluster gets there.
    pub breaking: Vec<CheckFinding>,
}

/// Something that a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFinding {
    /// Id of the check, such as `budget-never-allows`.
    pub check: String,
    /// What it was found in, such as `PodDisruptionBudget shop/web`.
    pub object: String,
    /// What was seen there.
    pub evidence: String,
    /// What to do about it.
    pub advice: String,
}

/// The control plane of the cluster that is upgraded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlPlane {
    /// Kubernetes minor of its API servers.
    pub minor: Minor,
    /// Version that an API server tells, such as `v1.34.4`; empty where only the minor is known.
    pub version: String,
    /// Whether it is at rest.
    pub state: State,
}

/// Whether something can be begun with a cluster or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is being done with it.
    AtRest,
    /// It is being created, updated or deleted.
    Busy {
        /// In the words of the service, such as `UPDATING`.
        status: String,
        /// The update under way, when it is known.
        update: Option<UpdateId>,
    },
}

/// An add-on that is installed in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddOn {
    /// Version that is installed, such as `v1.11.4-eksbuild.2`.
    pub version: String,
    /// Its versions for each minor on the way.
    pub offered: BTreeMap<Minor, Offered>,
    /// How its pods follow what the present step put; `None` before it put anything, and of add-ons of the service.
    pub rollout: Option<Rollout>,
}

/// An add-on of its owner whose pods follow its objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// When its objects were put.
    pub since: Timestamp,
    /// How far it is, such as `1 of 3 pods are of the new template`.
    pub why: String,
    /// Whether the cluster gave it up, so that waiting longer brings nothing.
    pub is_given_up: bool,
}

/// Versions of an add-on for a minor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offered {
    /// All of them, oldest first.
    pub versions: Vec<String>,
    /// The one that the service takes when nobody names one.
    pub default: String,
}

/// A node group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The minor on record.
    pub minor: Option<Minor>,
    /// Whether it is at rest.
    pub state: State,
    /// Its nodes, by the minor of their kubelets.
    pub nodes: BTreeMap<Minor, Nodes>,
}

/// Nodes of a minor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nodes {
    /// Number of them, Ready or not.
    pub count: u32,
    /// Number of them that are Ready.
    pub ready: u32,
    /// Number of the Ready ones that run a pod.
    pub with_pods: u32,
}

/// The update that a step began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Id of the update.
    pub update: UpdateId,
    /// Whether it runs, and how it ended if it does not.
    pub stands: Stands,
}

/// How an update stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Under way.
    Running(Running),
    /// It did what it was asked to do.
    Succeeded,
    /// It could not be done.
    Failed {
        /// Error message of the update, for people.
        message: String,
    },
    /// Somebody stopped it.
    Cancelled,
}

/// An update under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// Whether it is paused, by this upgrade or by a person.
    pub is_paused: bool,
    /// Old nodes replaced.
    pub replaced: u32,
    /// Old nodes left.
    pub left: u32,
}
