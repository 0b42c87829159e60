//! Reasons for which a node is not feasible, in kube-scheduler's words, and the message of `FailedScheduling`.

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_core::behaviour::{Behaviour, ServerVersion};
use replank_world::store::NodeId;
use replank_world::vocab::taint::Taint;

use super::preempt::Tried;

/// The filter that excludes a class of pods from a node by the node's own properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bar {
    /// None: the node is open to the class.
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

/// The number of variants of [`Bar`].
pub(super) const BARS: usize = 5;

impl Bar {
    /// Every variant but `Open`.
    pub(super) const SHUT: [Self; BARS - 1] = [Self::Unschedulable, Self::Name, Self::Taint, Self::Affinity];

    /// The reason to report; `None` for `Open`.
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

/// Why a node is not feasible for a pod, by plugin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// `NodeUnschedulable`.
    Unschedulable,
    /// `NodeName`.
    Name,
    /// The pod is restricted to another node by `matchFields` (`NodeAffinity`, pre-filter).
    Pinned,
    /// `TaintToleration`.
    Taint,
    /// `TaintToleration`, by versions that name the taint.
    NamedTaint { key: Arc<str>, value: Arc<str> },
    /// `NodeAffinity`.
    Affinity,
    /// `NodePorts`.
    Ports,
    /// `NodeResourcesFit`: too many pods.
    Pods,
    /// `NodeResourcesFit`: the resource that is missing, and whether the node would have enough when empty.
    Resource(Arc<str>, bool),
    /// `VolumeRestrictions`: another pod uses the `ReadWriteOncePod` claim.
    OnePod,
    /// `NodeVolumeLimits`: the node can attach no more volumes.
    VolumeLimit,
    /// `VolumeBinding`: the bound volume cannot be used on this node.
    VolumeElsewhere,
    /// `VolumeBinding`: no volume can be bound or provisioned.
    NoVolume,
    /// `VolumeBinding`: the bound volume no longer exists.
    VolumeGone,
    /// `PodTopologySpread`: the skew would be exceeded.
    Spread,
    /// `PodTopologySpread`: the node lacks the topology label.
    SpreadLabel,
    /// `InterPodAffinity`: the pod's affinity is not satisfied.
    Near,
    /// `InterPodAffinity`: the pod's anti-affinity is not satisfied.
    Apart,
    /// `InterPodAffinity`: an existing pod's anti-affinity excludes it.
    Repelled,
    /// Preemption: the node has no pods of lower priority.
    NoVictims,
    /// Preemption: removing pods does not help here.
    NotHelpful,
}

impl Reason {
    /// The reason of a node that this taint excludes.
    pub(super) fn of_taint(taint: &Taint, version: ServerVersion) -> Self {
        if version.has(Behaviour::SaysTaint) {
            Self::NamedTaint { key: taint.key.clone(), value: taint.value.clone() }
        } else {
            Self::Taint
        }
    }

    /// The text of the reason in the words of that version.
    pub(super) fn text(&self, version: ServerVersion) -> String {
        let text = match self {
            Self::Unschedulable => "node(s) were unschedulable",
            Self::Name => "node(s) didn't match the requested node name",
            Self::Pinned => "node(s) didn't satisfy plugin(s) [NodeAffinity]",
            Self::Taint => "node(s) had untolerated taint(s)",
            Self::NamedTaint { key, value } => {
                return format!("node(s) had untolerated taint {{{key}: {value}}}");
            }
            Self::Affinity => "node(s) didn't match Pod's node affinity/selector",
            Self::Ports => "node(s) didn't have free ports for the requested pod ports",
            Self::Pods => "Too many pods",
            Self::Resource(name, _) => return format!("Insufficient {name}"),
            Self::OnePod => {
                "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
            }
            Self::VolumeLimit => "node(s) exceed max volume count",
            Self::VolumeElsewhere if version.has(Behaviour::SaysVolumeConflict) => {
                "node(s) had volume node affinity conflict"
            }
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

    /// Whether removing other pods could help (kube-scheduler: `Unschedulable`, not
    /// `UnschedulableAndUnresolvable`).
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
            | Self::NamedTaint { .. }
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

    /// Whether the reason depends on where other pods are.
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

/// The reasons of all nodes, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals {
    pub(super) counts: BTreeMap<Reason, usize>,
    /// How many nodes there are.
    pub(super) nodes: usize,
    /// The reason of a pre-filter, when no node was considered at all.
    pub(super) before: Option<Arc<str>>,
}

impl Refusals {
    /// Counts the reasons of one node.
    pub(super) fn node(&mut self, reasons: Vec<Reason>) {
        for reason in reasons {
            self.add(reason, 1);
        }
    }

    /// Counts nodes that share a reason.
    pub(super) fn add(&mut self, reason: Reason, nodes: usize) {
        if nodes > 0 {
            *self.counts.entry(reason).or_default() += nodes;
        }
    }

    /// Whether any reason depends on where other pods are.
    pub(super) fn about_pods(&self) -> bool {
        self.counts.keys().any(Reason::about_pods)
    }

    /// The sentence with the number of nodes and the counted reasons.
    fn head(&self, version: ServerVersion) -> String {
        let body = match &self.before {
            Some(before) => before.to_string(),
            None => parts(self.counts.iter().map(|(reason, count)| (*count, reason.text(version)))),
        };
        format!("0/{} nodes are available: {body}.", self.nodes)
    }

    /// The message of `FailedScheduling` in the words of that version. The post-filter plugins' message follows: that of
    /// `DynamicResources` where it has one, then that of `DefaultPreemption`; `node_name` tells the node where
    /// preemption makes room.
    pub(super) fn message(
        &self,
        tried: &Tried,
        version: ServerVersion,
        node_name: impl Fn(NodeId) -> Arc<str>,
    ) -> String {
        if self.nodes == 0 {
            return "no nodes available to schedule pods".to_owned();
        }
        if self.before.is_some() && version.has(Behaviour::SaysNotFound) {
            return format!("{} not found", self.head(version));
        }
        let preemption = match tried {
            Tried::Room(plan) if version.has(Behaviour::SaysPlacement) => format!(
                "found a potential placement for pod on node {}, preempting {} victims",
                node_name(plan.node),
                plan.victims.len()
            ),
            Tried::Room(_) => return self.head(version),
            Tried::Barred(why) => (*why).to_owned(),
            Tried::Nothing(said) => said.head(version),
        };
        let claims = if version.has(Behaviour::SaysNoClaims) { "no new claims to deallocate, " } else { "" };
        format!("{} {claims}preemption: {preemption}", self.head(version))
    }
}

/// Counts and reasons, equal texts merged, sorted as text.
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
    use crate::schedule::preempt::Plan;

    fn counted(nodes: usize, reasons: &[(Reason, usize)]) -> Refusals {
        let mut refused = Refusals { nodes, ..Refusals::default() };
        reasons.iter().for_each(|(reason, count)| refused.add(reason.clone(), *count));
        refused
    }

    #[test]
    fn messages_are_those_of_the_scheduler() {
        use Reason::{Affinity, NoVictims, NotHelpful, Pods, Resource, Taint, Unschedulable};
        let cpu = || Resource("cpu".into(), true);
        let unbound = Refusals {
            before: Some("pod has unbound immediate PersistentVolumeClaims".into()),
            ..counted(2, &[])
        };
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
                "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
            ),
            (
                counted(1, &[(cpu(), 1)]),
                Tried::Barred("not eligible due to preemptionPolicy=Never."),
                "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible \
                 due to preemptionPolicy=Never.",
            ),
        ];
        for (refused, tried, wanted) in table {
            let version = ServerVersion::of(34, 4);
            assert_eq!(refused.message(&tried, version, |_| "node-1".into()), wanted);
        }
    }

    #[test]
    fn each_version_has_its_words() {
        use Reason::{NamedTaint, NotHelpful, Taint, VolumeElsewhere};
        let named = NamedTaint { key: "team".into(), value: "a".into() };
        let nothing = || Tried::Nothing(counted(2, &[(NotHelpful, 2)]));
        let room = || Tried::Room(Plan { node: NodeId(1), victims: vec![replank_world::store::PodId(1); 3] });
        let helps_not = "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";
        let rows = [
            ((32, 13), &named, nothing(), format!("2 node(s) had untolerated taint {{team: a}}. {helps_not}")),
            ((32, 13), &VolumeElsewhere, nothing(), format!("2 node(s) had volume node affinity conflict. {helps_not}")),
            (
                (33, 10),
                &VolumeElsewhere,
                nothing(),
                format!("2 node(s) didn't match PersistentVolume's node affinity. {helps_not}"),
            ),
            (
                (36, 3),
                &Taint,
                nothing(),
                format!("2 node(s) had untolerated taint(s). no new claims to deallocate, {helps_not}"),
            ),
            ((37, 2), &Taint, nothing(), format!("2 node(s) had untolerated taint(s). {helps_not}")),
            ((36, 3), &Taint, room(), "2 node(s) had untolerated taint(s).".to_owned()),
            (
                (37, 2),
                &Taint,
                room(),
                "2 node(s) had untolerated taint(s). preemption: found a potential placement for pod on node \
                 node-1, preempting 3 victims"
                    .to_owned(),
            ),
        ];
        for ((minor, patch), reason, tried, wanted) in rows {
            let refused = counted(2, &[(reason.clone(), 2)]);
            let said = refused.message(&tried, ServerVersion::of(minor, patch), |_| "node-1".into());
            assert_eq!(said, format!("0/2 nodes are available: {wanted}"), "1.{minor}.{patch}");
        }
    }
}
