//! Instances and nodes of the group joined by instance id, counted by class.
//!
//! A class is everything a decision asks of many members at once: template version, zone, standing, marks.
//! There are few classes and each knows its members, so "old nodes without guard" or "new nodes that are Ready,
//! by zone" cost what they answer. Inside a class members lie in an order that only their ids decide, which is
//! what a seeded random pick needs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Instance, Lifecycle, Node, TemplateContent};
use crate::names::{InstanceId, NodeName, Zone};

/// An instance and the node it became; either may be missing for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The cloud's side; `None` when the instance is gone and its node object lingers.
    pub instance: Option<Instance>,
    /// The Kubernetes side; `None` until the instance joins.
    pub node: Option<Node>,
}

/// How far a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Launched, no node yet.
    Launching,
    /// A node that is not Ready.
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
#[expect(clippy::struct_excessive_bools, reason = "four independent marks of a node, seen together")]
pub struct Marks {
    /// Carries the guard taint.
    pub guarded: bool,
    /// Is unschedulable.
    pub cordoned: bool,
    /// Is labelled out of external load balancers.
    pub excluded: bool,
    /// Cordon or exclusion are an update's, not a person's.
    pub ours: bool,
}

/// What members have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// Template version of the instance.
    pub version: u64,
    /// Zone of the instance.
    pub zone: Zone,
    /// How far it is.
    pub standing: Standing,
    /// Whether it has a node object.
    pub joined: bool,
    /// Marks on its node.
    pub marks: Marks,
}

/// The members of the group.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    members: BTreeMap<InstanceId, Member>,
    by_node: BTreeMap<NodeName, InstanceId>,
    classes: BTreeMap<Class, BTreeSet<(u64, InstanceId)>>,
    contents: BTreeMap<u64, TemplateContent>,
}

impl Fleet {
    /// Tells what each template version makes; labels are judged by it. Members are sorted anew if it changed.
    pub fn set_contents(&mut self, contents: &BTreeMap<u64, TemplateContent>) {
        if *contents == self.contents {
            return;
        }
        self.contents.clone_from(contents);
        self.classes.clear();
        let ids: Vec<InstanceId> = self.members.keys().cloned().collect();
        for id in &ids {
            self.enter(id);
        }
    }

    /// Puts an instance as it is now.
    pub fn put_instance(&mut self, instance: Instance) {
        let id = instance.id.clone();
        self.change(&id, |member| member.instance = Some(instance));
    }

    /// The instance is gone.
    pub fn remove_instance(&mut self, id: &InstanceId) {
        self.change(id, |member| member.instance = None);
    }

    /// Puts a node as it is now. A node that came back under its name with another instance leaves the old one.
    pub fn put_node(&mut self, node: Node) {
        if let Some(before) = self.by_node.get(&node.name).filter(|id| **id != node.instance).cloned() {
            self.change(&before, |member| member.node = None);
        }
        self.by_node.insert(node.name.clone(), node.instance.clone());
        let id = node.instance.clone();
        self.change(&id, |member| member.node = Some(node));
    }

    /// The node object is gone.
    pub fn remove_node(&mut self, name: &NodeName) {
        if let Some(id) = self.by_node.remove(name) {
            self.change(&id, |member| member.node = None);
        }
    }

    /// The member of that instance id.
    pub fn get(&self, id: &InstanceId) -> Option<&Member> {
        self.members.get(id)
    }

    /// The node of that name.
    pub fn node(&self, name: &NodeName) -> Option<&Node> {
        self.get(self.by_node.get(name)?)?.node.as_ref()
    }

    /// Every member, by instance id. Costs the size of the group: for previews and reports, not for turns.
    pub fn members(&self) -> impl Iterator<Item = (&InstanceId, &Member)> {
        self.members.iter()
    }

    /// Every class that has members, with how many.
    pub fn classes(&self) -> impl Iterator<Item = (&Class, usize)> {
        self.classes.iter().map(|(class, ids)| (class, ids.len()))
    }

    /// The instances of every class that `choose` picks, class by class.
    pub fn of(&self, choose: impl Fn(&Class) -> bool) -> impl Iterator<Item = &InstanceId> {
        self.classes
            .iter()
            .filter(move |(class, _)| choose(class))
            .flat_map(|(_, ids)| ids.iter().map(|(_, id)| id))
    }

    /// How many instances the classes that `choose` picks have.
    pub fn count(&self, choose: impl Fn(&Class) -> bool) -> u32 {
        self.classes.iter().filter(|(class, _)| choose(class)).map(|(_, ids)| ids.len() as u32).sum()
    }

    /// The instances of the chosen classes in the order of a ring that starts at `start`: a fair draw when
    /// `start` is random, at the cost of the draw alone.
    pub fn ring<F: Fn(&Class) -> bool>(
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
        let member = self.members.entry(id.clone()).or_default();
        edit(member);
        if member.instance.is_none() && member.node.is_none() {
            self.members.remove(id);
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
    pub fn class(&self, id: &InstanceId) -> Option<Class> {
        let member = self.members.get(id)?;
        let instance = member.instance.as_ref()?;
        let node = member.node.as_ref();
        let standing = match (instance.lifecycle, node) {
            (Lifecycle::Terminating, _) => Standing::Leaving,
            (_, None) => Standing::Launching,
            (_, Some(node)) if node.ready_since.is_none() => Standing::NotReady,
            (_, Some(node)) if !self.labels_fit(instance, node) => Standing::Unlabelled,
            _ => Standing::Ready,
        };
        let marks = node.map_or(Marks::default(), |node| Marks {
            guarded: node.guarded,
            cordoned: node.cordoned,
            excluded: node.excluded,
            ours: node.ours.any(),
        });
        Some(Class {
            version: instance.version,
            zone: instance.zone.clone(),
            standing,
            joined: node.is_some(),
            marks,
        })
    }

    fn labels_fit(&self, instance: &Instance, node: &Node) -> bool {
        let image = self.contents.get(&instance.version).map(|content| &content.image);
        node.labelled && image.is_none_or(|image| node.image.as_ref() == Some(image))
    }
}

/// Where an instance lies in the ring: FNV-1a over its id, mixed, so that neighbours in time are not neighbours.
fn place(id: &InstanceId) -> u64 {
    let fnv = id.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    crate::safety::draw::mix(fnv)
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
