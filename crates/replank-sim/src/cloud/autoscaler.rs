//! The Cluster Autoscaler, when it is switched on: grows groups for pods that no node takes, removes nodes that are
//! idle for long. It acts only on groups tagged for it, and only while its own pod runs.
//!
//! Its round looks at every pod and node, as the real one does, so it costs the cluster once a round.

mod grow;
mod shrink;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::group::GroupNo;
use crate::object::Deployment;
use crate::queue::Work;
use crate::store::NodeId;
use crate::time::{Span, Time};
use crate::world::World;

/// The tag by which it finds its groups.
const TAG: &str = "k8s.io/cluster-autoscaler/enabled";
/// The name of its deployment.
const NAME: &str = "cluster-autoscaler";

/// Its switches (flags of the Cluster Autoscaler).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AutoscalerSettings {
    /// `--scan-interval`.
    pub scan: Span,
    /// `--scale-down-enabled`.
    pub scale_down: bool,
    /// `--scale-down-delay-after-add`.
    pub delay_after_add: Span,
    /// `--scale-down-unneeded-time`.
    pub unneeded: Span,
    /// `--scale-down-utilization-threshold`.
    pub utilization: f64,
}

impl Default for AutoscalerSettings {
    fn default() -> Self {
        Self {
            scan: Span::secs(10),
            scale_down: true,
            delay_after_add: Span::secs(600),
            unneeded: Span::secs(600),
            utilization: 0.5,
        }
    }
}

/// What it remembers between rounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Autoscaler {
    settings: Option<AutoscalerSettings>,
    /// When it last grew a group.
    grew_at: Option<Time>,
    /// Nodes it could do without, and since when.
    idle: BTreeMap<NodeId, Time>,
    /// Nodes it empties, and since when.
    emptying: BTreeMap<NodeId, Time>,
}

impl World {
    /// Switches the Cluster Autoscaler on, with its switches, or off.
    pub fn switch_autoscaler(&mut self, settings: Option<AutoscalerSettings>) {
        self.autoscaler.settings = settings;
        match settings {
            Some(settings) => self.after(settings.scan, Work::Autoscaler),
            None => self.queue.cancel(Work::Autoscaler),
        }
    }
}

/// One round.
pub(crate) fn round(world: &mut World) {
    let Some(settings) = world.autoscaler.settings else { return };
    world.after(settings.scan, Work::Autoscaler);
    if !is_running(world) {
        world.autoscaler.idle.clear();
        return;
    }
    if grow::grow(world) {
        world.autoscaler.grew_at = Some(world.now);
    }
    shrink::finish(world);
    let settled = world.autoscaler.grew_at.is_none_or(|at| world.now - at >= settings.delay_after_add);
    if settings.scale_down && settled {
        shrink::shrink(world, settings);
    }
}

/// Whether its deployment has a Ready pod.
fn is_running(world: &World) -> bool {
    let ready = |deployment: &Deployment| deployment.meta.name.contains(NAME) && deployment.status[1] > 0;
    world.store.deployments.iter().any(|(_, deployment)| ready(deployment))
}

/// The groups it may change.
fn groups(world: &World) -> Vec<GroupNo> {
    let tagged = world.cloud.groups().filter(|(_, group)| group.spec.tags.contains_key(TAG));
    tagged.map(|(number, _)| number).collect()
}
