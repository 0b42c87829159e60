//! What was seen: the group, its instances and nodes, pods, budgets, and the answers to our own actions.
//!
//! An [`Observation`] is plain state with indices. Adapters put into it what changed; decisions only read it. Decisions
//! ask indices, so that a turn costs what changed and what is in work, not the size of the cluster.

mod answer;
mod autoscaler;
mod budget;
mod group;
mod join_trouble;
mod lookup;
mod lost;
mod member_class;
mod members;
mod node;
mod placement;
mod pod;
mod pods;
mod taint;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::action::ActionKey;
use crate::names::InstanceId;
pub use crate::template::TemplateContent;
pub use answer::{Answer, Answers, Attempt, Refused};
pub use autoscaler::{Autoscaler, AutoscalerKind, Evidence, Running};
pub use budget::{Budget, UnhealthyPolicy};
pub use group::{Group, Instance, LaunchFailure, LaunchTrouble, Lifecycle};
pub use join_trouble::JoinTrouble;
pub use lost::Lost;
pub use member_class::{Marks, MemberClass, MemberState};
pub use members::{Member, Members, Parted};
pub use node::{Hold, Node, Ours};
pub use placement::{Placed, Placement, Placements};
pub use pod::{Deleting, GATED, Owner, OwnerKind, Phase as PodPhase, Pod, Readiness, Tolerates, gated};
pub use pods::Pods;
pub use taint::{Closing, Closure, Effect, SeenTaint, TO_BE_DELETED, Taint, Touch};

/// Everything a decision may look at.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Whether the Kubernetes API could be read at this turn.
    pub cluster_read: Read,
    /// Whether the cloud could be read at this turn.
    pub cloud_read: Read,
    /// The scaling group; `None` until it is first seen.
    pub group: Option<Group>,
    /// Instances and nodes of the group.
    pub members: Members,
    /// Why instances that are long on their way do not become nodes, as far as the cloud was asked about them.
    pub not_joined: BTreeMap<InstanceId, Vec<JoinTrouble>>,
    /// All pods of the cluster, and their budgets.
    pub pods: Pods,
    /// Autoscalers that may change nodes meanwhile.
    pub autoscalers: Vec<Autoscaler>,
    /// Answers to our recent actions. Not kept over restarts, since every action is safe to repeat.
    pub answers: Answers,
    /// Actions that are not answered yet. Empty where a turn waits for all its answers.
    pub under_way: BTreeSet<ActionKey>,
    /// Where the pods of nodes would go, for the nodes that a decision asked about.
    pub placements: Placements,
}

/// How the last reading of one side went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Read {
    /// Not tried yet.
    #[default]
    Never,
    /// The state here is what the side showed at this turn.
    Fresh,
    /// The reading failed; the state here is from before.
    Unreadable {
        /// Since when readings fail.
        since: Timestamp,
        /// Error message of the last one.
        why: String,
    },
}
