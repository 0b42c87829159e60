//! The state of an update: its recorded facts, applied in order.
//!
//! Only [`Rollout::apply`] changes a [`Rollout`]. What can be observed is not part of it.

mod apply;
mod joined;
mod node;

use crate::node_group::phase::Phase;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use apply::IllegalEvent;
pub use joined::note_joined;
pub use node::{Stage, Work};

use self::joined::Joined;
use crate::names::InstanceId;
use crate::node_group::event::Measured;
use crate::node_group::problem::{Failure, KeptBecause, Outcome};
use crate::node_group::spec::Spec;
use crate::observed::{Group, MemberClass, Taint};
use crate::sizes::Sizes;

/// The state of one update of one node group, as far as its recorded facts tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// What was asked.
    pub(crate) spec: Spec,
    /// When it was asked for.
    pub(crate) started_at: Timestamp,
    /// Present phase.
    pub(crate) phase: Phase,
    /// When that phase began.
    pub(crate) phase_since: Timestamp,
    /// The numbers of Setup, once recorded.
    pub(crate) measured: Option<Measured>,
    /// Sizes last asked for; desired is decremented with every excess node that is gone since.
    pub(crate) asked: Option<Sizes>,
    /// Nodes asked for and not serving, and since when it is that number in this phase.
    pub(crate) missing: (u32, Timestamp),
    /// From when join limits may count at the earliest: the time of the last resume, or the start.
    pub(crate) patient_since: Timestamp,
    /// New instances that joined, lost ones included.
    pub(crate) joined: Joined,
    /// New instances that joined and were lost, each with when.
    pub(crate) lost: BTreeMap<InstanceId, Timestamp>,
    /// Nodes in work, by instance.
    pub(crate) work: BTreeMap<InstanceId, Work>,
    /// Number of picks so far; numbers the random draws.
    pub(crate) picks: u64,
    /// Number of old nodes replaced so far.
    pub(crate) replaced: u32,
    /// Number of excess nodes removed so far.
    pub(crate) removed: u32,
    /// Excess nodes that could not be drained within the drain limit.
    pub(crate) kept: BTreeSet<InstanceId>,
    /// What persons asked for since the start.
    pub(crate) wishes: Wishes,
    /// Why it failed, if it did.
    pub(crate) failure: Option<Failure>,
    /// How it ended, once it did.
    pub(crate) end: Option<End>,
}

/// The end of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Successful, failed or cancelled.
    pub outcome: Outcome,
    /// When it ended.
    pub at: Timestamp,
    /// Original sizes that could not be restored; the next update of the group restores them.
    pub unrestored: Option<Sizes>,
    /// Why the group keeps more nodes than before, if it does.
    pub kept: Option<KeptBecause>,
}

/// What persons asked for while the update ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Set while paused: pick no more nodes, and what happens to nodes in work.
    pub paused: Option<GiveBack>,
    /// Set once cancelled: what happens to nodes in work.
    pub cancelled: Option<GiveBack>,
    /// After a cancel the group is pointed back at the template version from before.
    pub restore_target: bool,
    /// After a cancel old nodes are removed as the excess, instead of new ones that replaced nothing.
    pub keep_new: bool,
    /// A person allowed force after the start; [`Spec::force`] is unchanged.
    pub forced: bool,
}

/// What happens to nodes in work when an update is paused or cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveBack {
    /// They are drained and replaced to the end.
    No,
    /// They leave work, are uncordoned and stay in service.
    Yes,
}

impl Rollout {
    /// An update that was asked for at `at`, with no fact recorded.
    pub fn new(spec: Spec, at: Timestamp) -> Self {
        Self {
            spec,
            started_at: at,
            phase: Phase::Setup,
            phase_since: at,
            measured: None,
            asked: None,
            missing: (0, at),
            patient_since: at,
            joined: Joined::default(),
            lost: BTreeMap::new(),
            work: BTreeMap::new(),
            picks: 0,
            replaced: 0,
            removed: 0,
            kept: BTreeSet::new(),
            wishes: Wishes::default(),
            failure: None,
            end: None,
        }
    }

    /// What was asked.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// When the update was asked for.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// Present phase.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// When the present phase began.
    pub fn phase_since(&self) -> Timestamp {
        self.phase_since
    }

    /// The numbers of Setup, once recorded.
    pub fn measured(&self) -> Option<&Measured> {
        self.measured.as_ref()
    }

    /// Nodes that are being cordoned, drained or terminated, by instance.
    pub fn work(&self) -> &BTreeMap<InstanceId, Work> {
        &self.work
    }

    /// New instances that joined, including those lost since.
    pub fn joined(&self) -> impl Iterator<Item = &InstanceId> {
        self.joined.iter()
    }

    /// Whether a taint belongs to the group's nodes, so that it does not close them: the group's launches set it, or
    /// most old nodes carried it. Taints of autoscalers and of the node lifecycle controller never do.
    pub fn owns(&self, group: Option<&Group>, taint: &Taint) -> bool {
        let known = group.is_some_and(|group| group.taints.contains(taint));
        let carried = self.measured.as_ref().is_some_and(|measured| measured.taints.contains(taint));
        taint.owner().is_none() && (known || carried)
    }

    /// Whether somebody else keeps pods off nodes of this class: a cordon that is not ours, or a taint not the group's
    /// own.
    pub fn is_closed(&self, group: Option<&Group>, class: &MemberClass) -> bool {
        let cordoned = class.marks.cordoned && !class.marks.our_cordon;
        cordoned || class.taints.iter().any(|taint| !self.owns(group, taint))
    }

    /// Number of old nodes replaced so far.
    pub fn replaced(&self) -> u32 {
        self.replaced
    }

    /// Number of excess nodes removed so far.
    pub fn removed(&self) -> u32 {
        self.removed
    }

    /// What persons asked for since the start.
    pub fn wishes(&self) -> Wishes {
        self.wishes
    }

    /// Whether pods that do not leave within the drain limit are deleted, from the start or allowed later.
    pub fn force(&self) -> bool {
        self.spec.force || self.wishes.forced
    }

    /// Why the update failed, if it did.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// How the update ended; `None` while it runs.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }
}
