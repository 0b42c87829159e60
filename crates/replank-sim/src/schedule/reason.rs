//! Why a node does not take a pod, in the scheduler's words, and the message that counts them.

use std::collections::BTreeMap;
use std::sync::Arc;

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
            | Self::Near => false,
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
    /// Nodes that preemption could help on.
    pub(super) resolvable: usize,
}

impl Refusals {
    /// Counts one node.
    pub(super) fn node(&mut self, reasons: Vec<Reason>) {
        self.resolvable += usize::from(reasons.iter().all(Reason::resolvable));
        for reason in reasons {
            self.add(reason, 1);
        }
    }

    /// Counts nodes that no preemption helps on.
    pub(super) fn add(&mut self, reason: Reason, nodes: usize) {
        if nodes > 0 {
            *self.counts.entry(reason).or_default() += nodes;
        }
    }

    /// Whether other pods' places had a part in it.
    pub(super) fn about_pods(&self) -> bool {
        self.counts.keys().any(Reason::about_pods)
    }

    /// The message of `FailedScheduling`, with the part of preemption when that was tried.
    pub(super) fn message(&self, preemption: bool) -> String {
        let Self { nodes, before, resolvable, .. } = self;
        if *nodes == 0 {
            return "no nodes available to schedule pods".to_owned();
        }
        let body = match before {
            Some(before) => (*before).to_owned(),
            None => parts(self.counts.iter().map(|(reason, count)| (*count, reason.text()))),
        };
        let head = format!("0/{nodes} nodes are available: {body}.");
        if !preemption {
            return head;
        }
        let reasons = [
            (*resolvable, "No preemption victims found for incoming pod".to_owned()),
            (nodes - resolvable, "Preemption is not helpful for scheduling".to_owned()),
        ];
        let tried = parts(reasons.into_iter().filter(|(count, _)| *count > 0));
        format!("{head} preemption: 0/{nodes} nodes are available: {tried}.")
    }
}

/// Counts and reasons, sorted as text.
fn parts(reasons: impl Iterator<Item = (usize, String)>) -> String {
    let mut parts: Vec<String> = reasons.map(|(count, reason)| format!("{count} {reason}")).collect();
    parts.sort();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_the_scheduler() {
        let mut refused = Refusals { nodes: 3, ..Refusals::default() };
        refused.node(vec![Reason::Resource("cpu".into(), true)]);
        refused.add(Reason::Unschedulable, 2);
        assert_eq!(
            refused.message(true),
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: 0/3 nodes are \
             available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling."
        );
        assert_eq!(
            refused.message(false),
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable."
        );
        assert_eq!(Refusals::default().message(true), "no nodes available to schedule pods");
        let unbound = Some("pod has unbound immediate PersistentVolumeClaims");
        let refused = Refusals { nodes: 2, before: unbound, ..Refusals::default() };
        assert_eq!(
            refused.message(true),
            "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/2 nodes are \
             available: 2 Preemption is not helpful for scheduling."
        );
    }

    #[test]
    fn counts_sort_as_text() {
        let mut refused = Refusals { nodes: 12, ..Refusals::default() };
        refused.add(Reason::Taint, 10);
        refused.add(Reason::Affinity, 2);
        assert_eq!(
            refused.message(false),
            "0/12 nodes are available: 10 node(s) had untolerated taint(s), 2 node(s) didn't match Pod's node \
             affinity/selector."
        );
    }
}
