//! Autoscalers beside an update: what is seen of them, and what they may do to it.

use jiff::Timestamp;
use replank_core::observed::{Autoscaler, AutoscalerKind, Evidence, Running};

use super::list::count;
use super::time::span;

/// Which autoscaler it is, whether it runs, and what shows it.
pub(super) fn described(found: &Autoscaler, now: Timestamp) -> String {
    let (name, may) = match found.kind {
        AutoscalerKind::ClusterAutoscaler => (
            "a Cluster Autoscaler",
            if found.is_stopped() {
                "it does nothing until it starts again"
            } else {
                "it may take new nodes while they are empty and nodes that are being drained, open or leave closed what \
                 it marked, and set the sizes"
            },
        ),
        AutoscalerKind::Karpenter => (
            "Karpenter",
            "it leaves nodes of this group alone, but may launch nodes for pods that a drain moves, and move pods of its \
             own nodes here",
        ),
    };
    let mut shown = vec![standing(found)];
    shown.extend(found.evidence.iter().map(|evidence| self::evidence(evidence, now)));
    format!("{name} is beside this update ({}): {may}", shown.join(", "))
}

/// What a person can do about it.
pub(super) fn advice(found: &Autoscaler) -> String {
    match found.kind {
        AutoscalerKind::ClusterAutoscaler if found.is_stopped() => {
            "Nodes that it had marked stay closed until it starts again, and then it opens all that it finds marked; see \
             \"beside an autoscaler\" in the guide."
                .to_owned()
        }
        AutoscalerKind::ClusterAutoscaler => {
            "Leave it running: what it takes is launched anew, and budgets hold against both; see \"beside an autoscaler\" \
             in the guide."
                .to_owned()
        }
        AutoscalerKind::Karpenter => {
            "Nothing, unless its nodes shall not grow meanwhile; then limit its NodePools.".to_owned()
        }
    }
}

fn standing(found: &Autoscaler) -> String {
    let name =
        found.deployment.as_ref().map_or("its Deployment".to_owned(), |name| format!("Deployment {name}"));
    match found.running {
        Running::Pods { wanted: 0, .. } => format!("{name} is scaled to nothing"),
        Running::Pods { ready: 0, wanted } => {
            format!("{name} does not run, none of {} Ready", count(wanted, "pod"))
        }
        Running::Pods { ready, wanted } => format!("{name} runs, {ready} of {} Ready", count(wanted, "pod")),
        Running::CannotTell => format!("{name} is not seen, so nobody can tell whether it runs"),
    }
}

fn evidence(evidence: &Evidence, now: Timestamp) -> String {
    let ago = |at: &Timestamp| format!("{} ago", span(now.duration_since(*at)));
    match evidence {
        Evidence::Status { written_at: Some(at) } => format!("its status was written {}", ago(at)),
        Evidence::Status { written_at: None } => "its status is there".to_owned(),
        Evidence::Taints { nodes: 1, node } => format!("node {node} carries its taint"),
        Evidence::Taints { nodes, node } => format!("{nodes} nodes carry its taints, {node} among them"),
        Evidence::Event { at: Some(at) } => format!("it told an Event {}", ago(at)),
        Evidence::Event { at: None } => "it told an Event".to_owned(),
        Evidence::NodePools { count } => self::count(*count, "NodePool"),
        Evidence::Launched { nodes } => format!("{} of its own", self::count(*nodes, "node")),
    }
}
