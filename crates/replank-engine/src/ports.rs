//! The two sides of the world as the engine needs them: read what changed, perform one act.
//!
//! A port is made for one node group of one cluster. It answers; it never retries, never sleeps and never decides.
//! Whoever implements one keeps these promises:
//!
//! - a call that is cut off (its future is dropped) leaves the port usable: the next reading shows everything that
//!   the cut one did not, and an act may or may not have happened;
//! - equal acts are safe twice, because each carries what makes it safe (a uid, an expected value, a token);
//! - an error says in the words of the side what it could not do, and the port goes on from there.

pub mod autoscaler;
pub mod marks;

use std::future::Future;

use jiff::SignedDuration;
use replank_core::action::{CloudAction, ClusterAction};
use replank_core::names::NodeName;
use replank_core::observed::{Answer, Observation, Placement, Pod};
use thiserror::Error;

/// The Kubernetes side: nodes, pods, budgets.
pub trait Cluster {
    /// Reads what changed, so that [`Cluster::tell`] can tell it. `seen` is what was told before. Nothing is shown yet:
    /// both sides are read at once, and the slower one sets the time.
    fn refresh(&mut self, seen: &Observation) -> impl Future<Output = Result<(), ReadError>>;

    /// Applies to `into` what changed since the call before; the first call fills it. Nodes of the group go into
    /// its members, pods and budgets of the whole cluster into its pods. The cost follows what changed. Called after a
    /// reading that went well; whether the side could be read is noted by the caller.
    fn tell(&mut self, into: &mut Observation);

    /// Reads this side alone and tells it.
    fn observe(&mut self, into: &mut Observation) -> impl Future<Output = Result<(), ReadError>> {
        async {
            self.refresh(into).await?;
            self.tell(into);
            Ok(())
        }
    }

    /// Performs one act.
    fn perform(&self, action: &ClusterAction) -> impl Future<Output = Answer>;

    /// The pods bound to `node` as the server lists them now, past every cache: asked for right before a node's
    /// instance is terminated.
    fn pods_on(&self, node: &NodeName) -> impl Future<Output = Result<Vec<Pod>, ReadError>>;

    /// Where the pods of `node` that a drain moves would go were it to leave: the scheduler's own answer on the cluster
    /// as it is now. Asked for before a group becomes smaller.
    fn place(&self, node: &NodeName) -> impl Future<Output = Placement>;
}

/// The cloud side: the scaling group, its instances and its launch template.
pub trait Cloud {
    /// Reads what changed, so that [`Cloud::tell`] can tell it. `seen` is what was told before.
    fn refresh(&mut self, seen: &Observation) -> impl Future<Output = Result<(), ReadError>>;

    /// Applies to `into` what changed since the call before; the first call fills it. The group goes into its
    /// group, the contents of its template versions and its instances into its members. The cost follows what changed.
    /// Told before the Kubernetes side, whose nodes are joined to these instances. Called after a reading that went
    /// well; whether the side could be read is noted by the caller.
    fn tell(&mut self, into: &mut Observation);

    /// Reads this side alone and tells it.
    fn observe(&mut self, into: &mut Observation) -> impl Future<Output = Result<(), ReadError>> {
        async {
            self.refresh(into).await?;
            self.tell(into);
            Ok(())
        }
    }

    /// Performs one act. What may still be on a node was looked at by the caller.
    fn perform(&self, action: &CloudAction) -> impl Future<Output = Answer>;
}

/// A side that could not be read, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// How long each kind of call may take before it counts as unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// One reading of one side.
    pub observe: SignedDuration,
    /// One act.
    pub perform: SignedDuration,
    /// One fresh list of the pods on a node.
    pub list: SignedDuration,
    /// One answer where the pods of a node would go, which may read the whole cluster.
    pub place: SignedDuration,
}

impl Default for Deadlines {
    /// The API server cuts requests off after 60 seconds by default (`--request-timeout`); a third of it leaves
    /// room to try again while the turn is young. Admission webhooks take up to 30 seconds, so acts get more.
    fn default() -> Self {
        Self {
            observe: SignedDuration::from_secs(20),
            perform: SignedDuration::from_secs(35),
            list: SignedDuration::from_secs(20),
            place: SignedDuration::from_secs(60),
        }
    }
}
