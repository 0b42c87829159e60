//! Pods without a node, in sentences.

use replank_core::node_group::plan::{NoNode, Unplaced};

use super::list::count;
use super::time::span;

/// Title of the pods without a node at the end.
pub const UNPLACED: &str = "Pods without a node in the end";

/// Pods without a node, each list with its title: before the update, during it, at its end. A pod without one from
/// beginning to end is listed once, at the end.
pub fn unplaced(pods: &Unplaced) -> [(&'static str, Vec<String>); 3] {
    let stays = |pod: &&NoNode| pods.after.iter().any(|after| after.pod == pod.pod);
    let before = pods.before.iter().filter(|pod| !stays(pod)).map(|pod| format!("{}: {}", pod.pod, pod.why));
    let during = pods.during.iter().map(|pod| format!("{} for {}: {}", pod.pod, span(pod.lasted), pod.why));
    [
        ("Pods without a node before it begins", before.collect()),
        ("Pods without a node on the way", during.collect()),
        (UNPLACED, left_unplaced(&pods.after)),
    ]
}

/// Pods without a node when an update ended.
pub fn left_unplaced<'p>(pods: impl IntoIterator<Item = &'p NoNode>) -> Vec<String> {
    let line = |pod: &NoNode| {
        let before = if pod.as_before { " (as before)" } else { "" };
        format!("{}{before}: {}", pod.pod, pod.why)
    };
    pods.into_iter().map(line).collect()
}

/// The verdict on an update that would succeed; `took` is its duration where it belongs into the sentence. Pods that
/// end without a node are part of it: first those that had one, then those whose workload had such pods before.
pub fn would_succeed(took: Option<&str>, (left, as_before): (usize, usize)) -> String {
    let took = took.map_or(String::new(), |took| format!(", in {took}"));
    let leaves = match (left, took.is_empty()) {
        (0, _) => String::new(),
        (_, true) => format!(" and leave {} without a node", count(left as u32, "pod")),
        (_, false) => format!(", and leave {} without a node", count(left as u32, "pod")),
    };
    let stay = match (left, as_before) {
        (_, 0) => String::new(),
        (0, stay) => format!("; {} without a node as before", stays(stay)),
        (_, stay) => format!("; {stay} more without one as before"),
    };
    format!("It would succeed{took}{leaves}{stay}.")
}

fn stays(pods: usize) -> String {
    format!("{} {}", count(pods as u32, "pod"), if pods == 1 { "stays" } else { "stay" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_who_is_left_without_a_node() {
        for (took, counts, said) in [
            (None, (0, 0), "It would succeed."),
            (None, (1, 0), "It would succeed and leave 1 pod without a node."),
            (None, (0, 2), "It would succeed; 2 pods stay without a node as before."),
            (Some("5 min"), (0, 0), "It would succeed, in 5 min."),
            (Some("5 min"), (0, 1), "It would succeed, in 5 min; 1 pod stays without a node as before."),
            (
                Some("5 min"),
                (2, 3),
                "It would succeed, in 5 min, and leave 2 pods without a node; 3 more without one as before.",
            ),
        ] {
            assert_eq!(would_succeed(took, counts), said);
        }
    }
}
