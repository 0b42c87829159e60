//! Instances and nodes of the group joined by instance id, counted by class.
//!
//! A class is everything a decision asks of many members at once: template version, zone, standing, marks.
//! There are few classes and each knows its members, so "old nodes without guard" or "new nodes that are Ready,
//! by zone" cost what they answer. Inside a class members lie in an order that only their ids decide, which is
//! what a seeded random pick needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Instance, Lifecycle, Node, Taint, TemplateContent};
use crate::names::{InstanceId, NodeName, Zone};

/// An instance and the node it became; either may be missing for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The cloud's side; `None` when the instance is gone and its node object lingers.
    pub instance: Option<Instance>,
    /// The Kubernetes side; `None` until the instance joins.
    pub node: Option<Node>,
    /// The node it had, when that was seen to go before the instance.
    pub parted: Option<Parted>,
}

/// A node object that is gone while its instance is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parted {
    /// Its name.
    pub node: NodeName,
    /// Who deleted it, as far as the cluster tells.
    pub by: Option<Arc<str>>,
}

/// How far a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberState {
    /// Launched, no node yet.
    Launching,
    /// A node that is not Ready, or that a taint says is not up.
    NotReady,
    /// Ready, but without the labels its template gives.
    Unlabelled,
    /// Ready and labelled.
    Ready,
    /// The instance is terminating.
    Leaving,
}

/// What is marked on a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks of a node, seen together")]
pub struct Marks {
    /// Carries the guard taint.
    pub guarded: bool,
    /// Is unschedulable.
    pub cordoned: bool,
    /// Is labelled out of external load balancers.
    pub excluded: bool,
    /// Cordon or exclusion are an update's, not a person's.
    pub ours: bool,
    /// The cordon is.
    pub our_cordon: bool,
    /// Autoscalers are kept from removing it.
    pub kept: bool,
    /// An update keeps them, or did until somebody took that away.
    pub our_keep: bool,
}

/// What members have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberClass {
    /// Template version of the instance.
    pub version: u64,
    /// Zone of the instance.
    pub zone: Zone,
    /// How far it is.
    pub state: MemberState,
    /// Whether it has a node object.
    pub joined: bool,
    /// Marks on its node.
    pub marks: Marks,
    /// Taints that keep pods off it, those of its group among them, in their order.
    pub taints: Vec<Taint>,
    /// Whether it is on record that it joined, as far as [`Members::note_joined`] was told.
    pub on_record: bool,
}

/// The members of the group.
#[derive(Clone, Debug, Default)]
pub struct Members {
    by_id: BTreeMap<InstanceId, Member>,
    by_node: BTreeMap<NodeName, InstanceId>,
    classes: BTreeMap<MemberClass, BTreeSet<(u64, InstanceId)>>,
    contents: BTreeMap<u64, TemplateContent>,
    /// Instances that are on record as joined.
    on_record: BTreeSet<InstanceId>,
    /// Instances that were in the group: their nodes stay a while longer.
    ended: BTreeSet<InstanceId>,
    /// Nodes of the group that no instance of it is.
    foreign_nodes: BTreeSet<InstanceId>,
}

impl Members {
    /// Tells what each template version makes; labels are judged by it. Members are sorted anew if it changed.
    pub fn set_contents(&mut self, contents: &BTreeMap<u64, TemplateContent>) {
        if *contents == self.contents {
            return;
        }
        self.contents.clone_from(contents);
        self.classes.clear();
        let ids: Vec<InstanceId> = self.by_id.keys().cloned().collect();
        for id in &ids {
            self.enter(id);
        }
    }

    /// Puts an instance as it is now.
    pub fn put_instance(&mut self, instance: Instance) {
        let id = instance.id.clone();
        self.ended.remove(&id);
        self.change(&id, |member| {
            member.instance = Some(instance);
        });
    }

    /// The instance is gone, or was before its node was seen.
    pub fn remove_instance(&mut self, id: &InstanceId) {
        let was_there = self.get(id).is_none_or(|member| member.instance.is_some());
        if was_there {
            self.ended.insert(id.clone());
        }
        self.change(id, |member| member.instance = None);
        self.on_record.remove(id);
    }

    /// The record of the update says that these joined. Only a saving: who is not told looks at each of them again.
    pub fn note_joined<'a>(&mut self, ids: impl IntoIterator<Item = &'a InstanceId>) {
        for id in ids {
            self.leave(id);
            self.on_record.insert(id.clone());
            self.enter(id);
        }
    }

    /// Puts a node as it is now. A node that came back under its name with another instance leaves the old one.
    pub fn put_node(&mut self, node: Node) {
        if let Some(before) = self.by_node.get(&node.name).filter(|id| **id != node.instance).cloned() {
            self.change(&before, |member| member.node = None);
        }
        self.by_node.insert(node.name.clone(), node.instance.clone());
        let id = node.instance.clone();
        self.change(&id, |member| (member.node, member.parted) = (Some(node), None));
    }

    /// The node object is gone; who deleted it, as far as the cluster tells.
    pub fn remove_node(&mut self, name: &NodeName, by: Option<Arc<str>>) {
        if let Some(id) = self.by_node.remove(name) {
            let seen = self.node_of(&id);
            // Who removes a node with its machine marks it before, and says so nowhere else.
            let by = by.or(seen.and_then(Node::marked_by));
            let parted = Parted { node: name.clone(), by };
            self.change(&id, |member| (member.node, member.parted) = (None, Some(parted)));
        }
    }

    /// Whether the node of that name belongs to an instance that is not on its way out: whoever deletes it leaves that
    /// behind.
    pub fn is_abandoned(&self, name: &NodeName) -> bool {
        let instance = self.by_node.get(name).and_then(|id| self.get(id)?.instance.as_ref());
        instance.is_some_and(|instance| instance.lifecycle != Lifecycle::Terminating)
    }

    /// The member of that instance id.
    pub fn get(&self, id: &InstanceId) -> Option<&Member> {
        self.by_id.get(id)
    }

    /// The node of that name.
    pub fn node(&self, name: &NodeName) -> Option<&Node> {
        self.node_of(self.by_node.get(name)?)
    }

    /// The node of that instance.
    pub fn node_of(&self, id: &InstanceId) -> Option<&Node> {
        self.get(id)?.node.as_ref()
    }

    /// Nodes that carry the group's label and whose instance was never in the group, as far as that is known.
    pub fn foreign_nodes(&self) -> impl Iterator<Item = &Node> {
        self.foreign_nodes.iter().filter_map(|id| self.node_of(id))
    }

    /// Every member, by instance id. Costs the size of the group: for previews and reports, not for turns.
    pub fn iter(&self) -> impl Iterator<Item = (&InstanceId, &Member)> {
        self.by_id.iter()
    }

    /// Every class that has members, with how many.
    pub fn classes(&self) -> impl Iterator<Item = (&MemberClass, usize)> {
        self.classes.iter().map(|(class, ids)| (class, ids.len()))
    }

    /// The instances of every class that `choose` picks, class by class.
    pub fn of(&self, choose: impl Fn(&MemberClass) -> bool) -> impl Iterator<Item = &InstanceId> {
        self.classes
            .iter()
            .filter(move |(class, _)| choose(class))
            .flat_map(|(_, ids)| ids.iter().map(|(_, id)| id))
    }

    /// How many instances the classes that `choose` picks have.
    pub fn count(&self, choose: impl Fn(&MemberClass) -> bool) -> u32 {
        self.classes.iter().filter(|(class, _)| choose(class)).map(|(_, ids)| ids.len() as u32).sum()
    }

    /// The instances of the chosen classes in the order of a ring that starts at `start`: a fair draw when
    /// `start` is random, at the cost of the draw alone.
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
        let member = self.by_id.entry(id.clone()).or_default();
        edit(member);
        let (there, labelled) = (member.instance.is_some(), member.node.as_ref().map(|node| node.labelled));
        if !there && labelled == Some(true) && !self.ended.contains(id) {
            self.foreign_nodes.insert(id.clone());
        } else {
            self.foreign_nodes.remove(id);
        }
        if !there && labelled.is_none() {
            self.by_id.remove(id);
        } else {
            self.enter(id);
        }
    }

    fn enter(&mut self, id: &InstanceId) {
        if let Some(class) = self.class(id) {
            self.classes.entry(class).or_default().insert((place(id), id.clone()));
        }
    }

    fn leave(&mut self, id: &InstanceId) {
        let Some(class) = self.class(id) else { return };
        if let Some(ids) = self.classes.get_mut(&class) {
            ids.remove(&(place(id), id.clone()));
            if ids.is_empty() {
                self.classes.remove(&class);
            }
        }
    }

    /// The class of a member; `None` when its instance is gone, for nothing is decided about those.
    pub fn class(&self, id: &InstanceId) -> Option<MemberClass> {
        let member = self.by_id.get(id)?;
        let instance = member.instance.as_ref()?;
        let node = member.node.as_ref();
        let state = match (instance.lifecycle, node) {
            (Lifecycle::Terminating, _) => MemberState::Leaving,
            (_, None) => MemberState::Launching,
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

/// Whether a taint says that the node is not up yet or no longer, whatever its condition says.
fn is_not_up(node: &Node) -> bool {
    node.taints.iter().any(|seen| seen.taint.is_not_up())
}

/// The taints by which members are told apart.
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

/// Where an instance lies in the ring.
fn place(id: &InstanceId) -> u64 {
    crate::draw::hash(id.as_str())
}

/// Merges sorted runs, smallest place first.
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
