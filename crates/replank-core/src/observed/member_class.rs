//! What decisions ask of many members at once: template version, zone, state and marks.

use super::Taint;
use crate::names::Zone;

/// How far an instance is on its way from launch to Ready node and to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberState {
    /// An instance without a node.
    Launching,
    /// A node that is not Ready, or with a taint that says it is not up.
    NotReady,
    /// Ready, without the labels its template gives.
    Unlabelled,
    /// Ready and labelled.
    Ready,
    /// Its instance is terminating.
    Leaving,
}

/// Marks that a node shows, and whose they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks of a node, seen together")]
pub struct Marks {
    /// Guard taint.
    pub guarded: bool,
    /// `spec.unschedulable`.
    pub cordoned: bool,
    /// Label that keeps it out of external load balancers.
    pub excluded: bool,
    /// Cordon or exclusion label was set by an update, not by a person.
    pub ours: bool,
    /// The cordon was set by an update.
    pub our_cordon: bool,
    /// Annotation that keeps autoscalers from removing it.
    pub kept: bool,
    /// That annotation was set by an update, even if somebody removed it since.
    pub our_keep: bool,
}

/// What decisions ask of many members at once; members with equal values are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberClass {
    /// Template version of the instance.
    pub version: u64,
    /// Zone of the instance.
    pub zone: Zone,
    /// State of the member.
    pub state: MemberState,
    /// Whether a Node object exists.
    pub joined: bool,
    /// Marks on the node.
    pub marks: Marks,
    /// Taints that keep pods off the node, those of its group included, sorted.
    pub taints: Vec<Taint>,
    /// Whether the update has recorded that it joined, as far as [`Members::note_joined`](super::Members::note_joined) was told.
    pub on_record: bool,
}
