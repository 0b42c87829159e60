//! All pods and budgets, with the indices that decisions ask: pods by node, and unhealthy pods by budget.
//!
//! Pods are shared: a copy of the observation, and whoever keeps one of its pods, costs a reference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lookup::Lookup;
use super::{Budget, Pod};
use crate::draw::{mix, stable_hash, stable_hash_on};
use crate::names::{NodeName, ObjectName, Uid};

/// The pods of the cluster and their budgets.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    /// Pods by node, those of one node together: a drain reads them all at every turn.
    rooms: Vec<Room>,
    by_node: Lookup,
    /// Numbers of rooms whose last pod left.
    empty: Vec<u32>,
    /// The room of each pod.
    by_uid: Lookup,
    count: usize,
    guards: Vec<Guard>,
    by_budget: Lookup,
    /// The numbers of the budgets there are.
    names: BTreeMap<ObjectName, u32>,
}

/// The pods of one node, or those without a node.
#[derive(Clone, Debug, Default)]
struct Room {
    node: Option<NodeName>,
    pods: BTreeMap<Uid, Arc<Pod>>,
}

/// What is known of one budget: its status, if there is one, and which of its pods it does not count as healthy.
#[derive(Clone, Debug)]
struct Guard {
    name: ObjectName,
    budget: Option<Budget>,
    unhealthy: BTreeSet<Uid>,
}

impl Pods {
    /// Adds a pod or replaces what was known of it.
    pub fn put(&mut self, pod: impl Into<Arc<Pod>>) {
        let pod: Arc<Pod> = pod.into();
        let before = match self.room_of(pod.uid) {
            Some(room) if self.node(room) == Some(&pod.node) => {
                let pods = self.rooms.get_mut(room as usize).map(|room| &mut room.pods);
                pods.and_then(|pods| pods.insert(pod.uid, pod.clone()))
            }
            Some(room) => {
                let before = self.leave(pod.uid, room);
                self.enter(pod.clone());
                before
            }
            None => {
                self.enter(pod.clone());
                None
            }
        };
        let Some(before) = before else { return self.note_health(&pod, true) };
        if before.healthy() != pod.healthy() || !Arc::ptr_eq(&before.budgets, &pod.budgets) {
            self.note_health(&before, false);
            self.note_health(&pod, true);
        }
    }

    /// Removes a pod; unknown uids are ignored.
    pub fn remove(&mut self, uid: Uid) {
        if let Some(room) = self.room_of(uid)
            && let Some(pod) = self.leave(uid, room)
        {
            self.note_health(&pod, false);
        }
    }

    /// Takes a pod out of its room, and gives the room up with its last pod.
    fn leave(&mut self, uid: Uid, number: u32) -> Option<Arc<Pod>> {
        let rooms = &self.rooms;
        self.by_uid.remove(of_uid(uid), |room| holds(rooms, room, uid));
        let room = self.rooms.get_mut(number as usize)?;
        let pod = room.pods.remove(&uid)?;
        self.count -= 1;
        if room.pods.is_empty() {
            self.by_node.remove(of_node(room.node.as_ref()), |room| room == number);
            self.empty.push(number);
        }
        Some(pod)
    }

    fn enter(&mut self, pod: Arc<Pod>) {
        let number = self.room(pod.node.as_ref()).unwrap_or_else(|| self.open(pod.node.clone()));
        if let Some(room) = self.rooms.get_mut(number as usize) {
            self.by_uid.insert(of_uid(pod.uid), number);
            room.pods.insert(pod.uid, pod);
            self.count += 1;
        }
    }

    /// Gives a node without pods a room.
    fn open(&mut self, node: Option<NodeName>) -> u32 {
        let hash = of_node(node.as_ref());
        let number = self.empty.pop().unwrap_or(self.rooms.len() as u32);
        match self.rooms.get_mut(number as usize) {
            Some(room) => room.node = node,
            None => self.rooms.push(Room { node, pods: BTreeMap::new() }),
        }
        self.by_node.insert(hash, number);
        number
    }

    /// Notes a pod with its budgets, or takes the note back, if they do not count it as healthy.
    fn note_health(&mut self, pod: &Pod, comes: bool) {
        if pod.healthy() {
            return;
        }
        for name in pod.budgets.iter() {
            let number = self.number(name);
            let Some(guard) = self.guards.get_mut(number as usize) else { continue };
            if comes {
                guard.unhealthy.insert(pod.uid);
            } else {
                guard.unhealthy.remove(&pod.uid);
            }
        }
    }

    /// Adds a budget or replaces what was known of it.
    pub fn put_budget(&mut self, budget: Budget) {
        let number = self.number(&budget.name);
        let Some(guard) = self.guards.get_mut(number as usize) else { return };
        if guard.budget.is_none() {
            self.names.insert(guard.name.clone(), number);
        }
        guard.budget = Some(budget);
    }

    /// Removes what was known of a budget; does nothing when there is none of that name.
    pub fn remove_budget(&mut self, name: &ObjectName) {
        if let Some(number) = self.names.remove(name)
            && let Some(guard) = self.guards.get_mut(number as usize)
        {
            guard.budget = None;
        }
    }

    /// Pods bound to `node`, ordered by uid.
    pub fn on_node<'a>(&'a self, node: &NodeName) -> impl Iterator<Item = &'a Pod> + use<'a> {
        self.in_room(Some(node))
    }

    /// Pods bound to no node yet, ordered by uid.
    pub fn unbound(&self) -> impl Iterator<Item = &Pod> {
        self.in_room(None)
    }

    fn in_room<'a>(&'a self, node: Option<&NodeName>) -> impl Iterator<Item = &'a Pod> + use<'a> {
        let room = self.room(node).and_then(|room| self.rooms.get(room as usize));
        room.into_iter().flat_map(|room| room.pods.values()).map(Arc::as_ref)
    }

    /// Number of pods bound to `node`.
    pub fn count_on_node(&self, node: &NodeName) -> usize {
        let room = self.room(Some(node)).and_then(|room| self.rooms.get(room as usize));
        room.map_or(0, |room| room.pods.len())
    }

    /// The budget of that name.
    pub fn budget(&self, name: &ObjectName) -> Option<&Budget> {
        self.guard(name)?.budget.as_ref()
    }

    /// All budgets, by name.
    pub fn budgets(&self) -> impl Iterator<Item = &Budget> {
        self.names.values().filter_map(|number| self.guards.get(*number as usize)?.budget.as_ref())
    }

    /// Pods that `budget` selects. Looks at every pod of the cluster.
    pub fn under<'a>(&'a self, budget: &'a ObjectName) -> impl Iterator<Item = &'a Pod> {
        let all = self.rooms.iter().flat_map(|room| room.pods.values()).map(Arc::as_ref);
        all.filter(move |pod| pod.budgets.contains(budget))
    }

    /// Pods that `budget` selects and does not count as healthy. Costs as much as its result.
    pub fn unhealthy_under<'a>(&'a self, budget: &ObjectName) -> impl Iterator<Item = &'a Pod> + use<'a> {
        let unhealthy = self.guard(budget).into_iter().flat_map(|guard| &guard.unhealthy);
        unhealthy.filter_map(|uid| self.get(*uid))
    }

    /// Number of pods that `budget` selects and does not count as healthy.
    pub fn count_unhealthy_under(&self, budget: &ObjectName) -> usize {
        self.guard(budget).map_or(0, |guard| guard.unhealthy.len())
    }

    /// The pod with that uid.
    pub fn get(&self, uid: Uid) -> Option<&Pod> {
        self.shared(uid).map(Arc::as_ref)
    }

    /// The same, to keep.
    pub fn shared(&self, uid: Uid) -> Option<&Arc<Pod>> {
        self.rooms.get(self.room_of(uid)? as usize)?.pods.get(&uid)
    }

    /// Number of pods.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no pods.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn node(&self, room: u32) -> Option<&Option<NodeName>> {
        self.rooms.get(room as usize).map(|room| &room.node)
    }

    fn room(&self, node: Option<&NodeName>) -> Option<u32> {
        self.by_node.find(of_node(node), |room| self.node(room).is_some_and(|known| known.as_ref() == node))
    }

    fn room_of(&self, uid: Uid) -> Option<u32> {
        self.by_uid.find(of_uid(uid), |room| holds(&self.rooms, room, uid))
    }

    fn guard(&self, name: &ObjectName) -> Option<&Guard> {
        self.guards.get(self.known(name)? as usize)
    }

    fn known(&self, name: &ObjectName) -> Option<u32> {
        let is = |number: u32| self.guards.get(number as usize).is_some_and(|guard| guard.name == *name);
        self.by_budget.find(of_budget(name), is)
    }

    /// The number of a budget, a new one where it was not heard of.
    fn number(&mut self, name: &ObjectName) -> u32 {
        if let Some(number) = self.known(name) {
            return number;
        }
        let number = self.guards.len() as u32;
        self.guards.push(Guard { name: name.clone(), budget: None, unhealthy: BTreeSet::new() });
        self.by_budget.insert(of_budget(name), number);
        number
    }
}

fn holds(rooms: &[Room], room: u32, uid: Uid) -> bool {
    rooms.get(room as usize).is_some_and(|room| room.pods.contains_key(&uid))
}

fn of_uid(uid: Uid) -> u64 {
    mix(uid.0 as u64 ^ (uid.0 >> 64) as u64)
}

fn of_node(node: Option<&NodeName>) -> u64 {
    node.map_or(0, |node| stable_hash(node.as_str().bytes()))
}

fn of_budget(name: &ObjectName) -> u64 {
    stable_hash_on(stable_hash(name.namespace.bytes()), name.name.bytes())
}
