//! Which pods must leave a node before it is removed, and which keep it (Cluster Autoscaler 1.34.5:
//! `simulator/drainability/rules`, in their order).

use std::collections::BTreeMap;

use super::AutoscalerSettings;
use crate::object::{Pod, Volume};
use crate::store::{BudgetId, NodeId, PodId};
use crate::time::Span;
use crate::world::World;

/// Lets a pod go whatever else speaks against it, or keeps its node.
const SAFE: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";
/// Names volumes on the node that may be lost.
const SAFE_VOLUMES: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes";
/// Makes a pod count as one of a `DaemonSet`.
const DAEMON: &str = "cluster-autoscaler.kubernetes.io/daemonset-pod";
/// Pods of less priority are nobody's loss (flag `--expendable-pods-priority-cutoff`).
const EXPENDABLE_BELOW: i32 = -10;
/// A pod that terminates for so much longer than its grace is taken to be gone (`PodLongTerminatingExtraThreshold`).
const OVERDUE: Span = Span::secs(30);
/// A pod of the system without a budget keeps its node for so long (flag
/// `--blocking-system-pod-distruption-timeout`).
const SYSTEM_STAYS: Span = Span::secs(3_600);
/// Kinds that bring a pod back elsewhere.
const REPLICATES: [&str; 4] = ["ReplicationController", "Job", "ReplicaSet", "StatefulSet"];

/// How many disruptions of each budget are planned already.
pub(super) type Spent = BTreeMap<BudgetId, i64>;

/// What a pod means for the removal of its node.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Say {
    /// Nothing: it ends with its node.
    Nothing,
    /// It has to leave first.
    Leaves,
    /// It keeps the node, for this reason.
    Keeps(String),
}

/// The pods that have to leave a node first, or why one of them keeps it.
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

/// The pods of a node that it sees at all: none that ended, none that nobody would miss.
pub(super) fn seen(world: &World, node: NodeId) -> Vec<PodId> {
    let is_seen = |id: &PodId| {
        let pod = world.store.pods.get(*id);
        pod.is_some_and(|pod| !pod.finished() && pod.template.spec.priority >= EXPENDABLE_BELOW)
    };
    world.store.index.pods_on(node).filter(is_seen).collect()
}

/// Whether a pod belongs to its node, as those of a `DaemonSet` do.
pub(super) fn is_daemon(pod: &Pod) -> bool {
    let owned = pod.meta.owner.as_ref().is_some_and(|owner| &*owner.kind == "DaemonSet");
    owned || annotation(pod, DAEMON) == Some("true")
}

/// An annotation of a pod.
pub(super) fn annotation<'p>(pod: &'p Pod, key: &str) -> Option<&'p str> {
    let own = pod.meta.annotations.get(key);
    own.or_else(|| pod.template.annotations.get(key)).map(|value| &**value)
}

/// Whether a pod should have been gone for a while.
pub(super) fn is_overdue(world: &World, pod: &Pod) -> bool {
    let grace = Span::secs(pod.template.spec.grace_seconds);
    pod.meta.deletion.is_some_and(|deletion| deletion.until + grace + OVERDUE < world.now)
}

/// The pod takes up what the budgets over it allow.
pub(super) fn spend(world: &mut World, pods: &[PodId], spent: &mut Spent) {
    for id in pods {
        for budget in budgets(world, *id) {
            *spent.entry(budget).or_default() += 1;
        }
    }
}

/// The first rule with an opinion decides.
fn say(world: &mut World, id: PodId, spent: &Spent) -> Say {
    let budgets = budgets(world, id);
    let Some(pod) = world.store.pods.get(id) else { return Say::Nothing };
    let settings = &world.autoscaler.settings;
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

/// A pod whose controller is gone keeps its node, whatever else may be.
fn orphaned(world: &World, pod: &Pod) -> Option<String> {
    let owner = pod.meta.owner.as_ref()?;
    let known = REPLICATES.contains(&&*owner.kind) || &*owner.kind == "DaemonSet";
    let is_there = owner.at.and_then(|at| world.store.meta(at)).is_some();
    let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
    let why = || format!("{} for {namespace}/{name} is not available", owner.kind.to_lowercase());
    (known && !is_there).then(why)
}

/// Whether files of a pod would be lost with its node.
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
