//! `replank drain`: drains nodes of a real cluster as an update does, and names every wait.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_core::action::ClusterAction;
use replank_core::names::NodeName;
use replank_core::node_group::decide::{Evacuated, Evacuation, evacuate};
use replank_core::node_group::spec::Limits;
use replank_core::node_group::wait::{On, Wait};
use replank_core::observed::{Answer, Node, Observation, Pod};
use replank_core::pod_rules::{Jobs, Loss, LossKind, PodRules};
use replank_core::safety::disposition::{Disposition, disposition};
use replank_engine::drain::{Ended, Step, drain};
use replank_engine::messages;
use replank_engine::report::Repeats;
use replank_engine::turn::Settings;
use replank_kube::hand::Taken;
use replank_kube::{KubeClusterPort, NodeScope, Noted, cordon, daemon_sets, nodes};

use crate::cli;
use crate::errors;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::real::connect::{Reached, reach};
use crate::real::holder;

/// Number of nodes that an error lists.
const LISTED: usize = 10;
/// Time after which a cordon that is not seen in the watch is shown as a wait.
const SEEN_WITHIN: SignedDuration = SignedDuration::from_secs(5);

/// Prints the plan of a drain; with `--approve`, drains.
pub(crate) fn run(flags: &cli::Drain, printer: &mut Printer) -> Result<Exit> {
    let timeout = flags.timeout.as_deref().map(|text| span("--timeout", text)).transpose()?;
    let reached = reach(&flags.reach)?;
    let Chosen { nodes: chosen, there } = reached.runtime.block_on(chosen(flags, &reached))?;
    let names: Vec<NodeName> = chosen.iter().map(|(name, _)| name.clone()).collect();
    let whose = NodeScope::Nodes(names.iter().cloned().collect());
    let side = reached.side(whose);
    let side = reached.runtime.block_on(with_owners_as_they_are(side, &names, &reached))?;
    // A look of its own: a side tells what changed since it was read last, and the drain begins with nothing.
    let seen = reached.runtime.block_on(look(&mut side.clone()))?;
    let now = Timestamp::now();
    let until = timeout.map(|timeout| now + timeout);
    let evacuation = Evacuation {
        nodes: names.iter().map(|name| (name.clone(), (now, until))).collect(),
        rules: rules(flags),
        limits: Limits::default(),
    };
    refuse_losses(&seen, &evacuation)?;
    printer.line(&how_many(names.len(), there));
    let noted = Noted::new(
        side,
        reached.connection.clone(),
        reached.runtime.handle().clone(),
        chosen,
        holder::of_process(),
    );
    if !flags.approve {
        let taken = reached.runtime.block_on(noted.taken());
        return Ok(plan(&seen, &evacuation, now, taken, printer));
    }
    reached.may_drain()?;
    act(&reached, noted, &evacuation, printer)
}

/// Drains. The annotation that marks the nodes as drained by hand is written first and removed last.
fn act(reached: &Reached, mut noted: Noted, evacuation: &Evacuation, printer: &mut Printer) -> Result<Exit> {
    reached.runtime.block_on(noted.hold()).map_err(errors::bad)?;
    let now = Timestamp::now();
    for name in evacuation.nodes.keys() {
        if let Err(why) = reached.runtime.block_on(cordon(&reached.connection.client, name)) {
            reached.runtime.block_on(noted.end());
            return Err(errors::bad(format!("node {name} cannot be cordoned: {why}")));
        }
        say(printer, now, &format!("node {name} is cordoned"));
    }
    let taken = noted.watched();
    let mut shown = Progress::default();
    let clock = reached.clock(Vec::new());
    let ended =
        reached.runtime.block_on(drain(evacuation, &mut noted, &clock, Settings::default(), |step| {
            shown.step(step, printer);
            reached.interrupt.asked() || taken().is_some()
        }));
    reached.runtime.block_on(noted.end());
    let exit = end(&ended, printer);
    match taken() {
        Some(said) => Err(errors::bad(format!("{said}. This drain has stopped; its nodes stay cordoned."))),
        None => Ok(exit),
    }
}

/// Nodes that the flags select.
struct Chosen {
    /// Name of each node, with the node group in its label.
    nodes: Vec<(NodeName, Option<String>)>,
    /// Number of nodes in the cluster.
    there: usize,
}

async fn chosen(flags: &cli::Drain, reached: &Reached) -> Result<Chosen> {
    let client = &reached.connection.client;
    let known: BTreeMap<NodeName, Option<String>> =
        nodes::with_groups(client, None).await.map_err(errors::bad)?.into_iter().collect();
    let there = known.len();
    if let Some(selector) = &flags.selector {
        let nodes = nodes::with_groups(client, Some(selector.as_str())).await.map_err(errors::bad)?;
        if nodes.is_empty() {
            return Err(errors::bad(format!("--selector {selector}: no node has such labels")));
        }
        return Ok(Chosen { nodes, there });
    }
    let wanted: BTreeSet<NodeName> = flags.nodes.iter().map(|name| NodeName::from(name.as_str())).collect();
    if let Some(unknown) = wanted.iter().find(|name| !known.contains_key(*name)) {
        let listed: Vec<&str> = known.keys().take(LISTED).map(NodeName::as_str).collect();
        let more = known.len().saturating_sub(LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let text = format!("there is no node {unknown}; there is {}{more}", listed.join(", "));
        return Err(errors::bad(text));
    }
    let nodes = known.into_iter().filter(|(name, _)| wanted.contains(name)).collect();
    Ok(Chosen { nodes, there })
}

/// States how many nodes are selected: a selector may select more than intended.
fn how_many(chosen: usize, there: usize) -> String {
    let nodes = if there == 1 { "node" } else { "nodes" };
    if chosen < there {
        format!("{chosen} of the cluster's {there} {nodes}:")
    } else {
        format!("All {there} {nodes} of the cluster, so that no other is left for their pods:")
    }
}

/// Cluster port that knows which pods of a `DaemonSet` have lost it: these pods have no controller.
async fn with_owners_as_they_are(
    side: KubeClusterPort,
    names: &[NodeName],
    reached: &Reached,
) -> Result<KubeClusterPort> {
    let seen = look(&mut side.clone()).await?;
    let pods = names.iter().flat_map(|node| seen.pods.on_node(node));
    let gone = daemon_sets::gone(&reached.connection.client, pods).await;
    Ok(side.without_daemon_sets(gone))
}

async fn look(side: &mut KubeClusterPort) -> Result<Observation> {
    let mut seen = Observation::default();
    side.read_once(&mut seen).await.map_err(|error| errors::bad(error.to_string()))?;
    Ok(seen)
}

fn rules(flags: &cli::Drain) -> PodRules {
    let loss = |accepted| if accepted { Loss::Accept } else { Loss::Refuse };
    PodRules {
        bare: loss(flags.force),
        empty_dir: loss(flags.delete_emptydir_data),
        jobs: if flags.wait_for_jobs { Jobs::WaitToEnd } else { Jobs::Evict },
        grace_cap_seconds: flags.grace_period,
    }
}

/// Error when the drain would lose pods or data that no flag allows to be lost, as in kubectl; nothing has been changed
/// then.
fn refuse_losses(seen: &Observation, evacuation: &Evacuation) -> Result<()> {
    let pods = evacuation.nodes.keys().flat_map(|node| seen.pods.on_node(node));
    let refused: Vec<String> = pods
        .filter_map(|pod| match disposition(pod, &evacuation.rules) {
            Disposition::Refused { loss } => Some(refusal(pod, loss)),
            Disposition::Stays | Disposition::Leaves { .. } | Disposition::RunsOn { .. } => None,
        })
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(errors::bad(refused.join("\n"))) }
}

fn refusal(pod: &Pod, loss: LossKind) -> String {
    let name = &pod.name;
    match loss {
        LossKind::Pod => {
            format!("pod {name} has no controller that would bring it back; --force evicts it")
        }
        LossKind::EmptyDir => {
            format!("pod {name} would lose its emptyDir; --delete-emptydir-data accepts that")
        }
        LossKind::PodAndEmptyDir => format!(
            "pod {name} has no controller that would bring it back, and would lose its emptyDir; --force and \
             --delete-emptydir-data together evict it"
        ),
    }
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

/// Prints what would happen. The exit code is `Stuck` if a budget never allows an eviction or a node is in other hands.
fn plan(
    seen: &Observation,
    evacuation: &Evacuation,
    now: Timestamp,
    taken: Result<Option<Taken>, String>,
    printer: &mut Printer,
) -> Exit {
    let seen = &closed(seen, evacuation);
    let Evacuated { waits, left, .. } = evacuate(evacuation, seen, now);
    for (node, count) in &left {
        let stays = seen
            .pods
            .on_node(node)
            .filter(|pod| disposition(pod, &evacuation.rules) == Disposition::Stays)
            .count();
        printer.line(&format!("node {node}: {count} pods leave, {stays} stay with the node"));
        for pod in seen.pods.on_node(node) {
            match disposition(pod, &evacuation.rules) {
                Disposition::Stays => {}
                Disposition::Leaves { loses: Some(loss) } => {
                    printer.line(&format!("  {} {}", pod.name, messages::loses(loss)));
                }
                Disposition::Leaves { loses: None }
                | Disposition::RunsOn { .. }
                | Disposition::Refused { .. } => {
                    printer.line(&format!("  {}", pod.name));
                }
            }
        }
    }
    let never = |wait: &&Wait| {
        matches!(wait.on, On::BudgetNever(_) | On::ManyBudgets { .. } | On::BudgetFailed { .. })
    };
    for wait in &waits {
        printer.line(&messages::describe(wait, now));
        if let Some(advice) = messages::advice(wait) {
            printer.line(&format!("  {advice}"));
        }
    }
    let mut stuck = waits.iter().any(|wait| never(&wait));
    match taken {
        Ok(None) => {}
        Ok(Some(taken)) => {
            stuck = true;
            printer.line(&taken.to_string());
        }
        Err(why) => {
            Printer::complain(&format!(
                "note: whether somebody else acts on these nodes cannot be read: {why}"
            ));
        }
    }
    printer.line("Nothing was done. Add --approve to drain.");
    if stuck { Exit::Stuck } else { Exit::Done }
}

/// What was printed last, so that nothing is printed twice.
#[derive(Debug, Default)]
struct Progress {
    repeats: Repeats,
    drained: BTreeSet<NodeName>,
}

impl Progress {
    fn step(&mut self, step: &Step<'_>, printer: &mut Printer) {
        for (action, answer) in step.performed {
            if let (ClusterAction::Evict { pod, .. }, Answer::Done) = (action, answer) {
                say(printer, step.at, &format!("pod {} is evicted", pod.name));
            }
        }
        let waits: Vec<Wait> =
            step.evacuated.waits.iter().filter(|wait| !passes(wait, step.at)).cloned().collect();
        for wait in self.repeats.news("", &waits, step.at) {
            say(printer, step.at, &messages::describe(wait, step.at));
        }
        for node in step.evacuated.left.keys() {
            if step.evacuated.is_drained(node) && self.drained.insert(node.clone()) {
                say(printer, step.at, &format!("node {node} is drained"));
            }
        }
        printer.flush();
    }
}

/// Whether a wait is too short to be printed: pods that are terminating, and a cordon that will be seen in a moment.
fn passes(wait: &Wait, at: Timestamp) -> bool {
    let is_new = wait.since.is_some_and(|since| at.duration_since(since) < SEEN_WITHIN);
    matches!(wait.on, On::EvictionSent { .. } | On::Terminating { .. }) || (wait.on == On::Cordon && is_new)
}

fn end(ended: &Ended, printer: &mut Printer) -> Exit {
    let now = Timestamp::now();
    let (exit, evacuated) = match ended {
        Ended::Drained(evacuated) => {
            for (node, pods) in &evacuated.returned {
                let names: Vec<String> = pods.iter().map(ToString::to_string).collect();
                let names = names.join(", ");
                printer.line(&format!("came back to node {node}, for no cordon keeps them off: {names}"));
            }
            printer.line("Every node is drained and stays cordoned.");
            return Exit::Done;
        }
        Ended::OutOfTime(evacuated) => (Exit::Failed, evacuated),
        Ended::Left(evacuated) => (Exit::Cancelled, evacuated),
    };
    for (node, left) in evacuated.left.iter().filter(|(node, _)| !evacuated.is_drained(node)) {
        let stays =
            if evacuated.open.contains(node) { "it is open to new ones" } else { "it stays cordoned" };
        printer.line(&format!("node {node} still has {left} pods that have to leave; {stays}"));
    }
    for wait in &evacuated.waits {
        printer.line(&messages::describe(wait, now));
        if let Some(advice) = messages::advice(wait) {
            printer.line(&format!("  {advice}"));
        }
    }
    exit
}

fn say(printer: &mut Printer, at: Timestamp, text: &str) {
    printer.line(&format!("{} {text}", messages::clock(at, at)));
}

/// Parses a duration as kubectl takes it, such as `90s` or `5m`; `0s` means no limit.
fn span(flag: &str, text: &str) -> Result<SignedDuration> {
    let wrong = || errors::bad(format!("{flag} {text}: give a length of time such as 90s, 5m or 1h"));
    let length: SignedDuration = text.parse().map_err(|_| wrong())?;
    if length <= SignedDuration::ZERO {
        return Err(errors::bad(format!("{flag} {text}: leave the flag out to wait without limit")));
    }
    Ok(length)
}
