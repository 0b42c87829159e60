//! Which pods must move before a node is removed, and which prevent its removal (Cluster Autoscaler 1.34.5:
//! `simulator/drainability/rules`, in their order).

use std::collections::BTreeMap;

use super::AutoscalerSettings;
use crate::kubernetes::components;
use replank_world::object::{Pod, Volume};
use replank_world::store::{BudgetId, NodeId, PodId};
use replank_world::time::Span;
use replank_world::world::World;

/// Annotation by which a pod may always, or never, be evicted.
const SAFE: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";
/// Annotation that lists local volumes whose loss is accepted.
const SAFE_VOLUMES: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes";
/// Annotation that makes a pod count as a DaemonSet pod.
const DAEMON: &str = "cluster-autoscaler.kubernetes.io/daemonset-pod";
/// Pods with a lower priority are ignored (flag `--expendable-pods-priority-cutoff`).
const EXPENDABLE_BELOW: i32 = -10;
/// A pod that terminates for this much longer than its grace period counts as gone
/// (`PodLongTerminatingExtraThreshold`).
const OVERDUE: Span = Span::secs(30);
/// A `kube-system` pod without a budget prevents the removal of its node for this long (flag
/// `--blocking-system-pod-distruption-timeout`).
const SYSTEM_STAYS: Span = Span::secs(3_600);
/// Controllers that create a deleted pod again elsewhere.
const REPLICATES: [&str; 4] = ["ReplicationController", "Job", "ReplicaSet", "StatefulSet"];

/// Planned disruptions of each budget.
pub(super) type Spent = BTreeMap<BudgetId, i64>;

/// What a pod means for the removal of its node.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Say {
    /// It ends with its node.
    Nothing,
    /// It has to be evicted first.
    Leaves,
    /// It prevents the removal, for this reason.
    Keeps(String),
}

/// The pods to evict before a node is removed; the error is the reason of a pod that prevents it.
pub(super) fn to_move(world: &mut World, node: NodeId, spent: &Spent) -> Result<Vec<PodId>, String> {
    let mut leave = Vec::new();
    for id in seen(world, node) {
        match say(world, id, spent) {
            Say::Nothing => {}
            Say::Leaves => leave.push(id),
            Say::Keeps(why) => return Err(why),
        }
    }
    Ok(leave)
}

/// The pods of a node that count: not finished, and not below the priority cutoff.
pub(super) fn seen(world: &World, node: NodeId) -> Vec<PodId> {
    let is_seen = |id: &PodId| {
        let pod = world.store.pods.get(*id);
        pod.is_some_and(|pod| !pod.finished() && pod.template.spec.priority >= EXPENDABLE_BELOW)
    };
    world.store.index.pods_on(node).filter(is_seen).collect()
}

/// Whether a pod is a DaemonSet pod, by owner or by annotation.
pub(super) fn is_daemon(pod: &Pod) -> bool {
    let owned = pod.meta.owner.as_ref().is_some_and(|owner| &*owner.kind == "DaemonSet");
    owned || annotation(pod, DAEMON) == Some("true")
}

/// An annotation of a pod or else of its template.
pub(super) fn annotation<'p>(pod: &'p Pod, key: &str) -> Option<&'p str> {
    let own = pod.meta.annotations.get(key);
    own.or_else(|| pod.template.annotations.get(key)).map(|value| &**value)
}

/// Whether a pod terminates for far longer than its grace period.
pub(super) fn is_overdue(world: &World, pod: &Pod) -> bool {
    let grace = Span::secs(pod.template.spec.grace_seconds);
    pod.meta.deletion.is_some_and(|deletion| deletion.until + grace + OVERDUE < world.now)
}

/// Adds the eviction of these pods to the planned disruptions of their budgets.
pub(super) fn spend(world: &mut World, pods: &[PodId], spent: &mut Spent) {
    for id in pods {
        for budget in budgets(world, *id) {
            *spent.entry(budget).or_default() += 1;
        }
    }
}

/// Evaluates the rules for one pod: the first that applies decides.
fn say(world: &mut World, id: PodId, spent: &Spent) -> Say {
    let budgets = budgets(world, id);
    let Some(pod) = world.store.pods.get(id) else { return Say::Nothing };
    let settings = &components(&world.state).autoscaler.settings;
    if pod.mirror || is_overdue(world, pod) {
        return Say::Nothing;
    }
    if let Some(why) = orphaned(world, pod) {
        return Say::Keeps(why);
    }
    if is_daemon(pod) {
        return Say::Nothing;
    }
    let safe = annotation(pod, SAFE);
    if safe == Some("true") {
        // Not even its budgets are asked: the drain finds them.
        return Say::Leaves;
    }
    let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
    let replicated = pod.meta.owner.as_ref().is_some_and(|owner| REPLICATES.contains(&&*owner.kind));
    if !replicated {
        return Say::Keeps(format!("{namespace}/{name} is not replicated"));
    }
    if settings.skips.system_pods && &**namespace == "kube-system" && budgets.is_empty() {
        if world.now - pod.meta.created_at > SYSTEM_STAYS {
            return Say::Leaves;
        }
        let why = "non-daemonset, non-mirrored, non-pdb-assigned kube-system pod present";
        return Say::Keeps(format!("{why}: {name}"));
    }
    if safe == Some("false") {
        return Say::Keeps(format!("pod annotated as not safe to evict present: {name}"));
    }
    if keeps_files(pod, *settings) {
        return Say::Keeps(format!("pod with local storage present: {name}"));
    }
    let exhausted = |budget: &BudgetId| {
        let allowed = world.store.budgets.get(*budget).map_or(0, |budget| budget.status.allowed);
        allowed - spent.get(budget).copied().unwrap_or(0) < 1
    };
    if budgets.iter().any(exhausted) {
        return Say::Keeps(format!("not enough pod disruption budget to move {namespace}/{name}"));
    }
    Say::Leaves
}

fn budgets(world: &mut World, id: PodId) -> Vec<BudgetId> {
    let Some(pod) = world.store.pods.get(id) else { return Vec::new() };
    let (namespace, labels) = (pod.meta.namespace.clone(), pod.meta.labels);
    world.users(&namespace, labels).budgets.clone()
}

/// The reason of a pod whose controller no longer exists: it prevents the removal.
fn orphaned(world: &World, pod: &Pod) -> Option<String> {
    let owner = pod.meta.owner.as_ref()?;
    let known = REPLICATES.contains(&&*owner.kind) || &*owner.kind == "DaemonSet";
    let is_there = owner.at.and_then(|at| world.store.meta(at)).is_some();
    let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
    let why = || format!("{} for {namespace}/{name} is not available", owner.kind.to_lowercase());
    (known && !is_there).then(why)
}

/// Whether a pod has local storage that its removal would lose.
fn keeps_files(pod: &Pod, settings: AutoscalerSettings) -> bool {
    if !settings.skips.local_storage {
        return false;
    }
    let Some(volumes) = pod.template.raw["spec"]["volumes"].as_array() else {
        let local = |volume: &Volume| matches!(volume, Volume::EmptyDir | Volume::HostPath);
        return pod.template.spec.volumes.iter().any(local);
    };
    let lost: Vec<&str> =
        annotation(pod, SAFE_VOLUMES).map_or(Vec::new(), |names| names.split(',').collect());
    volumes.iter().any(|volume| {
        let on_disk = volume["emptyDir"].is_object() && volume["emptyDir"]["medium"] != "Memory";
        let may_go = volume["name"].as_str().is_some_and(|name| lost.contains(&name));
        (on_disk || volume["hostPath"].is_object()) && !may_go
    })
}
