//! `replank drain`: drains nodes of a real cluster as an update does, and names every wait.

mod live;
mod plan;
mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_core::action::ClusterAction;
use replank_core::names::NodeName;
use replank_core::node_group::decide::Evacuation;
use replank_core::node_group::spec::Limits;
use replank_core::node_group::wait::{On, Wait};
use replank_core::observed::{Observation, Pod};
use replank_core::pod_rules::{Jobs, Loss, LossKind, PodRules};
use replank_core::safety::disposition::{Disposition, disposition};
use replank_engine::drain::{Step, drain};
use replank_engine::turn::Settings;
use replank_kube::{KubeClusterPort, NodeScope, Noted, cordon, daemon_sets, nodes};
use tokio::sync::watch;

pub(super) use self::plan::Plan;
use self::shown::Shown;
use crate::cli;
use crate::errors;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::real::connect::{Reached, reach};
use crate::real::holder;

/// Number of nodes that an error lists.
const LISTED: usize = 10;
/// How long nothing may be left but what no time mends, before a drain ends.
const NEVER_FOR: SignedDuration = SignedDuration::from_secs(10);
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
    let mut shown = Shown::new(printer, flags.output);
    shown.heading(&how_many(names.len(), there));
    let noted = Noted::new(
        side,
        reached.connection.clone(),
        reached.runtime.handle().clone(),
        chosen,
        holder::of_process(),
    );
    if !flags.approve {
        let taken = reached.runtime.block_on(noted.taken());
        return Ok(plan::print(&seen, &evacuation, now, taken, flags.output, printer));
    }
    reached.may_drain()?;
    if !flags.plain {
        shown.watched();
    }
    act(&reached, noted, &evacuation, flags.wait_anyway, shown)
}

/// Drains. The annotation that marks the nodes as drained by hand is written first and removed last.
fn act(
    reached: &Reached,
    mut noted: Noted,
    evacuation: &Evacuation,
    waits_anyway: bool,
    mut shown: Shown<'_>,
) -> Result<Exit> {
    reached.runtime.block_on(noted.hold()).map_err(errors::bad)?;
    let now = Timestamp::now();
    for name in evacuation.nodes.keys() {
        if let Err(why) = reached.runtime.block_on(cordon(&reached.connection.client, name)) {
            reached.runtime.block_on(noted.end());
            return Err(errors::bad(format!("node {name} cannot be cordoned: {why}")));
        }
        shown.cordoned(now, name);
    }
    let taken = noted.watched();
    let clock = reached.clock(vec![ticks(reached, shown.looks_every())]);
    let (mut never, mut gives_up) = (Never::default(), false);
    let hand = noted.hand();
    let perform = async |action: ClusterAction| hand.perform(&action).await;
    let show = |step: &Step<'_>| {
        let leaves = shown.step(step);
        gives_up = !waits_anyway && never.is_for_good(step);
        gives_up || leaves || reached.interrupt.asked() || taken().is_some()
    };
    let drained = drain(evacuation, &mut noted, perform, &clock, Settings::default(), show);
    let ended = reached.runtime.block_on(drained);
    reached.runtime.block_on(noted.end());
    let exit = shown.end(&ended, gives_up);
    match taken() {
        Some(said) => Err(errors::bad(format!("{said}. This drain has stopped; its nodes stay cordoned."))),
        None => Ok(exit),
    }
}

/// Wakes the drain now and then, so that it notices what does not change.
fn ticks(reached: &Reached, every: Duration) -> watch::Receiver<()> {
    let (ring, rung) = watch::channel(());
    reached.runtime.spawn(async move {
        while !ring.is_closed() {
            tokio::time::sleep(every).await;
            ring.send_replace(());
        }
    });
    rung
}

/// Since when nothing is left but pods that their budgets never let go.
#[derive(Debug, Default)]
struct Never {
    since: Option<Timestamp>,
}

impl Never {
    /// Whether it has been so for a while: what a controller has not worked out yet looks the same for a moment.
    fn is_for_good(&mut self, step: &Step<'_>) -> bool {
        let waits = &step.evacuated.waits;
        let is_so = step.performed.is_empty() && !waits.is_empty() && waits.iter().all(never);
        if !is_so {
            self.since = None;
            return false;
        }
        step.at.duration_since(*self.since.get_or_insert(step.at)) >= NEVER_FOR
    }
}

/// Whether a wait ends by nothing but what a person does.
fn never(wait: &Wait) -> bool {
    matches!(wait.on, On::BudgetNever(_) | On::ManyBudgets { .. } | On::BudgetFailed { .. })
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

/// Parses a duration as kubectl takes it, such as `90s` or `5m`; `0s` means no limit.
fn span(flag: &str, text: &str) -> Result<SignedDuration> {
    let wrong = || errors::bad(format!("{flag} {text}: give a length of time such as 90s, 5m or 1h"));
    let length: SignedDuration = text.parse().map_err(|_| wrong())?;
    if length <= SignedDuration::ZERO {
        return Err(errors::bad(format!("{flag} {text}: leave the flag out to wait without limit")));
    }
    Ok(length)
}
