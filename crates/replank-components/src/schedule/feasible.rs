//! Whether a pod could run on a node like its own again, whatever other pods do: finds placement problems that
//! waiting does not solve.

use std::collections::BTreeMap;

use super::reason::{self, Reason};
use replank_world::object::{ClaimPhase, Node, Pod, Zonal};
use replank_world::store::{NodeId, PodId};
use replank_world::vocab::quantity::Resources;
use replank_world::vocab::taint::{Effect, UNSCHEDULABLE};
use replank_world::world::World;

/// Why none of the nodes `like` would take the pod even when empty, worded as the scheduler words it; `None` when
/// one would.
///
/// Considered are node selectors and affinity, the nodes' own taints, zones of volumes, and room beside DaemonSet
/// pods. Constraints between pods change during an update and are left out.
pub fn no_place(world: &World, id: PodId, like: &[NodeId]) -> Option<String> {
    let pod = world.store.pods.get(id)?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for at in like {
        let Some(node) = world.store.nodes.get(*at) else { continue };
        match obstacle(world, pod, *at, node) {
            None => return None,
            Some(reason) => *counts.entry(reason).or_default() += 1,
        }
    }
    let parts = reason::parts(counts.into_iter().map(|(reason, count)| (count, reason)));
    Some(format!("0/{} nodes are available: {parts}.", like.len()))
}

fn obstacle(world: &World, pod: &Pod, at: NodeId, node: &Node) -> Option<String> {
    let (spec, version) = (&pod.template.spec, world.known.version);
    let labels = world.store.labels.get(node.meta.labels);
    let passing = |key: &str| {
        key == UNSCHEDULABLE || key == replank_world::vocab::labels::NODEGROUP || key.contains("not-ready")
    };
    let lasting =
        node.taints.iter().filter(|taint| taint.effect != Effect::PreferNoSchedule && !passing(&taint.key));
    if let Some(taint) = lasting.into_iter().find(|taint| !taint.tolerated_by(&spec.tolerations)) {
        return Some(Reason::of_taint(taint, version).text(version));
    }
    let required =
        spec.node_required.as_ref().is_none_or(|terms| terms.iter().any(|term| term.matches(labels)));
    if !spec.node_selector.matches(labels) || !required {
        return Some("node(s) didn't match Pod's node affinity/selector".into());
    }
    let mut used = Resources::default();
    let here = world.store.index.pods_on(at).filter_map(|id| world.store.pods.get(id));
    here.filter(|other| other.pinned.is_some()).for_each(|other| used.add(&other.template.spec.requests, 1));
    let (wanted, all) = (&spec.requests, &node.allocatable);
    if wanted.cpu_milli > 0 && wanted.cpu_milli > all.cpu_milli - used.cpu_milli {
        return Some("Insufficient cpu".into());
    }
    if wanted.storage_bytes > 0 && wanted.storage_bytes > all.storage_bytes - used.storage_bytes {
        return Some("Insufficient ephemeral-storage".into());
    }
    if wanted.memory_bytes > 0 && wanted.memory_bytes > all.memory_bytes - used.memory_bytes {
        return Some("Insufficient memory".into());
    }
    let extended = wanted.extended.iter();
    let of = |map: &BTreeMap<_, i64>, name| map.get(name).copied().unwrap_or(0);
    let lacks = |name, count| count > 0 && count > of(&all.extended, name) - of(&used.extended, name);
    if let Some((name, _)) = extended.into_iter().find(|(name, count)| lacks(*name, **count)) {
        return Some(format!("Insufficient {name}"));
    }
    let claims = pod.claims.iter().filter_map(|id| world.store.claims.get(*id));
    claims.into_iter().find_map(|claim| match &claim.phase {
        ClaimPhase::Bound { zonal, .. } if !zonal.takes(node, labels) || is_of_this(zonal, pod, at) => {
            Some(Reason::VolumeElsewhere.text(version))
        }
        ClaimPhase::Bound { .. } | ClaimPhase::Pending | ClaimPhase::Lost => None,
    })
}

/// Whether a volume is local to the pod's present node, so that no other node has it.
fn is_of_this(zonal: &Zonal, pod: &Pod, at: NodeId) -> bool {
    match zonal {
        Zonal::Nodes(terms) if pod.node == Some(at) => {
            terms.iter().flat_map(|term| &term.requirements).any(|it| &*it.key == "kubernetes.io/hostname")
        }
        Zonal::Nodes(_) | Zonal::Anywhere | Zonal::Zone(_) => false,
    }
}
