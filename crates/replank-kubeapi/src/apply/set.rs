//! Sets of fields: a tree of path elements in which any node may be a member.
//!
//! Kubernetes: `structured-merge-diff/fieldpath`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::schema::{Form, TypedValue};

/// One step of a path in an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Element {
    /// A field or key.
    Field(String),
    /// The list item with these values of its key fields, in their order.
    Keys(Vec<(String, Leaf)>),
    /// The list item that equals this value.
    Value(Leaf),
    /// The list item at this index.
    Index(u64),
}

/// A scalar in a path, ordered by its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf(pub(super) Value);

impl Ord for Leaf {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0.as_i64(), other.0.as_i64()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => self.0.to_string().cmp(&other.0.to_string()),
        }
    }
}

impl PartialOrd for Leaf {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Keys(keys) => {
                let shown: Vec<_> = keys.iter().map(|(name, value)| format!("{name}={}", value.0)).collect();
                write!(f, "[{}]", shown.join(","))
            }
            Self::Value(value) => write!(f, "[={}]", value.0),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// A path as conflict messages have it: `.spec.containers[name="a"].image`.
pub(super) fn path_text(path: &[Element]) -> String {
    path.iter().map(ToString::to_string).collect()
}

/// Fields that one manager owns, as a tree of path elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSet {
    nodes: BTreeMap<Element, Node>,
}

/// A path element in a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// Whether the path that ends here is in the set.
    pub(super) is_member: bool,
    /// Paths below it.
    pub(super) below: FieldSet,
}

impl Node {
    fn is_empty(&self) -> bool {
        !self.is_member && self.below.is_empty()
    }
}

impl FieldSet {
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = (&Element, &Node)> {
        self.nodes.iter()
    }

    /// Adds a path; the empty path is ignored.
    pub(super) fn insert(&mut self, path: &[Element]) {
        let Some((last, parents)) = path.split_last() else { return };
        let mut at = self;
        for element in parents {
            at = &mut at.nodes.entry(element.clone()).or_default().below;
        }
        at.nodes.entry(last.clone()).or_default().is_member = true;
    }

    /// Sets a node, unless it is empty.
    pub(super) fn put(&mut self, element: Element, node: Node) {
        if !node.is_empty() {
            self.nodes.insert(element, node);
        }
    }

    pub(super) fn node(&self, element: &Element) -> Option<&Node> {
        self.nodes.get(element)
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (element, node) in &other.nodes {
            let into = all.nodes.entry(element.clone()).or_default();
            into.is_member |= node.is_member;
            into.below = into.below.union(&node.below);
        }
        all
    }

    /// The paths of this set that are not in the other.
    pub(super) fn difference(&self, other: &Self) -> Self {
        self.combine(other, |mine, theirs| mine && !theirs, Self::difference)
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |mine, theirs| mine && theirs, Self::intersection)
    }

    fn combine(&self, other: &Self, keep: fn(bool, bool) -> bool, below: fn(&Self, &Self) -> Self) -> Self {
        let nothing = Node::default();
        let mut left = Self::default();
        for (element, node) in &self.nodes {
            let theirs = other.nodes.get(element).unwrap_or(&nothing);
            let is_member = keep(node.is_member, theirs.is_member);
            left.put(element.clone(), Node { is_member, below: below(&node.below, &theirs.below) });
        }
        left
    }

    /// The set without the paths of the other set and everything below them.
    pub(super) fn without_below(&self, other: &Self) -> Self {
        let mut left = Self::default();
        for (element, node) in &self.nodes {
            match other.nodes.get(element) {
                Some(theirs) if theirs.is_member => {}
                Some(theirs) => left.put(
                    element.clone(),
                    Node { is_member: node.is_member, below: node.below.without_below(&theirs.below) },
                ),
                None => left.put(element.clone(), node.clone()),
            }
        }
        left
    }

    /// The set with every declared field that has members below it as a member too.
    pub(super) fn with_named(&self, place: TypedValue<'_>) -> Self {
        let mut all = Self::default();
        for (element, node) in &self.nodes {
            let (is_named, below) = match (element, place.form()) {
                (Element::Field(name), Form::Struct(found)) => {
                    (found.fields.contains_key(name), place.child(name))
                }
                (Element::Field(name), _) => (false, place.child(name)),
                _ => (false, place.item()),
            };
            let is_member = node.is_member || (is_named && !node.below.is_empty());
            all.put(element.clone(), Node { is_member, below: node.below.with_named(below) });
        }
        all
    }

    /// All paths, in order.
    pub(super) fn paths(&self) -> Vec<Vec<Element>> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, path: &mut Vec<Element>, found: &mut Vec<Vec<Element>>) {
        for (element, _) in self.nodes.iter().filter(|(_, node)| node.is_member) {
            found.push(path.iter().chain([element]).cloned().collect());
        }
        for (element, node) in &self.nodes {
            path.push(element.clone());
            node.below.collect(path, found);
            path.pop();
        }
    }
}
