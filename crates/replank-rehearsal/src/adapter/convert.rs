//! Converts objects of the world to the core's terms.

use std::sync::Arc;

use jiff::Timestamp;
use replank_core::names::{ImageId, InstanceId, NodeName, ObjectName, Uid};
use replank_core::observed;
use replank_engine::ports::{autoscaler, marks};

use super::{EXCLUDE, GUARD_VALUE, HOLD, KEEP, MARKS, NODEGROUP, NODEGROUP_IMAGE};
use replank_world::object::{
    Budget, BudgetCondition, Keep, Node, NodeReady, OwnerRef, Phase, Pod, Scheduled, UnhealthyPolicy, Volume,
};
use replank_world::store::Store;
use replank_world::vocab::taint::{Effect, Taint, UNSCHEDULABLE};

/// A pod, with the budgets that select it.
pub(super) fn pod(store: &Store, pod: &Pod, budgets: Arc<[ObjectName]>) -> observed::Pod {
    let meta = &pod.meta;
    let spec = &pod.template.spec;
    let readiness = if pod.ready.is {
        observed::Readiness::Ready
    } else {
        observed::Readiness::NotReady { since: pod.ready.since.into(), why: pod.waiting.clone() }
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
        empty_dir: spec.volumes.contains(&Volume::EmptyDir),
        tolerates: tolerates(pod),
        keeps_node: autoscaler::keeps_node(
            |key| annotation(pod, key),
            meta.owner.as_ref().map(|it| &*it.name),
        ),
        budgets,
        unschedulable: match &pod.scheduled {
            Scheduled::Unschedulable(message) => Some(message.clone()),
            Scheduled::Waiting | Scheduled::Bound => None,
        },
        grace_seconds: u32::try_from(spec.grace_seconds).unwrap_or(0),
    }
}

/// An annotation of a pod or else of its template.
fn annotation<'p>(pod: &'p Pod, key: &str) -> Option<&'p str> {
    let own = pod.meta.annotations.get(key);
    own.or_else(|| pod.template.annotations.get(key)).map(|value| &**value)
}

/// Which of the update's taints a pod tolerates: all, the cordon, or none.
fn tolerates(pod: &Pod) -> observed::Tolerates {
    let one = |key: &str, value: &str| {
        Taint::new(key, value, Effect::NoSchedule).tolerated_by(&pod.template.spec.tolerations)
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
pub(super) fn budget(budget: &Budget) -> observed::Budget {
    let status = &budget.status;
    let count = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
    let rule = match budget.keep {
        Keep::MinAvailable(keep) => format!("minAvailable: {keep}"),
        Keep::MaxUnavailable(keep) => format!("maxUnavailable: {keep}"),
        Keep::Unset => "neither minAvailable nor maxUnavailable".into(),
    };
    observed::Budget {
        name: ObjectName::new(budget.meta.namespace.clone(), budget.meta.name.clone()),
        rule: Arc::from(rule),
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
