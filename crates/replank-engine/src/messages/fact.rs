//! Facts, phases and stages: what happened, one line each.

use replank_core::node_group::event::{Chosen, Fact, LostNode, Measured};
use replank_core::node_group::phase::{Phase, Purpose};
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::Stage;
use replank_core::observed::Lost;
use replank_core::sizes::Sizes;

use super::list::{all, count, some};
use super::problem::{code, failure_detail, kept_because};

/// How many instances or nodes a line names; others are only counted.
const NAMED_MAX: usize = 3;

/// A recorded fact, in one line.
pub fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Measured(measured) => numbers(measured),
        Fact::Entered { phase } => format!("phase \"{}\" begins", self::phase(*phase)),
        Fact::SizesAsked { to } => format!("the group is asked for {}", sizes(to)),
        Fact::Grown { by } => {
            format!("somebody else asked the group for {}, which stays", count(*by, "more node"))
        }
        Fact::Missing { nodes: 0 } => "every node the group is asked for is Ready".to_owned(),
        Fact::Missing { nodes: 1 } => "1 node that the group is asked for is not Ready yet".to_owned(),
        Fact::Missing { nodes } => format!("{nodes} nodes that the group is asked for are not Ready yet"),
        Fact::Joined { instances } => {
            let many = instances.len() as u32;
            let named: Vec<_> = instances.iter().take(NAMED_MAX).collect();
            let verb = if many == 1 { "is" } else { "are" };
            format!("{} {verb} up ({})", count(many, "new instance"), some(&named, many))
        }
        Fact::Lost { nodes } => lost(nodes),
        Fact::Picked { instance, node, zone, purpose, chosen } => {
            let node = node.as_ref().map_or("no node".to_owned(), |node| format!("node {node}"));
            let chosen =
                chosen.as_ref().map_or(String::new(), |chosen| format!("; {}", self::chosen(chosen)));
            format!("instance {instance} ({node}, {zone}) is picked: {}{chosen}", self::purpose(*purpose))
        }
        Fact::Drained { instance } => format!("instance {instance} is drained"),
        Fact::ForceBegan { instance } => {
            format!("instance {instance} was not drained in time: force deletes what is left")
        }
        Fact::TerminateAsked { instance, with } if with.is_empty() => {
            format!("instance {instance} is to be terminated")
        }
        Fact::TerminateAsked { instance, with } => format!(
            "instance {instance} is to be terminated with what came back after force had deleted it: {}",
            all(with)
        ),
        Fact::Gone { instance } => format!("instance {instance} is gone"),
        Fact::GivenBack { instance } => format!("instance {instance} goes back to service"),
        Fact::Undrained { instance } => {
            format!("surplus instance {instance} would not drain in time and stays")
        }
        Fact::Failed(failure) => {
            format!("the update fails with {}: {}", code(failure.code), failure_detail(failure))
        }
        Fact::Paused { give_back: false } => "paused: no new node is picked".to_owned(),
        Fact::Paused { give_back: true } => "paused: nodes in work go back to service".to_owned(),
        Fact::Resumed => "resumed".to_owned(),
        Fact::Cancelled { give_back, restore_target, keep_new } => {
            cancelled(*give_back, *restore_target, *keep_new)
        }
        Fact::Forced => "force is allowed: what will not leave in time is deleted".to_owned(),
        Fact::Finished { outcome, unrestored, kept } => {
            let kept =
                kept.as_ref().map(|because| format!(", the larger size is kept: {}", kept_because(because)));
            let owed =
                unrestored.map(|original| format!(", the next update brings back {}", sizes(&original)));
            let (kept, owed) = (kept.unwrap_or_default(), owed.unwrap_or_default());
            format!("the update {}{kept}{owed}", self::outcome(*outcome))
        }
    }
}

/// Name of a phase, as EKS writes it where EKS has it.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Setup => "Setup",
        Phase::ScaleUp => "Scale up",
        Phase::Guard => "Guard",
        Phase::Upgrade => "Upgrade",
        Phase::ScaleDown => "Scale down",
        Phase::Restore => "Restore",
        Phase::Done => "Done",
    }
}

/// Step of a node in work, in one word for people and for programs.
pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Draining => "draining",
        Stage::Forcing { .. } => "forcing",
        Stage::Deregistering { .. } => "drained",
        Stage::Terminating { .. } => "terminating",
    }
}

/// Why a node was picked.
pub fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Replace => "it is old",
        Purpose::Excess => "the group has more nodes than before",
        Purpose::Retire => "it is old and a new node already stands for it",
        Purpose::Lost => "it was lost and did not come back",
    }
}

/// Why a node was picked before others.
fn chosen(chosen: &Chosen) -> String {
    let Chosen { among, shared, leaders, spare, tightest, moves } = *chosen;
    let shared = match shared {
        0 => "no budget shared with nodes in drain".to_owned(),
        1 => "1 pod under a budget of nodes in drain".to_owned(),
        _ => format!("{shared} pods under budgets of nodes in drain"),
    };
    let tightest = match tightest {
        None => "no budget over its pods".to_owned(),
        Some(allowed) => format!("its tightest budget allows {allowed}"),
    };
    let leaders =
        if leaders == 0 { String::new() } else { format!("{} of a quorum, ", count(leaders, "leader")) };
    let (spare, moves) = (count(spare, "node"), count(moves, "pod"));
    format!(
        "of {among} compared, {shared}, {leaders}{spare} to spare in its zone, {tightest}, {moves} to move"
    )
}

/// How a node that had joined is lost, and through whom if that is known.
pub(super) fn how_lost(how: Lost, by: Option<&str>) -> String {
    let by = by.map_or(String::new(), |by| format!(" by {by}"));
    match how {
        Lost::Deleted if by.is_empty() => {
            "its Node object was deleted, nothing in the cluster says by whom".to_owned()
        }
        Lost::Deleted => format!("its Node object was deleted{by}"),
        Lost::NotReady => "it is not Ready".to_owned(),
        Lost::Silent => "its kubelet does not report".to_owned(),
        Lost::Unlabelled => "it lost the labels of its group".to_owned(),
        Lost::Terminated if by.is_empty() => {
            "its instance is being terminated, not by this update".to_owned()
        }
        Lost::Terminated => format!("its instance is being terminated{by}"),
    }
}

fn lost(nodes: &[LostNode]) -> String {
    let one = |lost: &LostNode| {
        let LostNode { instance, node, how, by } = lost;
        let named = node.as_ref().map_or(String::new(), |node| format!(" (node {node})"));
        format!("instance {instance}{named} had joined and is lost: {}", how_lost(*how, by.as_deref()))
    };
    let told: Vec<String> = nodes.iter().take(NAMED_MAX).map(one).collect();
    let more = match nodes.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!("{}{more}", told.join("; "))
}

/// How an update ended, as a verb after "it".
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Cancelled => "was cancelled",
    }
}

/// Sizes in words: `min 1, desired 3, max 6`.
pub fn sizes(sizes: &Sizes) -> String {
    format!("min {}, desired {}, max {}", sizes.min, sizes.desired, sizes.max)
}

fn numbers(measured: &Measured) -> String {
    let Measured { original, previous_version, target_version, old, batch, increment, ceiling, .. } =
        measured;
    format!(
        "{}, {batch} at a time, {} (at most {ceiling}), template version {previous_version} to {target_version}, \
         sizes to come back to: {}",
        count(*old, "old node"),
        count(*increment, "extra node"),
        sizes(original)
    )
}

fn cancelled(give_back: bool, restore_target: bool, keep_new: bool) -> String {
    let in_work = if give_back { "go back to service" } else { "are finished" };
    let target = if restore_target { "the template version from before" } else { "the target's version" };
    let extra = if keep_new { "old nodes make room for the new ones" } else { "the extra new nodes go" };
    format!("cancelled: nodes in work {in_work}, {extra}, later launches use {target}")
}
