//! One update as far as its recorded facts tell: a fold over events.
//!
//! Nothing changes a [`Rollout`] but [`Rollout::apply`]. What the world can tell is not in here.

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

/// One update of one node group.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// What was asked.
    pub(crate) spec: Spec,
    /// When.
    pub(crate) started_at: Timestamp,
    /// The phase it is in.
    pub(crate) phase: Phase,
    /// Since when.
    pub(crate) phase_since: Timestamp,
    /// What Setup worked out.
    pub(crate) measured: Option<Measured>,
    /// The sizes it last asked for, less the excess that is gone since.
    pub(crate) asked: Option<Sizes>,
    /// Nodes asked for and not Ready, and since when that number stands.
    pub(crate) missing: (u32, Timestamp),
    /// Since when launches and joins are waited for without a pause: the start, or the last resume.
    pub(crate) patient_since: Timestamp,
    /// New instances that joined.
    pub(crate) joined: Joined,
    /// Those of them that are lost, and since when.
    pub(crate) lost: BTreeMap<InstanceId, Timestamp>,
    /// Nodes in work.
    pub(crate) work: BTreeMap<InstanceId, Work>,
    /// How many nodes were ever picked; numbers the draws.
    pub(crate) picks: u64,
    /// Old nodes replaced so far.
    pub(crate) replaced: u32,
    /// Excess nodes removed so far.
    pub(crate) removed: u32,
    /// Excess nodes that would not drain.
    pub(crate) kept: BTreeSet<InstanceId>,
    /// What persons asked for on the way.
    pub(crate) wishes: Wishes,
    /// Why it failed.
    pub(crate) failure: Option<Failure>,
    /// How it ended.
    pub(crate) end: Option<End>,
}

/// The end of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// How.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
    /// Sizes it raised and could not restore, for the next update of the group to restore.
    pub unrestored: Option<Sizes>,
    /// Why the group keeps more nodes than before, if it does.
    pub kept: Option<KeptBecause>,
}

/// What persons asked for on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Pick no more nodes; whether nodes in work go back to service.
    pub paused: Option<GiveBack>,
    /// Stop for good; whether nodes in work go back to service.
    pub cancelled: Option<GiveBack>,
    /// Launches after a cancel use the version from before.
    pub restore_target: bool,
    /// After a cancel the new nodes stay and old ones go in their place.
    pub keep_new: bool,
    /// Force was added.
    pub forced: bool,
}

/// What happens to nodes in work when an update stops picking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveBack {
    /// They are finished.
    No,
    /// They go back to service.
    Yes,
}

impl Rollout {
    /// An update that was asked for at `at` and did nothing yet.
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

    /// When it was asked for.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// The phase it is in.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Since when it is in that phase.
    pub fn phase_since(&self) -> Timestamp {
        self.phase_since
    }

    /// What Setup worked out, once it did.
    pub fn measured(&self) -> Option<&Measured> {
        self.measured.as_ref()
    }

    /// Nodes in work, by instance.
    pub fn work(&self) -> &BTreeMap<InstanceId, Work> {
        &self.work
    }

    /// New instances that joined, those that were lost since among them.
    pub fn joined(&self) -> impl Iterator<Item = &InstanceId> {
        self.joined.iter()
    }

    /// Whether a taint belongs to the group's nodes: its launches give it, or most old nodes carried it.
    pub fn owns(&self, group: Option<&Group>, taint: &Taint) -> bool {
        let known = group.is_some_and(|group| group.taints.contains(taint));
        let carried = self.measured.as_ref().is_some_and(|measured| measured.taints.contains(taint));
        taint.owner().is_none() && (known || carried)
    }

    /// Whether somebody else keeps pods off the nodes of a class.
    pub fn is_closed(&self, group: Option<&Group>, class: &MemberClass) -> bool {
        let cordoned = class.marks.cordoned && !class.marks.our_cordon;
        cordoned || class.taints.iter().any(|taint| !self.owns(group, taint))
    }

    /// Old nodes replaced so far.
    pub fn replaced(&self) -> u32 {
        self.replaced
    }

    /// Excess nodes removed so far.
    pub fn removed(&self) -> u32 {
        self.removed
    }

    /// What persons asked for on the way.
    pub fn wishes(&self) -> Wishes {
        self.wishes
    }

    /// Whether what will not leave in time is deleted.
    pub fn force(&self) -> bool {
        self.spec.force || self.wishes.forced
    }

    /// Why it failed, if it did.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// How it ended, once it did.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }
}
