//! The Cluster Autoscaler, when it is switched on, as version 1.34.5 acts on AWS: it grows groups for pods that no node
//! takes, and marks, drains and removes nodes that were hardly used for long. It acts only while a pod of its deployment
//! runs, and what it remembers dies with that pod.
//!
//! It changes nodes and pods through the API like any client. Its round looks at every pod and node, as the real one
//! does, so it costs the cluster once a round.

mod drainable;
mod grow;
mod mark;
mod missing;
mod pattern;
mod process;
mod remove;
mod settings;
mod status;
#[cfg(test)]
mod tests;
mod unneeded;
mod view;

use crate::event_log::Severity;
use crate::object::{Node, NodeReady};
use crate::queue::Work;
use crate::store::{NodeId, Ref};
use crate::time::{Span, Time};
use crate::world::World;

use process::{Leader, Memory};
pub(crate) use remove::step as remove_step;
pub use settings::{AutoscalerSettings, Skips};

/// What the name of its deployment contains, whatever a chart calls the release.
pub(crate) const NAME: &str = "cluster-autoscaler";
/// What a person should know who switches it on where nothing runs it.
pub(crate) const NOT_THERE: &str = "autoscaler: it is switched on and never acts, since the name of no Deployment contains \
                                    `cluster-autoscaler`; `addons: [cluster-autoscaler]` in a world file brings one";
/// How it signs its events.
const SOURCE: &str = "cluster-autoscaler";
/// A node that is younger and not Ready is still coming (`MaxNodeStartupTime`).
const STARTS_WITHIN: Span = Span::secs(900);
/// So many nodes that are not Ready stop nothing (flag `--ok-total-unready-count`).
const UNREADY_MAX: usize = 3;
/// More than this share of nodes that are not Ready stop it (flag `--max-total-unready-percentage`).
const UNREADY_PERCENT_MAX: usize = 45;

/// The autoscaler of a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Autoscaler {
    settings: AutoscalerSettings,
    is_on: bool,
    /// Whether the world was made from a snapshot: what looks like an autoscaler acts in the cluster it stands for.
    is_elsewhere: bool,
    /// Whether its process was killed and nobody let it start again.
    is_held_down: bool,
    /// The pod whose process acts.
    leader: Option<Leader>,
    /// Until when the lease of a leader lasts that died.
    leased_until: Option<Time>,
    memory: Memory,
}

impl World {
    /// Gives the Cluster Autoscaler its flags.
    pub fn set_autoscaler(&mut self, settings: AutoscalerSettings) {
        self.autoscaler.settings = settings;
    }

    /// Switches the Cluster Autoscaler on, or off. What it marked stays marked when it goes.
    pub fn switch_autoscaler(&mut self, on: bool) {
        self.autoscaler.is_on = on;
        self.autoscaler.is_held_down = false;
        if on {
            self.after(self.autoscaler.settings.scan, Work::Autoscaler);
        } else {
            process::end(self, process::End::Asked);
            self.queue.cancel(Work::Autoscaler);
        }
    }

    /// What looks like an autoscaler acts in the cluster that this world stands for.
    pub(crate) fn expect_autoscalers_elsewhere(&mut self) {
        self.autoscaler.is_elsewhere = true;
    }

    /// Whether what looks like an autoscaler acts in the cluster that this world stands for.
    pub(crate) fn has_autoscalers_elsewhere(&self) -> bool {
        self.autoscaler.is_elsewhere
    }

    /// Whether it is switched on.
    pub(crate) fn has_autoscaler(&self) -> bool {
        self.autoscaler.is_on
    }

    /// Whether it is switched on and nothing runs it.
    pub(crate) fn lacks_autoscaler(&self) -> bool {
        self.autoscaler.is_on && process::deployments(self).next().is_none()
    }

    /// Kills the process of the Cluster Autoscaler in the middle of what it does, or lets it come back. Says whether
    /// there is one to kill or to wait for.
    pub(crate) fn hold_autoscaler_down(&mut self, down: bool) -> bool {
        if self.autoscaler.is_on {
            self.autoscaler.is_held_down = down;
            if down {
                process::end(self, process::End::Killed);
            }
        }
        self.autoscaler.is_on
    }
}

/// One round (`RunOnce`).
pub(crate) fn round(world: &mut World) {
    if !world.autoscaler.is_on {
        return;
    }
    let settings = world.autoscaler.settings;
    world.after(settings.scan, Work::Autoscaler);
    if !process::leads(world) {
        return;
    }
    world.autoscaler.memory.rounds += 1;
    view::refresh(world);
    process::clean_up_once(world);
    missing::remove_unregistered(world);
    if is_healthy(world) {
        missing::give_up_launches(world);
        if grow::grow(world) {
            world.autoscaler.memory.grew_at = Some(world.now);
        }
        if settings.scale_down {
            scale_down(world);
        }
    } else {
        world.autoscaler.memory.unneeded.clear();
        status::say(world, Severity::Warning, "ClusterUnhealthy", "Cluster is unhealthy");
    }
    status::write(world);
}

/// Finds nodes it could do without, begins to remove those that were so for long, and marks the others softly.
fn scale_down(world: &mut World) {
    unneeded::plan(world);
    let (settings, memory) = (world.autoscaler.settings, &world.autoscaler.memory);
    let lasts = |since: Option<Time>, pause: Span| since.is_some_and(|at| at + pause > world.now);
    let cools_down = lasts(memory.grew_at, settings.delay_after_add)
        || lasts(memory.deleted_at, settings.delay_after_delete);
    if !cools_down {
        remove::start(world);
    }
    mark::mark_candidates(world);
}

/// Whether few enough nodes are broken for it to act.
fn is_healthy(world: &World) -> bool {
    let broken = world.store.nodes.iter().filter(|(_, node)| standing(world, node) == Standing::Broken);
    is_few(broken.count(), world.store.nodes.len())
}

/// Whether so many of all are few enough to be borne.
fn is_few(broken: usize, of: usize) -> bool {
    broken <= UNREADY_MAX || broken * 100 <= UNREADY_PERCENT_MAX * of
}

/// How a node stands with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is Ready.
    Ready,
    /// It is not Ready, and young.
    Coming,
    /// It is not Ready, and old enough to be so.
    Broken,
}

fn standing(world: &World, node: &Node) -> Standing {
    match node.ready {
        NodeReady::True => Standing::Ready,
        NodeReady::False | NodeReady::Unknown if node.meta.created_at + STARTS_WITHIN > world.now => {
            Standing::Coming
        }
        NodeReady::False | NodeReady::Unknown => Standing::Broken,
    }
}

/// Records what it says of a node.
fn say_of_node(world: &mut World, id: NodeId, severity: Severity, reason: &'static str, message: &str) {
    world.record(Ref::Node(id), severity, SOURCE, reason, message);
}
