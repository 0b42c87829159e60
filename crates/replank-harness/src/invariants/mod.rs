//! The invariant checker: checks every action of an update on the world, with arithmetic of its own.
//!
//! One file for each invariant. It examines the world right before and right after an action and knows no policy
//! and no plan. Disruptions that the world causes by itself are counted elsewhere and are no violations.

mod budget;
mod delete;
mod finish;
mod guard;
mod loss;
mod outside;
mod pod;
mod port;
mod shrink;
mod surge;
mod terminate;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use jiff::SignedDuration;
use replank_core::action::{Action, CloudAction, ClusterAction, PodId, Replace};
use replank_core::names::{NodeName, Uid};
use replank_core::node_group::spec::{Batch, Spec, Strategy};
use replank_core::observed::Placement;
use replank_core::pod_rules::Loss;
use replank_core::sizes::Sizes;

pub use finish::End;
use pod::{Found, Namesake};
pub use port::Judged;

use replank_world::time::{Span, Time};
use replank_world::world::World;

/// How long it may take the update to see what others did, stale observations included.
const SEEN_AFTER: Span = Span::secs(60);

/// What an update must never do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// No eviction that a budget forbids.
    Budget,
    /// No deletion of a pod without force, and none before its eviction was tried for the drain limit.
    Delete,
    /// No pod moved whose loss, or that of its `emptyDir`, the pod rules refuse.
    Loss,
    /// No instance terminated while a pod that could still be evicted is on its node.
    Terminate,
    /// Never more extra instances than the ceiling.
    Surge,
    /// Nothing outside the group changed.
    Outside,
    /// Only old nodes get the guard taint.
    Guard,
    /// Pods moved only off nodes that take no new ones.
    Cordon,
    /// No mark of the update left at its end.
    Marks,
    /// The original sizes at the end, or a reason in the record.
    Home,
    /// No old node left after an update that succeeded.
    Old,
    /// A serving node kept in each zone where the group had one, when the group shrinks.
    Zone,
    /// When the group shrinks, only nodes removed whose pods fit elsewhere.
    Place,
    /// An update that does not end names what it waits for.
    Silence,
}

impl Invariant {
    /// All invariants.
    pub const ALL: [Self; 14] = [
        Self::Budget,
        Self::Delete,
        Self::Loss,
        Self::Terminate,
        Self::Surge,
        Self::Outside,
        Self::Guard,
        Self::Cordon,
        Self::Marks,
        Self::Home,
        Self::Old,
        Self::Zone,
        Self::Place,
        Self::Silence,
    ];

    /// Its name, one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Delete => "delete",
            Self::Loss => "loss",
            Self::Terminate => "terminate",
            Self::Surge => "surge",
            Self::Outside => "outside",
            Self::Guard => "guard",
            Self::Cordon => "cordon",
            Self::Marks => "marks",
            Self::Home => "home",
            Self::Old => "old",
            Self::Zone => "zone",
            Self::Place => "place",
            Self::Silence => "silence",
        }
    }
}

/// A violated invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Virtual time.
    pub at: Time,
    /// Which invariant does not hold.
    pub law: Invariant,
    /// The action that violated it.
    pub words: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "law `{}`: {}", self.law.name(), self.words)
    }
}

/// What the checker knows of an update beforehand.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name of the node group.
    pub group: String,
    /// Id of the target image.
    pub image: String,
    /// The sizes before any update.
    pub home: Sizes,
    /// The most extra instances it may ask for (EKS: twice the zones, or the batch if that is larger).
    pub ceiling: u32,
    /// Whether it may delete pods after the drain limit.
    pub force: bool,
    /// Whether pods without a controller may be lost.
    pub bare: Loss,
    /// Whether the content of `emptyDir` volumes may be lost.
    pub empty_dir: Loss,
    /// How long pods of a node are evicted before they may be deleted.
    pub drain: SignedDuration,
    /// Whether others change the sizes during the update, which then does not answer for them.
    pub meddled: bool,
}

impl Case {
    /// The case of an update of a group with these original sizes and this many zones.
    pub fn new(spec: &Spec, home: Sizes, zones: u32) -> Self {
        let batch = match spec.batch {
            Batch::Count(count) => count,
            Batch::Percent(share) => (home.desired * share / 100).max(1),
        };
        // EKS guide: up to twice the zones, or the batch when that is larger; new nodes first, or none.
        let ceiling = match spec.strategy {
            Strategy::Default | Strategy::Replace => (2 * zones).max(batch),
            Strategy::Minimal => 0,
        };
        Self {
            group: spec.group.to_string(),
            image: spec.target.image().to_string(),
            home,
            ceiling,
            force: spec.force,
            bare: spec.pods.bare,
            empty_dir: spec.pods.empty_dir,
            drain: spec.limits.drain,
            meddled: false,
        }
    }
}

/// The checker of one update.
#[derive(Clone, Debug)]
pub struct InvariantChecker {
    /// What is known beforehand; commands of users change it.
    pub case: Case,
    /// Violations so far.
    pub violations: Vec<Violation>,
    /// How many actions were checked.
    pub judged: u64,
    /// Nodes being drained, by name.
    drains: BTreeMap<String, Drain>,
    /// Pods whose eviction was requested.
    asked: BTreeSet<Uid>,
    /// Zones in which the group had a serving node before the first action.
    zones: Option<BTreeSet<String>>,
    /// The last answer on where the pods of each node would go.
    placements: BTreeMap<NodeName, Placement>,
}

/// A checker shared by the ports of an update and the run.
pub type SharedChecker = Rc<RefCell<InvariantChecker>>;

impl InvariantChecker {
    /// A checker without violations.
    pub fn new(case: Case) -> Self {
        Self {
            case,
            violations: Vec::new(),
            judged: 0,
            drains: BTreeMap::new(),
            asked: BTreeSet::new(),
            zones: None,
            placements: BTreeMap::new(),
        }
    }

    /// A new checker, shared.
    pub fn shared(case: Case) -> SharedChecker {
        Rc::new(RefCell::new(Self::new(case)))
    }

    /// Examines an action before it is carried out.
    fn before(&mut self, world: &World, action: &Action) -> Before {
        self.judged += 1;
        // The update counts its zones once it has its template version, which may be long after it began.
        if !matches!(action, Action::Cloud(CloudAction::CreateVersion { .. })) {
            self.zones.get_or_insert_with(|| shrink::zones(&self.case, world));
        }
        self.look_at_drains(world);
        let objections = match action {
            Action::Cluster(ClusterAction::Evict { pod, .. }) => {
                return self.before_move(world, pod, Move::Evict);
            }
            Action::Cluster(ClusterAction::Delete { pod }) => {
                return self.before_move(world, pod, Move::Delete);
            }
            Action::Cluster(ClusterAction::Mark(mark)) => {
                if mark.marks.cordon == Some(true) || mark.marks.exclude == Some(true) {
                    self.drains.entry(mark.node.to_string()).or_default();
                    self.look_at_drains(world);
                }
                vec![outside::node(&self.case, world, mark), guard::judge(&self.case, world, mark)]
            }
            // It would be left: an update takes away only what it noted as its own.
            Action::Cluster(ClusterAction::Cordon { node, .. }) => {
                vec![Some((Invariant::Marks, format!("node {node} was cordoned without a note")))]
            }
            Action::Cloud(CloudAction::Terminate { instance, replace, with, .. }) => {
                let mut found = vec![
                    outside::instance(&self.case, world, instance),
                    terminate::judge(&self.case, world, instance, with),
                ];
                let is_meant = |pod: &&PodId| Found::of(world, pod).is_some_and(|found| found.is_meant);
                let meant = with.iter().filter(is_meant);
                found.extend(meant.map(|pod| loss::judge(&self.case, world, pod)));
                if *replace == Replace::No {
                    found.extend(shrink::judge(self, world, instance));
                }
                found
            }
            Action::Cloud(CloudAction::SetSizes { to, .. }) => vec![surge::judge(&self.case, *to)],
            Action::Cloud(CloudAction::CreateVersion { .. } | CloudAction::PointGroup { .. }) => Vec::new(),
        };
        self.object(world, objections);
        Before::default()
    }

    /// The same for an action that moves a pod.
    fn before_move(&mut self, world: &World, id: &PodId, by: Move) -> Before {
        let Some(found) = Found::of(world, id) else { return Before::default() };
        let mut objections = vec![
            outside::pod(&self.case, world, id),
            outside::cordon(world, id),
            loss::judge(&self.case, world, id),
        ];
        let eviction = match by {
            Move::Evict => {
                self.asked.insert(id.uid);
                budget::before(world, id, &found)
            }
            Move::Delete => {
                objections.push(delete::judge(self, world, id));
                None
            }
        };
        if found.is_meant {
            self.object(world, objections);
            return Before { eviction, namesake: None };
        }
        Before { eviction, namesake: Some(Namesake { id: id.clone(), found, objections }) }
    }

    /// Examines the action after it was answered.
    fn after(&mut self, world: &World, before: Before) {
        if let Some(words) = before.eviction.and_then(|before| budget::after(world, &before)) {
            self.violation(world.now, Invariant::Budget, words);
        }
        if let Some(Namesake { id, found, objections }) = before.namesake
            && found.has_left(world, &id)
        {
            self.object(world, objections);
        }
    }

    fn object(&mut self, world: &World, objections: Vec<Objection>) {
        for (law, words) in objections.into_iter().flatten() {
            self.violation(world.now, law, words);
        }
    }

    /// Notes which drained nodes take no new pods by now.
    fn look_at_drains(&mut self, world: &World) {
        for (name, drain) in self.drains.iter_mut().filter(|(_, drain)| drain.closed_at.is_none()) {
            let node = world.store.nodes.find("", name).and_then(|id| world.store.nodes.get(id));
            drain.closed_at = node.is_some_and(|node| node.unschedulable).then_some(world.now);
        }
    }

    /// Notes an answer on where the pods of a node would go.
    fn placed(&mut self, node: &NodeName, placement: &Placement) {
        self.placements.insert(node.clone(), placement.clone());
    }

    /// Checks the world between actions.
    pub fn look(&mut self, world: &World) {
        self.look_at_drains(world);
        if let Some((law, words)) = surge::look(&self.case, world)
            && !self.violations.iter().any(|violation| violation.law == law)
        {
            self.violation(world.now, law, words);
        }
    }

    /// Records a violation.
    pub fn violation(&mut self, at: Time, law: Invariant, words: String) {
        self.violations.push(Violation { at, law, words });
    }
}

/// A node being drained: the update asked for its cordon or its exclusion from load balancers.
#[derive(Clone, Copy, Debug, Default)]
struct Drain {
    /// When it was first seen cordoned, by whomever.
    closed_at: Option<Time>,
}

/// How an action moves a pod.
#[derive(Clone, Copy, Debug)]
enum Move {
    Evict,
    Delete,
}

/// What has to be checked again after an action.
#[derive(Clone, Debug, Default)]
struct Before {
    eviction: Option<budget::Before>,
    namesake: Option<Namesake>,
}

/// An invariant and how it is violated; `None` without an objection.
type Objection = Option<(Invariant, String)>;
