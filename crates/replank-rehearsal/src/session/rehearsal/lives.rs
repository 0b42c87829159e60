//! When each node of a group appeared, became Ready, was drained and went.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use replank_core::node_group::spec::Spec;

use crate::adapter::NODEGROUP;
use replank_world::event_log::Event;
use replank_world::follow::Follower;
use replank_world::object::{Node, NodeReady};
use replank_world::store::{Change, Ref, Verb};
use replank_world::world::World;

/// The life of a node during a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLife {
    /// Node name.
    pub name: Arc<str>,
    /// Zone name.
    pub zone: Arc<str>,
    /// Instance id.
    pub instance: Arc<str>,
    /// Node group.
    pub group: Arc<str>,
    /// Whether it existed when the rehearsal began.
    pub old: bool,
    /// When it appeared; for an old node the start of the rehearsal.
    pub from: Timestamp,
    /// When it was first Ready.
    pub ready_at: Option<Timestamp>,
    /// When its drain began: it is cordoned.
    pub cordoned_at: Option<Timestamp>,
    /// When its instance was terminated; the Node object may stay a while longer.
    pub gone_at: Option<Timestamp>,
}

/// Follows the nodes of some groups.
#[derive(Debug)]
pub(super) struct Lives {
    groups: BTreeSet<Arc<str>>,
    /// In the order they appeared.
    nodes: Mutex<Vec<NodeLife>>,
    at: Mutex<BTreeMap<Arc<str>, usize>>,
}

impl Lives {
    /// Starts with the nodes that exist.
    pub(super) fn of(world: &World, specs: &[Spec]) -> Self {
        let groups = specs.iter().map(|spec| Arc::from(spec.group.as_str())).collect();
        let lives = Self { groups, nodes: Mutex::default(), at: Mutex::default() };
        for (_, node) in world.store.nodes.iter() {
            lives.follow(world, node, true);
        }
        lives
    }

    /// Takes all lives.
    pub(super) fn take(&self, world: &World) -> Vec<NodeLife> {
        let mut lives = std::mem::take(&mut *self.nodes.lock().unwrap_or_else(PoisonError::into_inner));
        for life in &mut lives {
            let instance = world.cloud.find(&life.instance).map(|number| world.cloud.instance(number));
            let ended = instance.and_then(|instance| instance.ended_at).map(Timestamp::from);
            life.gone_at = life.gone_at.into_iter().chain(ended).min();
        }
        lives
    }

    fn follow(&self, world: &World, node: &Node, old: bool) {
        let label = world.store.labels.get(node.meta.labels).get(NODEGROUP);
        let Some(group) = label.filter(|group| self.groups.contains(*group)) else { return };
        let now: Timestamp = world.now.into();
        let mut lives = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let at = *at.entry(node.meta.name.clone()).or_insert_with(|| {
            lives.push(NodeLife {
                name: node.meta.name.clone(),
                zone: node.zone.clone(),
                instance: node.instance.clone(),
                group: group.clone(),
                old,
                from: now,
                ready_at: None,
                cordoned_at: None,
                gone_at: None,
            });
            lives.len() - 1
        });
        let Some(life) = lives.get_mut(at) else { return };
        if node.ready == NodeReady::True {
            life.ready_at.get_or_insert(now);
        }
        if node.unschedulable {
            life.cordoned_at.get_or_insert(now);
        }
    }

    fn gone(&self, name: &Arc<str>, now: Timestamp) {
        let mut lives = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        if let Some(life) = at.and_then(|at| lives.get_mut(at)) {
            life.gone_at = Some(now);
        }
    }
}

impl Follower for Lives {
    fn changed(&self, world: &World, change: &Change) {
        let Ref::Node(id) = change.at else { return };
        let Some(node) = world.store.nodes.get(id) else { return };
        if change.verb == Verb::Deleted {
            self.gone(&node.meta.name, world.now.into());
        } else {
            self.follow(world, node, false);
        }
    }

    fn said(&self, _world: &World, _event: &Event) {}
}
