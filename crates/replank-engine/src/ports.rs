//! The ports to the two sides of the world: read what changed, perform one action.
//!
//! A port belongs to one node group of one cluster. It never retries, sleeps or decides. Every implementation promises:
//!
//! - a call that is cut off (its future is dropped) leaves the port usable: the next reading shows everything that the
//!   dropped one did not, and an action may or may not have happened;
//! - equal actions are safe to repeat, because each carries a precondition (a uid, an expected value, a token);
//! - an error is the message of the side, and the port stays usable after it.

pub mod autoscaler;
pub mod leader;
pub mod marks;

use std::future::Future;

use jiff::SignedDuration;
use replank_core::action::{CloudAction, ClusterAction};
use replank_core::names::NodeName;
use replank_core::observed::{Answer, Observation, Placement, Pod};
use thiserror::Error;

/// The Kubernetes side: nodes, pods, budgets.
pub trait Cluster {
    /// Reads what changed, for [`Cluster::tell`] to apply. `seen` is what was applied before. Separate from `tell`,
    /// since both sides are read at the same time.
    fn refresh(&mut self, seen: &Observation) -> impl Future<Output = Result<(), ReadError>>;

    /// Applies to `into` what changed since the last call; the first call fills it. Nodes of the group go into its
    /// members, pods and budgets of the whole cluster into its pods. Costs as much as changed. Called after a
    /// successful reading only; the caller notes whether the side could be read.
    fn tell(&mut self, into: &mut Observation);

    /// Reads this side and applies what changed.
    fn observe(&mut self, into: &mut Observation) -> impl Future<Output = Result<(), ReadError>> {
        async {
            self.refresh(into).await?;
            self.tell(into);
            Ok(())
        }
    }

    /// Performs one action, without retries.
    fn perform(&self, action: &ClusterAction) -> impl Future<Output = Answer>;

    /// Pods bound to `node`, listed from the API server and not from a cache; called right before its instance is
    /// terminated.
    fn pods_on(&self, node: &NodeName) -> impl Future<Output = Result<Vec<Pod>, ReadError>>;

    /// Where the pods of `node` that a drain moves would go: what the scheduler would answer on the present cluster.
    /// Asked before a group is made smaller.
    fn place(&self, node: &NodeName) -> impl Future<Output = Placement>;
}

/// The cloud side: the scaling group, its instances and its launch template.
pub trait Cloud {
    /// Reads what changed, for [`Cloud::tell`] to apply. `seen` is what was applied before.
    fn refresh(&mut self, seen: &Observation) -> impl Future<Output = Result<(), ReadError>>;

    /// Applies to `into` what changed since the last call; the first call fills it: the group, the contents of its
    /// template versions, its instances. Costs as much as changed. Applied before the Kubernetes side, whose nodes are
    /// joined to these instances. Called after a successful reading only; the caller notes whether the side could be
    /// read.
    fn tell(&mut self, into: &mut Observation);

    /// Reads this side and applies what changed.
    fn observe(&mut self, into: &mut Observation) -> impl Future<Output = Result<(), ReadError>> {
        async {
            self.refresh(into).await?;
            self.tell(into);
            Ok(())
        }
    }

    /// Performs one action, without retries. The caller has checked the pods on an instance to be terminated.
    fn perform(&self, action: &CloudAction) -> impl Future<Output = Answer>;
}

/// A side could not be read; with its error message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// How long each kind of call may take before it counts as unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// One reading of one side.
    pub observe: SignedDuration,
    /// One action at a cluster or a cloud.
    pub perform: SignedDuration,
    /// One list of the pods on a node.
    pub list: SignedDuration,
    /// One question where the pods of a node would go, which may read the whole cluster.
    pub place: SignedDuration,
}

impl Default for Deadlines {
    /// 20 s for readings: a third of the API server's own limit of 60 s (`--request-timeout`), so that a turn can be
    /// tried again soon. 35 s for actions, since admission webhooks may take 30 s. 60 s for placements.
    fn default() -> Self {
        Self {
            observe: SignedDuration::from_secs(20),
            perform: SignedDuration::from_secs(35),
            list: SignedDuration::from_secs(20),
            place: SignedDuration::from_secs(60),
        }
    }
}
