//! What was seen of the cluster, as plain state. An adapter fills it in; decisions only read it.

use std::collections::BTreeMap;

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
    /// The add-ons.
    pub add_ons: BTreeMap<AddOnName, AddOn>,
    /// The node groups.
    pub groups: BTreeMap<NodeGroupName, Group>,
    /// Pods on Fargate whose kubelets are behind the control plane.
    pub fargate_behind: Vec<ObjectName>,
    /// What a check of the whole cluster said; `None` before it was made for the present step.
    pub checked: Option<Checked>,
    /// The update that the present step began; `None` before it is on record.
    pub work: Option<Work>,
    /// What became of the act of the present step, since the process began: every act is safe to repeat.
    pub answer: Option<Answer>,
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

/// A control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlPlane {
    /// What it runs.
    pub minor: Minor,
    /// Whether it is at rest.
    pub state: State,
}

/// Whether something can be begun with a cluster or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is being done with it.
    AtRest,
    /// Something is.
    Busy {
        /// In the words of the service, such as `UPDATING`.
        status: String,
        /// The update under way, when it is known.
        update: Option<UpdateId>,
    },
}

/// An add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddOn {
    /// Its version.
    pub version: String,
    /// Its versions for each minor on the way.
    pub offered: BTreeMap<Minor, Offered>,
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
    /// How many.
    pub count: u32,
    /// How many of them are Ready.
    pub ready: u32,
    /// How many of these run a pod.
    pub with_pods: u32,
}

/// The update that a step began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Its id.
    pub update: UpdateId,
    /// How it stands.
    pub stands: Stands,
}

/// How an update stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Under way.
    Running(Running),
    /// Done.
    Succeeded,
    /// It could not be done.
    Failed {
        /// Why.
        message: String,
    },
    /// Somebody stopped it.
    Cancelled,
}

/// An update under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// Whether it is paused.
    pub is_paused: bool,
    /// Old nodes replaced.
    pub replaced: u32,
    /// Old nodes left.
    pub left: u32,
}
