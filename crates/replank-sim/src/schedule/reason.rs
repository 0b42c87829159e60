//! Why a node does not take a pod, in the scheduler's words, and the message that counts them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::preempt::Tried;

/// What keeps a class of pods off a node as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bar {
    /// Nothing.
    Open,
    /// `NodeUnschedulable`.
    Unschedulable,
    /// `NodeName`.
    Name,
    /// `TaintToleration`.
    Taint,
    /// `NodeAffinity`.
    Affinity,
}

/// How many bars there are.
pub(super) const BARS: usize = 5;

impl Bar {
    /// Every bar that keeps pods off.
    pub(super) const SHUT: [Self; BARS - 1] = [Self::Unschedulable, Self::Name, Self::Taint, Self::Affinity];

    /// What it says.
    pub(super) fn reason(self) -> Option<Reason> {
        match self {
            Self::Open => None,
            Self::Unschedulable => Some(Reason::Unschedulable),
            Self::Name => Some(Reason::Name),
            Self::Taint => Some(Reason::Taint),
            Self::Affinity => Some(Reason::Affinity),
        }
    }
}

/// Why a node does not take a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// `NodeUnschedulable`.
    Unschedulable,
    /// `NodeName`.
    Name,
    /// The pod belongs to another node (`NodeAffinity`, before the filters).
    Pinned,
    /// `TaintToleration`.
    Taint,
    /// `NodeAffinity`.
    Affinity,
    /// `NodePorts`.
    Ports,
    /// `NodeResourcesFit`: too many pods.
    Pods,
    /// `NodeResourcesFit`: a resource, and whether an empty node had enough of it.
    Resource(Arc<str>, bool),
    /// `VolumeRestrictions`.
    OnePod,
    /// `NodeVolumeLimits`.
    VolumeLimit,
    /// `VolumeBinding`: the volume is elsewhere.
    VolumeElsewhere,
    /// `VolumeBinding`: nothing to bind to.
    NoVolume,
    /// `VolumeBinding`: the volume is gone.
    VolumeGone,
    /// `PodTopologySpread`.
    Spread,
    /// `PodTopologySpread`: the node lacks the label.
    SpreadLabel,
    /// `InterPodAffinity`: affinity.
    Near,
    /// `InterPodAffinity`: own anti-affinity.
    Apart,
    /// `InterPodAffinity`: another pod's anti-affinity.
    Repelled,
    /// Preemption: no pod of lower priority is there.
    NoVictims,
    /// Preemption: that others go changes nothing.
    NotHelpful,
}

impl Reason {
    /// In the scheduler's words (kube-scheduler 1.34.2 and newer).
    pub(super) fn text(&self) -> String {
        let text = match self {
            Self::Unschedulable => "node(s) were unschedulable",
            Self::Name => "node(s) didn't match the requested node name",
            Self::Pinned => "node(s) didn't satisfy plugin(s) [NodeAffinity]",
            Self::Taint => "node(s) had untolerated taint(s)",
            Self::Affinity => "node(s) didn't match Pod's node affinity/selector",
            Self::Ports => "node(s) didn't have free ports for the requested pod ports",
            Self::Pods => "Too many pods",
            Self::Resource(name, _) => return format!("Insufficient {name}"),
            Self::OnePod => {
                "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
            }
            Self::VolumeLimit => "node(s) exceed max volume count",
            Self::VolumeElsewhere => "node(s) didn't match PersistentVolume's node affinity",
            Self::NoVolume => "node(s) didn't find available persistent volumes to bind",
            Self::VolumeGone => "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
            Self::Spread => "node(s) didn't match pod topology spread constraints",
            Self::SpreadLabel => {
                "node(s) didn't match pod topology spread constraints (missing required label)"
            }
            Self::Near => "node(s) didn't match pod affinity rules",
            Self::Apart => "node(s) didn't match pod anti-affinity rules",
            Self::Repelled => "node(s) didn't satisfy existing pods anti-affinity rules",
            Self::NoVictims => "No preemption victims found for incoming pod",
            Self::NotHelpful => "Preemption is not helpful for scheduling",
        };
        text.to_owned()
    }

    /// Whether taking other pods away could help (Kubernetes: not `UnschedulableAndUnresolvable`).
    pub(super) fn resolvable(&self) -> bool {
        match self {
            Self::Ports
            | Self::Pods
            | Self::Resource(_, true)
            | Self::OnePod
            | Self::VolumeLimit
            | Self::Spread
            | Self::Apart
            | Self::Repelled => true,
            Self::Unschedulable
            | Self::Name
            | Self::Pinned
            | Self::Taint
            | Self::Affinity
            | Self::Resource(_, false)
            | Self::VolumeElsewhere
            | Self::NoVolume
            | Self::VolumeGone
            | Self::SpreadLabel
            | Self::Near
            | Self::NoVictims
            | Self::NotHelpful => false,
        }
    }

    /// Whether other pods' places decide about it.
    pub(super) fn about_pods(&self) -> bool {
        matches!(
            self,
            Self::Spread
                | Self::SpreadLabel
                | Self::Near
                | Self::Apart
                | Self::Repelled
                | Self::Ports
                | Self::OnePod
                | Self::VolumeLimit
        )
    }
}

/// The nodes that did not take a pod, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals {
    pub(super) counts: BTreeMap<Reason, usize>,
    /// All nodes.
    pub(super) nodes: usize,
    /// Why the pod was refused before any node was looked at.
    pub(super) before: Option<&'static str>,
}

impl Refusals {
    /// Counts one node.
    pub(super) fn node(&mut self, reasons: Vec<Reason>) {
        for reason in reasons {
            self.add(reason, 1);
        }
    }

    /// Counts nodes of one reason.
    pub(super) fn add(&mut self, reason: Reason, nodes: usize) {
        if nodes > 0 {
            *self.counts.entry(reason).or_default() += nodes;
        }
    }

    /// Whether other pods' places had a part in it.
    pub(super) fn about_pods(&self) -> bool {
        self.counts.keys().any(Reason::about_pods)
    }

    /// How many nodes, and why not.
    fn head(&self) -> String {
        let body = match self.before {
            Some(before) => before.to_owned(),
            None => parts(self.counts.iter().map(|(reason, count)| (*count, reason.text()))),
        };
        format!("0/{} nodes are available: {body}.", self.nodes)
    }

    /// The message of `FailedScheduling`. That of the plugins that look for room afterwards follows, unless they made
    /// some (kube-scheduler 1.34: `DynamicResources`, then `DefaultPreemption`).
    pub(super) fn message(&self, tried: &Tried) -> String {
        if self.nodes == 0 {
            return "no nodes available to schedule pods".to_owned();
        }
        let preemption = match tried {
            Tried::Room(_) => return self.head(),
            Tried::Barred(why) => (*why).to_owned(),
            Tried::Nothing(said) => said.head(),
        };
        format!("{} no new claims to deallocate, preemption: {preemption}", self.head())
    }
}

/// Counts and reasons, sorted as text. Reasons that read alike are one.
pub(super) fn parts(reasons: impl Iterator<Item = (usize, String)>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (count, reason) in reasons {
        *counts.entry(reason).or_default() += count;
    }
    let mut parts: Vec<String> = counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.sort();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(nodes: usize, reasons: &[(Reason, usize)]) -> Refusals {
        let mut refused = Refusals { nodes, ..Refusals::default() };
        reasons.iter().for_each(|(reason, count)| refused.add(reason.clone(), *count));
        refused
    }

    #[test]
    fn messages_are_those_of_the_scheduler() {
        use Reason::{Affinity, NoVictims, NotHelpful, Pods, Resource, Taint, Unschedulable};
        let cpu = || Resource("cpu".into(), true);
        let unbound =
            Refusals { before: Some("pod has unbound immediate PersistentVolumeClaims"), ..counted(2, &[]) };
        let nothing = |nodes, reasons: &[(Reason, usize)]| Tried::Nothing(counted(nodes, reasons));
        let table = [
            (Refusals::default(), nothing(0, &[]), "no nodes available to schedule pods"),
            (
                counted(3, &[(cpu(), 1), (Unschedulable, 2)]),
                nothing(3, &[(NoVictims, 1), (NotHelpful, 2)]),
                "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. no new claims to \
                 deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 \
                 Preemption is not helpful for scheduling.",
            ),
            (
                // One node may have several reasons; counts are sorted as text.
                counted(12, &[(Taint, 10), (Affinity, 1), (Pods, 1), (cpu(), 1)]),
                nothing(12, &[(cpu(), 1), (NotHelpful, 11)]),
                "0/12 nodes are available: 1 Insufficient cpu, 1 Too many pods, 1 node(s) didn't match Pod's node \
                 affinity/selector, 10 node(s) had untolerated taint(s). no new claims to deallocate, preemption: \
                 0/12 nodes are available: 1 Insufficient cpu, 11 Preemption is not helpful for scheduling.",
            ),
            (
                unbound,
                nothing(2, &[(NotHelpful, 2)]),
                "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. no new claims to \
                 deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
            ),
            (
                counted(1, &[(cpu(), 1)]),
                Tried::Barred("not eligible due to preemptionPolicy=Never."),
                "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible \
                 due to preemptionPolicy=Never.",
            ),
        ];
        for (refused, tried, wanted) in table {
            assert_eq!(refused.message(&tried), wanted);
        }
    }
}
