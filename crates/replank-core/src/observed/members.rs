//! Instances and nodes of the group, joined by instance id and counted by class.
//!
//! A class is everything a decision asks of many members at once: template version, zone, state, marks. There are few
//! classes and each knows its members, so "old nodes without guard" or "new Ready nodes by zone" costs as much as its
//! result. Within a class members are in an order that only their ids decide, as a seeded random pick needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lookup::{Lookup, of_text};
use super::{Instance, Lifecycle, Marks, MemberClass, MemberState, Node, Taint, TemplateContent};
use crate::names::{InstanceId, NodeName};

/// An instance and the node it became; one of the two may be missing for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The instance; `None` when it is gone and its Node object still exists.
    pub instance: Option<Instance>,
    /// The node; `None` until the instance joins, or when its object was deleted.
    pub node: Option<Node>,
    /// The node it had, when its object was deleted before the instance.
    pub parted: Option<Parted>,
}

/// A Node object that was deleted while its instance exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parted {
    /// Name of the node.
    pub node: NodeName,
    /// Client or controller that deleted it, as far as the cluster tells.
    pub by: Option<Arc<str>>,
}

/// A member, and the class it is counted in; without one when its instance is gone.
#[derive(Clone, Debug)]
struct Entry {
    id: InstanceId,
    member: Member,
    class: Option<Arc<MemberClass>>,
}

/// The members of the group, with indices by node, by class and by ring position.
#[derive(Clone, Debug, Default)]
pub struct Members {
    entries: Vec<Entry>,
    by_id: Lookup,
    /// Numbers of entries that nobody has any more.
    unused: Vec<u32>,
    /// The numbers of all members, in the order of their ids.
    ids: BTreeMap<InstanceId, u32>,
    by_node: BTreeMap<NodeName, InstanceId>,
    classes: BTreeMap<Arc<MemberClass>, BTreeSet<(u64, InstanceId)>>,
    contents: BTreeMap<u64, TemplateContent>,
    /// Instances whose joining is recorded.
    on_record: BTreeSet<InstanceId>,
    /// Instances that were in the group and are gone; their Node objects may exist a while longer.
    ended: BTreeSet<InstanceId>,
    /// Instance ids of nodes that carry the group's label and were never in the group.
    foreign_nodes: BTreeSet<InstanceId>,
}

impl Members {
    /// Sets the contents of the template versions, by which labels are judged. Reclassifies all members if they
    /// changed.
    pub fn set_contents(&mut self, contents: &BTreeMap<u64, TemplateContent>) {
        if *contents == self.contents {
            return;
        }
        self.contents.clone_from(contents);
        self.classes.clear();
        let ids: Vec<InstanceId> = self.ids.keys().cloned().collect();
        for id in &ids {
            self.enter(id);
        }
    }

    /// Adds an instance or replaces what was known of it.
    pub fn put_instance(&mut self, instance: Instance) {
        let id = instance.id.clone();
        self.ended.remove(&id);
        self.change(&id, |member| {
            member.instance = Some(instance);
        });
    }

    /// Removes an instance; remembers that it was in the group, so that its Node object does not count as foreign.
    pub fn remove_instance(&mut self, id: &InstanceId) {
        let was_there = self.get(id).is_none_or(|member| member.instance.is_some());
        if was_there {
            self.ended.insert(id.clone());
        }
        self.change(id, |member| member.instance = None);
        self.on_record.remove(id);
    }

    /// Notes that these instances are recorded as joined. Saves time only: without it each of them is looked at every
    /// turn.
    pub fn note_joined<'a>(&mut self, ids: impl IntoIterator<Item = &'a InstanceId>) {
        for id in ids {
            self.leave(id);
            self.on_record.insert(id.clone());
            self.enter(id);
        }
    }

    /// Adds a node or replaces what was known of it. If its name belonged to another instance before, that one loses
    /// it.
    pub fn put_node(&mut self, node: Node) {
        if let Some(before) = self.by_node.get(&node.name).filter(|id| **id != node.instance).cloned() {
            self.change(&before, |member| member.node = None);
        }
        self.by_node.insert(node.name.clone(), node.instance.clone());
        let id = node.instance.clone();
        self.change(&id, |member| (member.node, member.parted) = (Some(node), None));
    }

    /// Removes a node; `by` is who deleted it, as far as the cluster tells.
    pub fn remove_node(&mut self, name: &NodeName, by: Option<Arc<str>>) {
        if let Some(id) = self.by_node.remove(name) {
            let seen = self.node_of(&id);
            // Who removes a node with its machine marks it before, and says so nowhere else.
            let by = by.or(seen.and_then(Node::marked_by));
            let parted = Parted { node: name.clone(), by };
            self.change(&id, |member| (member.node, member.parted) = (None, Some(parted)));
        }
    }

    /// Whether the node belongs to an instance that is not terminating, so that deleting the object leaves the instance
    /// without a node.
    pub fn is_abandoned(&self, name: &NodeName) -> bool {
        let instance = self.by_node.get(name).and_then(|id| self.get(id)?.instance.as_ref());
        instance.is_some_and(|instance| instance.lifecycle != Lifecycle::Terminating)
    }

    /// The member with that instance id.
    pub fn get(&self, id: &InstanceId) -> Option<&Member> {
        self.entry(id).map(|entry| &entry.member)
    }

    /// The node of that name.
    pub fn node(&self, name: &NodeName) -> Option<&Node> {
        self.node_of(self.by_node.get(name)?)
    }

    /// The node of that instance, if it has one.
    pub fn node_of(&self, id: &InstanceId) -> Option<&Node> {
        self.get(id)?.node.as_ref()
    }

    /// Nodes that carry the group's label and whose instances were never seen in the group.
    pub fn foreign_nodes(&self) -> impl Iterator<Item = &Node> {
        self.foreign_nodes.iter().filter_map(|id| self.node_of(id))
    }

    /// Every member, by instance id. Costs the size of the group: for previews and reports, not for turns.
    pub fn iter(&self) -> impl Iterator<Item = (&InstanceId, &Member)> {
        self.ids.iter().filter_map(|(id, number)| Some((id, &self.entries.get(*number as usize)?.member)))
    }

    /// Every class with at least one member, and the number of its members.
    pub fn classes(&self) -> impl Iterator<Item = (&MemberClass, usize)> {
        self.classes.iter().map(|(class, ids)| (&**class, ids.len()))
    }

    /// Every class with its members, in the order of their ring.
    pub fn by_class(&self) -> impl Iterator<Item = (&MemberClass, impl Iterator<Item = &InstanceId>)> {
        self.classes.iter().map(|(class, ids)| (&**class, ids.iter().map(|(_, id)| id)))
    }

    /// The instances of the classes that `choose` accepts, class by class.
    pub fn of(&self, choose: impl Fn(&MemberClass) -> bool) -> impl Iterator<Item = &InstanceId> {
        self.classes
            .iter()
            .filter(move |(class, _)| choose(class))
            .flat_map(|(_, ids)| ids.iter().map(|(_, id)| id))
    }

    /// How many members the classes that `choose` accepts have together.
    pub fn count(&self, choose: impl Fn(&MemberClass) -> bool) -> u32 {
        self.classes.iter().filter(|(class, _)| choose(class)).map(|(_, ids)| ids.len() as u32).sum()
    }

    /// The instances of the classes that `choose` accepts, in the order of a ring from position `start`. With a random
    /// `start` the first one is a fair draw, at the cost of the draw alone.
    pub fn ring<F: Fn(&MemberClass) -> bool>(
        &self,
        start: u64,
        choose: F,
    ) -> impl Iterator<Item = &InstanceId> + use<'_, F> {
        let from = (start, InstanceId::new(""));
        let chosen: Vec<_> =
            self.classes.iter().filter(|(class, _)| choose(class)).map(|(_, ids)| ids).collect();
        let behind: Vec<_> = chosen.iter().map(|ids| ids.range(from.clone()..).peekable()).collect();
        let before: Vec<_> = chosen.iter().map(|ids| ids.range(..from.clone()).peekable()).collect();
        merge(behind).chain(merge(before))
    }

    fn change(&mut self, id: &InstanceId, edit: impl FnOnce(&mut Member)) {
        self.leave(id);
        let number = self.number(id).unwrap_or_else(|| self.open(id));
        let Some(Entry { member, .. }) = self.entries.get_mut(number as usize) else { return };
        edit(member);
        let (there, labelled) = (member.instance.is_some(), member.node.as_ref().map(|node| node.labelled));
        if !there && labelled == Some(true) && !self.ended.contains(id) {
            self.foreign_nodes.insert(id.clone());
        } else {
            self.foreign_nodes.remove(id);
        }
        if !there && labelled.is_none() {
            self.close(id, number);
        } else {
            self.enter(id);
        }
    }

    fn number(&self, id: &InstanceId) -> Option<u32> {
        let is = |number: u32| self.entries.get(number as usize).is_some_and(|entry| entry.id == *id);
        self.by_id.find(of_id(id), is)
    }

    fn entry(&self, id: &InstanceId) -> Option<&Entry> {
        self.entries.get(self.number(id)? as usize)
    }

    fn entry_mut(&mut self, id: &InstanceId) -> Option<&mut Entry> {
        let number = self.number(id)?;
        self.entries.get_mut(number as usize)
    }

    /// Makes room for a member that was not there.
    fn open(&mut self, id: &InstanceId) -> u32 {
        let entry = Entry { id: id.clone(), member: Member::default(), class: None };
        let number = self.unused.pop().unwrap_or(self.entries.len() as u32);
        match self.entries.get_mut(number as usize) {
            Some(unused) => *unused = entry,
            None => self.entries.push(entry),
        }
        self.by_id.insert(of_id(id), number);
        self.ids.insert(id.clone(), number);
        number
    }

    fn close(&mut self, id: &InstanceId, number: u32) {
        self.by_id.remove(of_id(id), |it| it == number);
        self.ids.remove(id);
        self.unused.push(number);
    }

    fn enter(&mut self, id: &InstanceId) {
        let Some(class) = self.classify(id).map(Arc::new) else { return };
        if let Some(entry) = self.entry_mut(id) {
            entry.class = Some(class.clone());
        }
        self.classes.entry(class).or_default().insert((place(id), id.clone()));
    }

    fn leave(&mut self, id: &InstanceId) {
        let Some(class) = self.entry_mut(id).and_then(|entry| entry.class.take()) else { return };
        if let Some(ids) = self.classes.get_mut(&class) {
            ids.remove(&(place(id), id.clone()));
            if ids.is_empty() {
                self.classes.remove(&class);
            }
        }
    }

    /// The class of a member; `None` when its instance is gone, since nothing is decided about those.
    pub fn class(&self, id: &InstanceId) -> Option<&MemberClass> {
        self.entry(id)?.class.as_deref()
    }

    fn classify(&self, id: &InstanceId) -> Option<MemberClass> {
        let member = self.get(id)?;
        let instance = member.instance.as_ref()?;
        let node = member.node.as_ref();
        let state = match (instance.lifecycle, node) {
            (Lifecycle::Terminating, _) => MemberState::Leaving,
            (_, None) => MemberState::Launching,
            // A launch hook still holds it, and may end it: nothing moves there before it is in service.
            (Lifecycle::Pending, Some(_)) => MemberState::NotReady,
            (_, Some(node)) if node.ready_since.is_none() || is_not_up(node) => MemberState::NotReady,
            (_, Some(node)) if !self.labels_fit(instance, node) => MemberState::Unlabelled,
            _ => MemberState::Ready,
        };
        let marks = node.map_or(Marks::default(), |node| Marks {
            guarded: node.guarded,
            cordoned: node.cordoned,
            excluded: node.excluded,
            ours: node.ours.cordon || node.ours.exclude,
            our_cordon: node.ours.cordon,
            kept: node.kept,
            our_keep: node.ours.keep,
        });
        Some(MemberClass {
            version: instance.version,
            zone: instance.zone.clone(),
            state,
            joined: node.is_some(),
            marks,
            taints: node.map(closing).unwrap_or_default(),
            on_record: self.on_record.contains(id),
        })
    }

    fn labels_fit(&self, instance: &Instance, node: &Node) -> bool {
        let image = self.contents.get(&instance.version).map(|content| &content.image);
        node.labelled && image.is_none_or(|image| node.image.as_ref() == Some(image))
    }
}

/// Whether a taint says that the node is not up, whatever its conditions say.
fn is_not_up(node: &Node) -> bool {
    node.taints.iter().any(|seen| seen.taint.is_not_up())
}

/// The taints that are part of a member's class, sorted.
fn closing(node: &Node) -> Vec<Taint> {
    let mut taints: Vec<Taint> = node
        .taints
        .iter()
        .map(|seen| &seen.taint)
        .filter(|taint| !taint.is_echo() && !taint.is_not_up())
        .cloned()
        .collect();
    taints.sort();
    taints.dedup();
    taints
}

fn of_id(id: &InstanceId) -> u64 {
    of_text(0, id.as_str())
}

/// Position of an instance in the ring.
fn place(id: &InstanceId) -> u64 {
    crate::draw::hash(id.as_str())
}

/// Merges sorted runs, smallest position first.
fn merge<'a, I>(mut runs: Vec<std::iter::Peekable<I>>) -> impl Iterator<Item = &'a InstanceId>
where
    I: Iterator<Item = &'a (u64, InstanceId)>,
{
    std::iter::from_fn(move || {
        let mut first: Option<(usize, &(u64, InstanceId))> = None;
        for (at, run) in runs.iter_mut().enumerate() {
            if let Some(head) = run.peek()
                && first.is_none_or(|(_, best)| *head < best)
            {
                first = Some((at, head));
            }
        }
        let (at, _) = first?;
        runs.get_mut(at)?.next().map(|(_, id)| id)
    })
}
