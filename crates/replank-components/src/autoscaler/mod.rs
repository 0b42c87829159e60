//! The Cluster Autoscaler, when it is switched on, as version 1.34.5 behaves on AWS: it grows groups for pending
//! pods, and taints, drains and removes nodes that were underused for long. It acts only while a pod of its
//! Deployment runs, and loses its memory with that pod.
//!
//! It changes nodes and pods through the API like any client. Each loop looks at every pod and node, as the real
//! one does, so it costs the size of the cluster once a loop.

mod drainable;
mod grow;
mod mark;
mod missing;
mod pattern;
mod process;
mod remove;
mod settings;
mod status;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod unneeded;
mod view;

use crate::kubernetes::{components, components_mut};
use replank_world::event_log::Severity;
use replank_world::object::{Node, NodeReady};
use replank_world::queue::Work;
use replank_world::store::{NodeId, Ref};
use replank_world::time::{Span, Time};
use replank_world::world::World;

use process::{Leader, Memory};
pub(crate) use remove::step as remove_step;
pub use settings::{AutoscalerSettings, Skips};

/// Warning for users who switch it on where no Deployment runs it.
pub const NOT_THERE: &str = "autoscaler: it is switched on and never acts, since the name of no Deployment contains \
                                    `cluster-autoscaler`; `addons: [cluster-autoscaler]` in a world file brings one";
/// Source of its Events.
const SOURCE: &str = "cluster-autoscaler";
/// A node that is not Ready and younger than this counts as starting (`MaxNodeStartupTime`).
const STARTS_WITHIN: Span = Span::secs(900);
/// Up to this many unready nodes are tolerated (flag `--ok-total-unready-count`).
const UNREADY_MAX: usize = 3;
/// Beyond `UNREADY_MAX`, at most this percentage of unready nodes is tolerated (flag
/// `--max-total-unready-percentage`).
const UNREADY_PERCENT_MAX: usize = 45;

/// The autoscaler of a world: its switches and its running process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Autoscaler {
    settings: AutoscalerSettings,
    is_on: bool,
    /// Whether the world was made from a snapshot, whose own autoscalers run in the real cluster and not here.
    is_elsewhere: bool,
    /// Whether its process was killed by a command and may not restart yet.
    is_held_down: bool,
    /// The pod whose process runs the loop.
    leader: Option<Leader>,
    /// When the lease of the last leader expires.
    leased_until: Option<Time>,
    memory: Memory,
}

/// Sets the flags of the Cluster Autoscaler.
pub fn set(world: &mut World, settings: AutoscalerSettings) {
    components_mut(&mut world.state).autoscaler.settings = settings;
}

/// Switches the Cluster Autoscaler on or off. Taints and cordons it set stay when it is switched off.
pub fn switch(world: &mut World, on: bool) {
    components_mut(&mut world.state).autoscaler.is_on = on;
    components_mut(&mut world.state).autoscaler.is_held_down = false;
    if on {
        world.after(components(&world.state).autoscaler.settings.scan, Work::Autoscaler);
    } else {
        process::end(world, process::End::Asked);
        world.queue.cancel(Work::Autoscaler);
    }
}

/// Notes that autoscalers found in a snapshot act in the real cluster.
pub fn expect_elsewhere(world: &mut World) {
    components_mut(&mut world.state).autoscaler.is_elsewhere = true;
}

/// Whether autoscalers found in a snapshot act in the real cluster.
pub fn is_elsewhere(world: &World) -> bool {
    components(&world.state).autoscaler.is_elsewhere
}

/// Whether it is switched on.
pub fn is_on(world: &World) -> bool {
    components(&world.state).autoscaler.is_on
}

/// Whether it is switched on and no Deployment runs it.
pub fn is_lacking(world: &World) -> bool {
    components(&world.state).autoscaler.is_on && process::deployments(world).next().is_none()
}

/// Kills its process at whatever it is doing (`down`), or lets it start again. False when it is not switched
/// on.
pub(crate) fn hold_down(world: &mut World, down: bool) -> bool {
    if components_mut(&mut world.state).autoscaler.is_on {
        components_mut(&mut world.state).autoscaler.is_held_down = down;
        if down {
            process::end(world, process::End::Killed);
        }
    }
    components_mut(&mut world.state).autoscaler.is_on
}

/// Runs one loop (`RunOnce`).
pub(crate) fn round(world: &mut World) {
    if !components_mut(&mut world.state).autoscaler.is_on {
        return;
    }
    let settings = components_mut(&mut world.state).autoscaler.settings;
    world.after(settings.scan, Work::Autoscaler);
    if !process::leads(world) {
        return;
    }
    components_mut(&mut world.state).autoscaler.memory.rounds += 1;
    view::refresh(world);
    process::clean_up_once(world);
    missing::remove_unregistered(world);
    if is_healthy(world) {
        missing::give_up_launches(world);
        if grow::grow(world) {
            components_mut(&mut world.state).autoscaler.memory.grew_at = Some(world.now);
        }
        if settings.scale_down {
            scale_down(world);
        }
    } else {
        components_mut(&mut world.state).autoscaler.memory.unneeded.clear();
        status::say(world, Severity::Warning, "ClusterUnhealthy", "Cluster is unhealthy");
    }
    status::write(world);
}

/// Scale-down: finds unneeded nodes, starts to remove those unneeded for long enough, soft-taints the others.
fn scale_down(world: &mut World) {
    unneeded::plan(world);
    let (settings, memory) = (
        components_mut(&mut world.state).autoscaler.settings,
        &components_mut(&mut world.state).autoscaler.memory,
    );
    let lasts = |since: Option<Time>, pause: Span| since.is_some_and(|at| at + pause > world.now);
    let cools_down = lasts(memory.grew_at, settings.delay_after_add)
        || lasts(memory.deleted_at, settings.delay_after_delete);
    if !cools_down {
        remove::start(world);
    }
    mark::mark_candidates(world);
}

/// Whether few enough nodes are unready for it to act (`IsClusterHealthy`).
fn is_healthy(world: &World) -> bool {
    let broken = world.store.nodes.iter().filter(|(_, node)| standing(world, node) == NodeReadiness::Broken);
    is_few(broken.count(), world.store.nodes.len())
}

/// Whether this many unready nodes of all are tolerated.
fn is_few(broken: usize, of: usize) -> bool {
    broken <= UNREADY_MAX || broken * 100 <= UNREADY_PERCENT_MAX * of
}

/// How the autoscaler counts a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NodeReadiness {
    /// It takes pods and is counted as capacity.
    Ready,
    /// Not Ready and young enough to be starting.
    Coming,
    /// Not Ready for too long: unready.
    Broken,
}

fn standing(world: &World, node: &Node) -> NodeReadiness {
    match node.ready {
        NodeReady::True => NodeReadiness::Ready,
        NodeReady::False | NodeReady::Unknown if node.meta.created_at + STARTS_WITHIN > world.now => {
            NodeReadiness::Coming
        }
        NodeReady::False | NodeReady::Unknown => NodeReadiness::Broken,
    }
}

/// Records an Event on a node.
fn say_of_node(world: &mut World, id: NodeId, severity: Severity, reason: &'static str, message: &str) {
    world.record(Ref::Node(id), severity, SOURCE, reason, message);
}
