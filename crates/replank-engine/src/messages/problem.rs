//! Problems and failures, in the wording of EKS where it has one.

use jiff::Timestamp;
use replank_core::names::NodeGroupName;
use replank_core::node_group::problem::{Failure, FailureCode, KeptBecause, Problem, Why};
use replank_core::node_group::rollout::End;

use super::autoscaler;
use super::fact::sizes;
use super::join;
use super::list::{all, count, some};
use super::time::{moment, span};
use super::wait::{no_place, places_unknown, stranded, subject};

/// A problem in one sentence, as of `now`.
pub fn problem(problem: &Problem, now: Timestamp) -> String {
    match problem {
        Problem::SizesKept { now, original, because } => {
            format!(
                "the group keeps {} where it had {}: {}",
                sizes(now),
                sizes(original),
                kept_because(because)
            )
        }
        Problem::TerminationStuck { instance, since } => format!(
            "instance {instance} was asked to terminate {} ago and is still there",
            span(now.duration_since(*since))
        ),
        Problem::NotInGroup { nodes, count: 1 } => format!(
            "node {} carries the group's label, but its instance is not in the group; it is left alone",
            all(nodes)
        ),
        Problem::NotInGroup { nodes, count } => format!(
            "{count} nodes carry the group's label, but their instances are not in the group; they are left alone: {}",
            some(nodes, *count)
        ),
        Problem::Autoscaler(found) => autoscaler::described(found, now),
        Problem::KeepNodes { pods, count } => {
            let (verb, them) = if *count == 1 { ("asks", "it") } else { ("ask", "them") };
            format!(
                "{} on old nodes {verb} autoscalers to leave the node alone; an update moves {them} all the same: {}",
                self::count(*count, "pod"),
                some(pods, *count)
            )
        }
        Problem::ActRefused { subject, message } => {
            format!(
                "what was asked of {subject} is refused for good ({message}); the update goes on without it"
            )
        }
    }
}

/// What a person can do about a problem.
pub fn problem_advice(problem: &Problem) -> String {
    match problem {
        Problem::SizesKept { because: KeptBecause::Growing, .. } => {
            "Nothing, if the growth is wanted; otherwise set the sizes yourself.".to_owned()
        }
        Problem::SizesKept { because: KeptBecause::NotDrained { instance }, .. } => format!(
            "Clear what holds the pods on {instance} and run the update again: it finishes the rest and restores \
             the sizes."
        ),
        Problem::SizesKept { because: KeptBecause::NoPlace { pod, .. }, .. } => format!(
            "Make room for pod {pod}, by smaller requests or a further node, and run the update again: it restores the \
             sizes."
        ),
        Problem::SizesKept { because: KeptBecause::VolumesStranded { zone, .. }, .. } => format!(
            "Give zone {zone} a node of another group, or leave the group its larger size: the volume cannot move."
        ),
        Problem::SizesKept { because: KeptBecause::PlacesUnknown { .. }, .. } => {
            "Let the update read what the scheduler looks at (`replank rbac` prints the role) and run it again: it \
             restores the sizes."
                .to_owned()
        }
        Problem::SizesKept { because: KeptBecause::LastInZone { zones }, .. } => format!(
            "Let the group launch in {} again, and run the update again: it restores the sizes.",
            all(zones)
        ),
        Problem::SizesKept { because: KeptBecause::OldNodesStay, .. } => {
            "Mend what failed and run the update again: it restores the sizes.".to_owned()
        }
        Problem::SizesKept { because: KeptBecause::NoCandidate, .. } => {
            "Take a node off hold and run the update again: it restores the sizes.".to_owned()
        }
        Problem::TerminationStuck { instance, .. } => format!(
            "Look at lifecycle hooks of the scaling group that hold {instance}, and at its state in the cloud."
        ),
        Problem::NotInGroup { nodes, count: 1 } => {
            format!("Delete node {} if its instance is gone, or correct its label.", all(nodes))
        }
        Problem::NotInGroup { .. } => {
            "Delete those whose instances are gone, and correct the label of the others.".to_owned()
        }
        Problem::Autoscaler(found) => autoscaler::advice(found),
        Problem::KeepNodes { .. } => {
            "Begin when they are done, or put their nodes on hold with the annotation `replank.dev/hold`.".to_owned()
        }
        Problem::ActRefused { .. } => {
            "Check the rights of the update, and what refuses in those words.".to_owned()
        }
    }
}

/// One sentence that says that the group keeps more nodes than before, and why; `None` if it does not.
pub fn larger_size_kept(end: &End) -> Option<String> {
    end.kept.as_ref().map(|because| format!("The group keeps its larger size: {}.", kept_because(because)))
}

/// Why a group keeps more nodes than before, as a clause.
pub fn kept_because(because: &KeptBecause) -> String {
    match because {
        KeptBecause::Growing => "someone else is growing it".to_owned(),
        KeptBecause::NotDrained { instance } => {
            format!("surplus node {instance} could not be drained in time")
        }
        KeptBecause::NoPlace { instance, pod, more_pods, message } => {
            no_place(instance, pod, *more_pods, message)
        }
        KeptBecause::VolumesStranded { instance, zone, claim } => stranded(instance, zone, claim),
        KeptBecause::PlacesUnknown { instance, message } => places_unknown(instance, message),
        KeptBecause::LastInZone { zones } => {
            let noun = if zones.len() == 1 { "zone" } else { "zones" };
            format!("what is left is the last node in {noun} {}, where the group had one before", all(zones))
        }
        KeptBecause::OldNodesStay => "no old node may go in place of a new one now".to_owned(),
        KeptBecause::NoCandidate => "all nodes that could go are on hold".to_owned(),
    }
}

/// The message that EKS gives with the code of the failure (`errors[].errorMessage` of an update).
pub fn failure(failure: &Failure, group: &NodeGroupName) -> String {
    match failure.code {
        FailureCode::PodEvictionFailure => {
            format!("Reached max retries while trying to evict pods from nodes in node group {group}")
        }
        FailureCode::NodeCreationFailure => {
            format!("Couldn't proceed with upgrade process as new nodes are not joining node group {group}")
        }
        FailureCode::InsufficientFreeAddresses => format!(
            "One or more of the subnets of node group {group} does not have enough available IP addresses \
             for new nodes"
        ),
        FailureCode::AccessDenied => {
            format!("Rights are missing to launch or to manage nodes of node group {group}")
        }
        FailureCode::Unknown => format!("The update of node group {group} cannot go on"),
    }
}

/// A failure in one line: code, message of EKS, and the detail that EKS leaves out.
pub fn failure_line(of: &Failure, group: &NodeGroupName) -> String {
    format!("{}: {} ({})", code(of.code), failure(of, group), failure_detail(of))
}

/// The detail that EKS leaves out: what could not be done, and what was in the way at the end.
pub fn failure_detail(failure: &Failure) -> String {
    match &failure.why {
        Why::JoinTimedOut { instance, launched_at, troubles } => {
            let kept: String = troubles.iter().map(|one| format!("; {}", join::trouble(one))).collect();
            let at = moment(*launched_at);
            format!(
                "instance {instance}, launched at {at}, did not become a Ready, labelled node in time{kept}"
            )
        }
        Why::KubeletUnserved { node, kubelet, control_plane } => format!(
            "the kubelet of new node {node} is of {kubelet}, which a control plane of {control_plane} does not serve; it \
             serves {} to {control_plane}",
            control_plane.oldest_kubelet()
        ),
        Why::LaunchTimedOut { missing, message } => {
            let words = message.as_ref().map_or(String::new(), |message| format!(" (last: {message})"));
            let verb = if *missing == 1 { "was" } else { "were" };
            format!("{} {verb} not launched in time{words}", count(*missing, "node"))
        }
        Why::ZoneWithoutNode { zones } => {
            format!("no new node came up in {} although the group was raised as far as allowed", all(zones))
        }
        Why::DrainTimedOut { node, waits } if waits.is_empty() => {
            format!("node {node} could not be drained in time")
        }
        Why::DrainTimedOut { node, waits } => {
            let held = waits.iter().map(|wait| {
                let at = wait.until.or(wait.since).unwrap_or(Timestamp::UNIX_EPOCH);
                subject(wait, at)
            });
            format!("node {node} could not be drained in time: {}", held.collect::<Vec<_>>().join("; "))
        }
        Why::Refused { act, message } => format!("the request to {act} was refused ({message})"),
    }
}

/// The code as EKS writes it.
pub fn code(code: FailureCode) -> &'static str {
    match code {
        FailureCode::NodeCreationFailure => "NodeCreationFailure",
        FailureCode::PodEvictionFailure => "PodEvictionFailure",
        FailureCode::InsufficientFreeAddresses => "InsufficientFreeAddresses",
        FailureCode::AccessDenied => "AccessDenied",
        FailureCode::Unknown => "Unknown",
    }
}
