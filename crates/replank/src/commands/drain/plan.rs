//! What a drain would do.

use jiff::Timestamp;
use replank_core::node_group::decide::{Evacuated, Evacuation, evacuate};
use replank_core::node_group::wait::Wait;
use replank_core::observed::{Node, Observation};
use replank_core::safety::disposition::{Disposition, disposition};
use replank_engine::messages;
use replank_kube::hand::Taken;
use serde::Serialize;

use super::never;
use crate::cli::remote::Format;
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;

/// A plan, for programs.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    nodes: Vec<NodePlan>,
    waits: Vec<PlannedWait>,
    /// Who else acts on one of the nodes.
    taken: Option<String>,
    /// Whether every pod would leave by itself sooner or later.
    succeeds: bool,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct NodePlan {
    node: String,
    leave: Vec<PodPlan>,
    stay: usize,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct PodPlan {
    pod: String,
    /// What is lost with it, in words.
    loses: Option<String>,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlannedWait {
    text: String,
    advice: Option<String>,
    /// Whether it would end by nothing but what a person does.
    for_good: bool,
}

/// Prints what would happen. The exit code is `Stuck` if a budget never allows an eviction or a node is in other hands.
pub(super) fn print(
    seen: &Observation,
    evacuation: &Evacuation,
    now: Timestamp,
    taken: Result<Option<Taken>, String>,
    format: Format,
    printer: &mut Printer,
) -> Exit {
    let seen = &closed(seen, evacuation);
    let Evacuated { waits, left, .. } = evacuate(evacuation, seen, now);
    let taken = taken.unwrap_or_else(|why| {
        Printer::complain(&format!("note: whether somebody else acts on these nodes cannot be read: {why}"));
        None
    });
    let taken = taken.map(|taken| taken.to_string());
    let succeeds = taken.is_none() && !waits.iter().any(never);
    let plan = Plan {
        nodes: left.keys().map(|node| node_plan(seen, evacuation, node)).collect(),
        waits: waits.iter().map(|wait| planned(wait, now)).collect(),
        taken,
        succeeds,
    };
    output::print(printer, format, &plan, |printer| text(&plan, printer));
    if format.is_for_people() {
        printer.line("Nothing was done. Add --approve to drain.");
    }
    if succeeds { Exit::Done } else { Exit::Stuck }
}

fn planned(wait: &Wait, now: Timestamp) -> PlannedWait {
    PlannedWait { text: messages::describe(wait, now), advice: messages::advice(wait), for_good: never(wait) }
}

fn node_plan(seen: &Observation, evacuation: &Evacuation, node: &replank_core::names::NodeName) -> NodePlan {
    let mut plan = NodePlan { node: node.to_string(), leave: Vec::new(), stay: 0 };
    for pod in seen.pods.on_node(node) {
        let loses = match disposition(pod, &evacuation.rules) {
            Disposition::Stays => {
                plan.stay += 1;
                continue;
            }
            Disposition::Leaves { loses } => loses.map(messages::loses),
            Disposition::RunsOn { .. } | Disposition::Refused { .. } => None,
        };
        plan.leave.push(PodPlan { pod: pod.name.to_string(), loses: loses.map(ToString::to_string) });
    }
    plan
}

fn text(plan: &Plan, printer: &mut Printer) {
    for NodePlan { node, leave, stay } in &plan.nodes {
        printer.line(&format!("node {node}: {} pods leave, {stay} stay with the node", leave.len()));
        for PodPlan { pod, loses } in leave {
            printer.line(&match loses {
                Some(loses) => format!("  {pod} {loses}"),
                None => format!("  {pod}"),
            });
        }
    }
    for PlannedWait { text, advice, .. } in &plan.waits {
        printer.line(text);
        if let Some(advice) = advice {
            printer.line(&format!("  {advice}"));
        }
    }
    plan.taken.iter().for_each(|taken| printer.line(taken));
}

/// The cluster with the nodes cordoned, which is the first step of a drain.
fn closed(seen: &Observation, evacuation: &Evacuation) -> Observation {
    let mut seen = seen.clone();
    let nodes: Vec<Node> =
        evacuation.nodes.keys().filter_map(|name| seen.members.node(name).cloned()).collect();
    for node in nodes {
        seen.members.put_node(Node { cordoned: true, ..node });
    }
    seen
}
