//! Converts objects of the world to the core's terms.

use std::sync::Arc;

use jiff::Timestamp;
use replank_core::names::{ImageId, InstanceId, NodeName, ObjectName, Uid};
use replank_core::observed;
use replank_core::version::Minor;
use replank_engine::ports::{autoscaler, leader, marks};

use super::{EXCLUDE, GUARD_VALUE, HOLD, KEEP, MARKS, NODEGROUP, NODEGROUP_IMAGE};
use replank_world::object::{
    Budget, BudgetCondition, Keep, Node, NodeReady, OwnerRef, Phase, Pod, PodTemplate, Scheduled,
    UnhealthyPolicy, Volume,
};
use replank_world::store::Store;
use replank_world::vocab::taint::{Effect, Taint, UNSCHEDULABLE};

/// What all pods of a template have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gives {
    empty_dir: bool,
    tolerates: observed::Tolerates,
    /// Whether its annotations ask autoscalers to leave the node alone, whoever owns the pod.
    keeps_node: bool,
    /// Whether its annotations say that its pods lead.
    leads: bool,
    grace_seconds: u32,
}

impl Gives {
    /// What this template gives.
    pub(super) fn of(template: &PodTemplate) -> Self {
        let spec = &template.spec;
        let annotation = |key: &str| template.annotations.get(key).map(|value| &**value);
        Self {
            empty_dir: spec.volumes.contains(&Volume::EmptyDir),
            tolerates: tolerates(template),
            keeps_node: autoscaler::keeps_node(annotation, None),
            leads: leader::by_annotations(annotation),
            grace_seconds: u32::try_from(spec.grace_seconds).unwrap_or(0),
        }
    }
}

/// What the labels of a pod tell: the budgets that select it, and whether it leads a quorum.
#[derive(Clone, Debug)]
pub(super) struct Labelled {
    pub(super) budgets: Arc<[ObjectName]>,
    pub(super) leads: bool,
}

/// A pod, with what its template gives and its labels tell.
pub(super) fn pod(store: &Store, pod: &Pod, gives: Gives, labelled: Labelled) -> observed::Pod {
    let meta = &pod.meta;
    let readiness = if pod.ready.is {
        observed::Readiness::Ready
    } else {
        observed::Readiness::NotReady {
            since: pod.ready.since.into(),
            why: pod.waiting.clone().or_else(|| gated(pod)),
        }
    };
    let deleting = meta.deletion.map(|deletion| observed::Deleting {
        since: deletion.asked_at.into(),
        until: deletion.until.into(),
        finalizers: Arc::from(meta.finalizers.as_slice()),
    });
    observed::Pod {
        name: ObjectName::new(meta.namespace.clone(), meta.name.clone()),
        uid: Uid(meta.uid.0),
        created_at: meta.created_at.into(),
        node: pod
            .node
            .and_then(|node| store.nodes.get(node))
            .map(|node| NodeName::new(node.meta.name.clone())),
        owner: meta.owner.as_ref().map(owner),
        phase: phase(pod.phase),
        readiness,
        deleting,
        mirror: pod.mirror,
        empty_dir: gives.empty_dir,
        tolerates: gives.tolerates,
        keeps_node: keeps_node(pod, gives),
        leads: labelled.leads || leads(pod, gives),
        budgets: labelled.budgets,
        unschedulable: match &pod.scheduled {
            Scheduled::Unschedulable(message) => Some(message.clone()),
            Scheduled::Waiting | Scheduled::Bound => None,
        },
        grace_seconds: gives.grace_seconds,
    }
}

/// Whether a pod asks autoscalers to leave its node alone. Most pods have the annotations of their template, which ask
/// for nothing.
fn keeps_node(pod: &Pod, gives: Gives) -> bool {
    if !gives.keeps_node && Arc::ptr_eq(&pod.meta.annotations, &pod.template.annotations) {
        return false;
    }
    let owner = pod.meta.owner.as_ref().map(|owner| &*owner.name);
    autoscaler::keeps_node(|key| annotation(pod, key), owner)
}

/// Whether the annotations of a pod say that it leads a quorum.
fn leads(pod: &Pod, gives: Gives) -> bool {
    if Arc::ptr_eq(&pod.meta.annotations, &pod.template.annotations) {
        return gives.leads;
    }
    leader::by_annotations(|key| annotation(pod, key))
}

/// Why a pod that waits for its scheduling gates is not Ready.
fn gated(pod: &Pod) -> Option<Arc<str>> {
    if !pod.template.spec.gated || pod.node.is_some() {
        return None;
    }
    let gates = pod.template.raw["spec"]["schedulingGates"].as_array().into_iter().flatten();
    observed::gated(gates.filter_map(|gate| gate["name"].as_str()))
}

/// An annotation of a pod or else of its template.
fn annotation<'p>(pod: &'p Pod, key: &str) -> Option<&'p str> {
    let own = pod.meta.annotations.get(key);
    own.or_else(|| pod.template.annotations.get(key)).map(|value| &**value)
}

/// Which of the update's taints pods of a template tolerate: all, the cordon, or none.
fn tolerates(template: &PodTemplate) -> observed::Tolerates {
    let one = |key: &str, value: &str| {
        Taint::new(key, value, Effect::NoSchedule).tolerated_by(&template.spec.tolerations)
    };
    match (one("any", "value"), one(UNSCHEDULABLE, "")) {
        (true, _) => observed::Tolerates::Everything,
        (false, true) => observed::Tolerates::Cordon,
        (false, false) => observed::Tolerates::Nothing,
    }
}

fn owner(owner: &OwnerRef) -> observed::Owner {
    // Kinds of other groups with such names are kept with their group.
    let kind = observed::OwnerKind::named(owner.api_version(), &owner.kind);
    observed::Owner { kind, name: owner.name.clone() }
}

fn phase(phase: Phase) -> observed::PodPhase {
    match phase {
        Phase::Pending => observed::PodPhase::Pending,
        Phase::Running => observed::PodPhase::Running,
        Phase::Succeeded => observed::PodPhase::Succeeded,
        Phase::Failed => observed::PodPhase::Failed,
    }
}

/// A node, with whether it has the group's label.
pub(super) fn node(store: &Store, node: &Node, group: &str) -> observed::Node {
    let labels = store.labels.get(node.meta.labels);
    let label = |key: &str| labels.get(key);
    let noted = node.meta.annotations.get(MARKS).map_or("", |marks| &**marks);
    observed::Node {
        name: NodeName::new(node.meta.name.clone()),
        uid: Uid(node.meta.uid.0),
        instance: InstanceId::new(node.instance.clone()),
        ready_since: (node.ready == NodeReady::True).then(|| Timestamp::from(node.ready_since)),
        unreachable: node.ready == NodeReady::Unknown,
        image: label(NODEGROUP_IMAGE).map(|image| ImageId::new(image.clone())),
        kubelet: Minor::of_version(&node.kubelet),
        labelled: label(NODEGROUP).is_some_and(|name| **name == *group),
        cordoned: node.unschedulable,
        cordon_touch: touch(node),
        taints: node.taints.iter().filter(|taint| !is_guard(taint)).filter_map(seen_taint).collect(),
        guarded: node.taints.iter().any(is_guard),
        kept: node.meta.annotations.contains_key(KEEP),
        excluded: label(EXCLUDE).is_some_and(|value| &**value != "false"),
        ours: marks::ours(noted),
        hold: node
            .meta
            .annotations
            .get(HOLD)
            .map(|reason| observed::Hold::Person { reason: reason.to_string() }),
    }
}

/// Who changed `spec.unschedulable` last, and when.
fn touch(node: &Node) -> observed::Touch {
    let (by, at) = node.cordoned.clone().map_or((None, None), |(by, at)| (by, Some(at.into())));
    observed::Touch { by, at }
}

/// A taint that keeps pods off the node.
fn seen_taint(taint: &Taint) -> Option<observed::SeenTaint> {
    let at = taint.added_at.map(Timestamp::from);
    marks::taint(&taint.key, &taint.value, taint.effect.as_str(), observed::Touch { by: None, at })
}

/// Whether it is the taint that an update puts on old nodes.
pub(super) fn is_guard(taint: &Taint) -> bool {
    &*taint.key == NODEGROUP && &*taint.value == GUARD_VALUE && taint.effect == Effect::NoSchedule
}

/// A budget, by its status.
pub(super) fn budget(budget: &Budget, rules: &mut Rules) -> observed::Budget {
    let status = &budget.status;
    let count = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
    observed::Budget {
        name: ObjectName::new(budget.meta.namespace.clone(), budget.meta.name.clone()),
        rule: rules.of(budget.keep),
        allowed: count(status.allowed),
        healthy: count(status.healthy),
        desired: count(status.desired),
        expected: count(status.expected),
        synced: status.observed >= budget.meta.generation,
        sync_failed: match &status.condition {
            Some(BudgetCondition::SyncFailed(message)) => Some(message.clone()),
            Some(BudgetCondition::SufficientPods | BudgetCondition::InsufficientPods) | None => None,
        },
        unhealthy_policy: match budget.unhealthy {
            UnhealthyPolicy::IfHealthyBudget => observed::UnhealthyPolicy::IfHealthyBudget,
            UnhealthyPolicy::AlwaysAllow => observed::UnhealthyPolicy::AlwaysAllow,
        },
    }
}

/// The words of each rule that was met: budgets are told at every change of their status, their rules seldom differ.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<(Keep, Arc<str>)>);

/// How many rules are remembered; the others are worded anew each time.
const RULES_MAX: usize = 16;

impl Rules {
    /// A rule in the words of the manifest.
    fn of(&mut self, keep: Keep) -> Arc<str> {
        if let Some((_, words)) = self.0.iter().find(|(known, _)| *known == keep) {
            return words.clone();
        }
        let words: Arc<str> = match keep {
            Keep::MinAvailable(keep) => format!("minAvailable: {keep}").into(),
            Keep::MaxUnavailable(keep) => format!("maxUnavailable: {keep}").into(),
            Keep::Unset => "neither minAvailable nor maxUnavailable".into(),
        };
        if self.0.len() < RULES_MAX {
            self.0.push((keep, words.clone()));
        }
        words
    }
}
