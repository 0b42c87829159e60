//! All pods and budgets, with the indices that decisions ask: pods by node, and unhealthy pods by budget.
//!
//! Pods are shared: a copy of the observation, and whoever keeps one of its pods, costs a reference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lookup::{Lookup, of_text};
use super::{Budget, Pod};
use crate::draw::mix;
use crate::names::{NodeName, ObjectName, Uid};

/// The pods of the cluster and their budgets.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    /// Pods by node, those of one node together: a drain reads them all at every turn.
    rooms: Vec<Room>,
    by_node: Lookup,
    /// Numbers of rooms whose last pod left.
    empty: Vec<u32>,
    /// Every pod, by a number that it keeps while it is there; `None` where one left.
    slots: Vec<Option<Slot>>,
    by_uid: Lookup,
    /// Numbers of pods that left.
    unused: Vec<u32>,
    guards: Vec<Guard>,
    by_budget: Lookup,
    /// The numbers of the budgets there are.
    names: BTreeMap<ObjectName, u32>,
}

/// The pods of one node, or those without a node.
#[derive(Clone, Debug, Default)]
struct Room {
    node: Option<NodeName>,
    /// Their numbers.
    pods: BTreeMap<Uid, u32>,
}

/// A pod and the number of its room.
#[derive(Clone, Debug)]
struct Slot {
    uid: Uid,
    room: u32,
    pod: Arc<Pod>,
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
        let Some(number) = self.number_of(pod.uid) else {
            self.enter(pod.clone());
            return self.note_health(&pod, true);
        };
        let stays = self.slot(number).is_some_and(|slot| self.node(slot.room) == Some(&pod.node));
        let before = if stays {
            let slot = self.slots.get_mut(number as usize).and_then(Option::as_mut);
            slot.map(|slot| std::mem::replace(&mut slot.pod, pod.clone()))
        } else {
            let before = self.leave(number);
            self.enter(pod.clone());
            before
        };
        let Some(before) = before else { return };
        if before.healthy() != pod.healthy() || !Arc::ptr_eq(&before.budgets, &pod.budgets) {
            self.note_health(&before, false);
            self.note_health(&pod, true);
        }
    }

    /// Removes a pod; unknown uids are ignored.
    pub fn remove(&mut self, uid: Uid) {
        if let Some(number) = self.number_of(uid)
            && let Some(pod) = self.leave(number)
        {
            self.note_health(&pod, false);
        }
    }

    /// Takes a pod out of its room, and gives the room up with its last pod.
    fn leave(&mut self, number: u32) -> Option<Arc<Pod>> {
        let Slot { uid, room: at, pod } = self.slots.get_mut(number as usize)?.take()?;
        self.by_uid.remove(of_uid(uid), |it| it == number);
        self.unused.push(number);
        let room = self.rooms.get_mut(at as usize)?;
        room.pods.remove(&uid);
        if room.pods.is_empty() {
            self.by_node.remove(of_node(room.node.as_ref()), |room| room == at);
            self.empty.push(at);
        }
        Some(pod)
    }

    fn enter(&mut self, pod: Arc<Pod>) {
        let at = self.room(pod.node.as_ref()).unwrap_or_else(|| self.open(pod.node.clone()));
        let Some(room) = self.rooms.get_mut(at as usize) else { return };
        let uid = pod.uid;
        let number = self.unused.pop().unwrap_or(self.slots.len() as u32);
        let slot = Some(Slot { uid, room: at, pod });
        match self.slots.get_mut(number as usize) {
            Some(unused) => *unused = slot,
            None => self.slots.push(slot),
        }
        self.by_uid.insert(of_uid(uid), number);
        room.pods.insert(uid, number);
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

    /// Changes what is known of a budget; does nothing when there is none of that name.
    pub fn edit_budget(&mut self, name: &ObjectName, edit: impl FnOnce(&mut Budget)) {
        let guard = self.known(name).and_then(|number| self.guards.get_mut(number as usize));
        if let Some(budget) = guard.and_then(|guard| guard.budget.as_mut()) {
            edit(budget);
        }
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
        let numbers = room.into_iter().flat_map(|room| room.pods.values());
        numbers.filter_map(|number| self.slot(*number)).map(|slot| &*slot.pod)
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
        let numbers = self.rooms.iter().flat_map(|room| room.pods.values());
        let all = numbers.filter_map(|number| self.slot(*number)).map(|slot| &*slot.pod);
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
        self.slot(self.number_of(uid)?).map(|slot| &slot.pod)
    }

    /// Number of pods.
    pub fn len(&self) -> usize {
        self.slots.len() - self.unused.len()
    }

    /// Whether there are no pods.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn node(&self, room: u32) -> Option<&Option<NodeName>> {
        self.rooms.get(room as usize).map(|room| &room.node)
    }

    fn room(&self, node: Option<&NodeName>) -> Option<u32> {
        self.by_node.find(of_node(node), |room| self.node(room).is_some_and(|known| known.as_ref() == node))
    }

    /// The number of a pod.
    fn number_of(&self, uid: Uid) -> Option<u32> {
        self.by_uid.find(of_uid(uid), |number| self.slot(number).is_some_and(|slot| slot.uid == uid))
    }

    fn slot(&self, number: u32) -> Option<&Slot> {
        self.slots.get(number as usize)?.as_ref()
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

fn of_uid(uid: Uid) -> u64 {
    mix(uid.0 as u64 ^ (uid.0 >> 64) as u64)
}

fn of_node(node: Option<&NodeName>) -> u64 {
    node.map_or(0, |node| of_text(1, node.as_str()))
}

fn of_budget(name: &ObjectName) -> u64 {
    of_text(of_text(0, &name.namespace), &name.name)
}
