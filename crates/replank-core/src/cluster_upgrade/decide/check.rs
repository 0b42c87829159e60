//! The check before a control plane moves: what it would break, and what EKS would refuse. What the check of everything in
//! the cluster found holds it up too, if it blocks and nobody accepted it.

use super::turn::Turn;
use crate::cluster_upgrade::observed::{CheckFinding, Group, Observation};
use crate::cluster_upgrade::spec::Spec;
use crate::cluster_upgrade::wait::{Finding, On};
use crate::names::NodeGroupName;
use crate::version::Minor;

/// The add-on whose version has to be near that of the control plane.
const KUBE_PROXY: &str = "kube-proxy";

pub(super) fn step(turn: &mut Turn<'_>) {
    let minor = turn.minor();
    // It is checked for this step alone, so that what it finds is of now.
    let Some(checked) = turn.checked() else {
        turn.wait(On::Check { minor }, None);
        return turn.look_soon();
    };
    turn.tell_breaking(checked);
    let found = findings(turn.upgrade.spec(), turn.seen, turn.minor());
    if found.is_empty() {
        return turn.pass();
    }
    let since = turn.upgrade.passed().last().map_or(turn.upgrade.started_at(), |step| step.at);
    found.into_iter().for_each(|finding| turn.wait(On::Finding(finding), Some(since)));
    turn.is_paused();
}

/// What keeps the control plane of the cluster from that minor.
pub fn findings(spec: &Spec, seen: &Observation, to: Minor) -> Vec<Finding> {
    let mut found = Vec::new();
    if spec.is_rollback() {
        return newer(seen, to);
    }
    // One that is there already does not move, and nodes follow it.
    let Some(control_plane) = seen.control_plane.as_ref().filter(|seen| seen.minor < to) else {
        return found;
    };
    for (name, group) in &seen.groups {
        found.extend(kubelets(spec, name, group, control_plane.minor, to));
    }
    for (name, add_on) in &seen.add_ons {
        let offered = add_on.offered.get(&to).is_some_and(|offered| !offered.versions.is_empty());
        if !offered && (spec.add_ons.contains(name) || spec.own_add_ons.contains(name)) {
            found.push(Finding::NoAddOnVersion { add_on: name.clone(), minor: to });
        }
        // The rule is that of the kubelet (Kubernetes: version skew policy).
        let is_old = Minor::of_version(&add_on.version).is_some_and(|minor| !minor.may_serve_under(to));
        if name.as_str() == KUBE_PROXY && is_old {
            found.push(Finding::KubeProxyTooOld { version: add_on.version.clone(), minor: to });
        }
    }
    let behind = seen.fargate_behind().count() as u32;
    if behind > 0 {
        found.push(Finding::FargateBehind { count: behind });
    }
    found.extend(blocking(spec, seen, to).cloned().map(Finding::Blocks));
    found
}

/// Nodes that would be newer than their control plane, which is never supported.
fn newer(seen: &Observation, to: Minor) -> Vec<Finding> {
    let newer = |(name, group): (&NodeGroupName, &Group)| {
        let nodes = group.nodes.iter().filter(|(minor, nodes)| **minor > to && nodes.count > 0);
        nodes
            .map(|(minor, nodes)| Finding::NodesAhead {
                group: name.clone(),
                minor: *minor,
                control_plane: to,
                count: nodes.count,
            })
            .collect::<Vec<_>>()
    };
    seen.groups.iter().flat_map(newer).collect()
}

/// What the check of everything in the cluster found that keeps it from that minor.
pub(super) fn blocking<'s>(
    spec: &'s Spec,
    seen: &'s Observation,
    to: Minor,
) -> impl Iterator<Item = &'s CheckFinding> {
    let checked = seen.checked.as_ref().filter(|checked| checked.to == to);
    let found = checked.into_iter().flat_map(|checked| &checked.blocking);
    found.filter(|found| !spec.accepted.contains(&found.check))
}

/// Kubelets of a group that are too far behind. Those of the service have to be level with the control plane first
/// (EKS: `UpdateClusterVersion`); others only inside the skew policy, where that was asked for.
fn kubelets(
    spec: &Spec,
    name: &NodeGroupName,
    group: &Group,
    control_plane: Minor,
    to: Minor,
) -> Vec<Finding> {
    let may_lag = spec.group(name).is_some_and(|planned| spec.may_lag(planned));
    let mut found = Vec::new();
    for (minor, nodes) in group.nodes.iter().filter(|(_, nodes)| nodes.count > 0) {
        let (group, minor, count) = (name.clone(), *minor, nodes.count);
        if !minor.may_serve_under(to) {
            found.push(Finding::KubeletsTooOld { group, minor, oldest: to.oldest_kubelet(), count });
        } else if minor < control_plane && !may_lag {
            found.push(Finding::NodesBehind { group, minor, control_plane, count });
        }
    }
    if let Some(minor) =
        group.minor.filter(|minor| group.nodes.is_empty() && *minor < control_plane && !may_lag)
    {
        found.push(Finding::NodesBehind { group: name.clone(), minor, control_plane, count: 0 });
    }
    found
}
