//! When each node of a group came, served, was emptied and went.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use replank_core::node_group::spec::Spec;

use crate::adapter::NODEGROUP;
use crate::event_log::Event;
use crate::follow::Follower;
use crate::object::{Node, NodeReady};
use crate::store::{Change, Ref, Verb};
use crate::world::World;

/// The life of a node during a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLife {
    /// Its name.
    pub name: Arc<str>,
    /// Its zone.
    pub zone: Arc<str>,
    /// The instance behind it.
    pub instance: Arc<str>,
    /// The group it belongs to.
    pub group: Arc<str>,
    /// Whether it was there when the rehearsal began.
    pub old: bool,
    /// When it came; for an old one when the rehearsal began.
    pub from: Timestamp,
    /// When it was Ready first.
    pub ready_at: Option<Timestamp>,
    /// Since when no new pods come to it: the drain began.
    pub cordoned_at: Option<Timestamp>,
    /// When its instance was gone; the cluster may show the node a while longer.
    pub gone_at: Option<Timestamp>,
}

/// Follows the nodes of some groups.
#[derive(Debug)]
pub(super) struct Lives {
    groups: BTreeSet<Arc<str>>,
    /// By the order in which they came.
    nodes: Mutex<Vec<NodeLife>>,
    at: Mutex<BTreeMap<Arc<str>, usize>>,
}

impl Lives {
    /// Begins with the nodes that are there.
    pub(super) fn of(world: &World, specs: &[Spec]) -> Self {
        let groups = specs.iter().map(|spec| Arc::from(spec.group.as_str())).collect();
        let lives = Self { groups, nodes: Mutex::default(), at: Mutex::default() };
        for (_, node) in world.store.nodes.iter() {
            lives.follow(world, node, true);
        }
        lives
    }

    /// All lives, and nothing is left.
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
