//! What was seen: the group, its instances and nodes, the pods, the budgets, and the answers to our own acts.
//!
//! An [`Observation`] is plain state with indices. Adapters put into it what changed; decisions only read it.
//! Whatever a decision asks, it asks of an index, so that a turn costs what changed and what is in work,
//! never the size of the cluster.

mod answer;
mod autoscaler;
mod budget;
mod group;
mod lost;
mod members;
mod node;
mod placement;
mod pod;
mod pods;
mod taint;

use jiff::Timestamp;

pub use crate::template::TemplateContent;
pub use answer::{Answer, Answers, Attempt, Refused};
pub use autoscaler::{Autoscaler, AutoscalerKind, Evidence, Running};
pub use budget::{Budget, UnhealthyPolicy};
pub use group::{Group, Instance, LaunchFailure, LaunchTrouble, Lifecycle};
pub use lost::Lost;
pub use members::{Marks, Member, MemberClass, MemberState, Members, Parted};
pub use node::{Hold, Node, Ours};
pub use placement::{Placed, Placement, Placements};
pub use pod::{Deleting, Owner, OwnerKind, Phase as PodPhase, Pod, Readiness, Tolerates};
pub use pods::Pods;
pub use taint::{Closing, Closure, Effect, SeenTaint, TO_BE_DELETED, Taint, Touch};

/// Everything a decision may look at.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Whether the Kubernetes side could be read.
    pub cluster_read: Read,
    /// Whether the cloud side could be read.
    pub cloud_read: Read,
    /// The scaling group, when it was ever seen.
    pub group: Option<Group>,
    /// The group's instances and nodes, joined.
    pub members: Members,
    /// The pods of the cluster and the budgets over them.
    pub pods: Pods,
    /// Who else changes nodes by himself.
    pub autoscalers: Vec<Autoscaler>,
    /// What became of our own recent acts. Not kept over a restart: every act is safe to repeat.
    pub answers: Answers,
    /// Where the pods of nodes would go that decisions asked about.
    pub placements: Placements,
}

/// How the last reading of one side went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Read {
    /// Never tried.
    #[default]
    Never,
    /// What is here is what the side showed at this turn.
    Fresh,
    /// The side could not be read; what is here is what it showed before.
    Unreadable {
        /// Since when it cannot be read.
        since: Timestamp,
        /// The error, in the words of the side.
        why: String,
    },
}
