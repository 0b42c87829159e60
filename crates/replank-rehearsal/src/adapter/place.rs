//! Where the pods of a node would go without it: the scheduler's own answer, from the world as it is or from a
//! copy in which the node leaves.

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_components::autoscaler;
use replank_core::names::{ObjectName, Zone};
use replank_core::observed::Placement;

use replank_components::schedule;
use replank_world::act::Act;
use replank_world::api::{self, NodePatch, PodDeletion};
use replank_world::fault::Faults;
use replank_world::object::{ClaimPhase, Node, NodeReady, Pod, Scheduled, Zonal};
use replank_world::rng::{Chance, mix};
use replank_world::store::{NodeId, PodId};
use replank_world::time::Span;
use replank_world::world::World;

/// How long the copy runs: long enough for controllers to create pods again, a Job after its back-off, and for
/// the node to go.
const TRIAL: Span = Span::secs(300);

/// What would become of the pods of a node, and of the volumes in its zone, without the node.
pub fn placement(world: &mut World, node: &str) -> Placement {
    let Some(leaving) = world.store.nodes.find("", node) else { return Placement::Found };
    if let Some(stranded) = stranded(world, leaving) {
        return stranded;
    }
    let moved = moved(world, leaving);
    if moved.is_empty() || schedule::surely_found(world, leaving, &moved) {
        return Placement::Found;
    }
    leaves(world, leaving, &moved)
}

/// The claims whose volumes are bound to the node's zone, if no other node of the cluster takes pods there.
fn stranded(world: &World, leaving: NodeId) -> Option<Placement> {
    let node = world.store.nodes.get(leaving)?;
    let serves = |other: &Node| other.ready == NodeReady::True && !other.unschedulable;
    let others = || world.store.nodes.iter().filter(|(id, other)| *id != leaving && serves(other));
    if !serves(node) || others().any(|(_, other)| other.zone == node.zone) {
        return None;
    }
    let takes = |zonal: &Zonal, node: &Node| zonal.takes(node, world.store.labels.get(node.meta.labels));
    // A volume may be of several zones: what of them another node serves is not lost.
    let only_here = |zonal: &Zonal| takes(zonal, node) && !others().any(|(_, other)| takes(zonal, other));
    let here = |phase: &ClaimPhase| match phase {
        ClaimPhase::Bound { zonal, .. } => zonal.is_of_a_zone() && only_here(zonal),
        ClaimPhase::Pending | ClaimPhase::Lost => false,
    };
    let mut claims =
        world.store.claims.iter().filter(|(_, claim)| here(&claim.phase)).map(|(_, claim)| &claim.meta);
    let first = claims.next()?;
    let claim = ObjectName::new(first.namespace.clone(), first.name.clone());
    let more_claims = claims.count() as u32;
    Some(Placement::Stranded { zone: Zone::new(node.zone.clone()), claim, more_claims })
}

/// The pods that a drain of the node moves, in the order in which the scheduler would take them.
fn moved(world: &World, node: NodeId) -> Vec<PodId> {
    let stays = |pod: &Pod| {
        let owner = pod.meta.owner.as_ref().map(|owner| &*owner.kind);
        pod.mirror || pod.finished() || pod.terminating() || matches!(owner, Some("DaemonSet" | "Node"))
    };
    let pods = world.store.index.pods_on(node).filter_map(|id| Some((id, world.store.pods.get(id)?)));
    let mut moved: Vec<_> = pods
        .filter(|(_, pod)| !stays(pod) && pod.meta.owner.is_some())
        .map(|(id, pod)| (-i64::from(pod.template.spec.priority), id))
        .collect();
    moved.sort();
    moved.into_iter().map(|(_, id)| id).collect()
}

/// Runs two undisturbed copies of the world, one without the node, and compares which pods are unschedulable.
fn leaves(world: &World, leaving: NodeId, moved: &[PodId]) -> Placement {
    let mut stays = quiet_copy(world);
    stays.advance_to(stays.now + TRIAL);
    let mut without = quiet_copy(world);
    leave(&mut without, leaving, moved);
    without.advance_to(without.now + TRIAL);
    let before = unplaced(&stays);
    let lacking = unplaced(&without).into_iter().flat_map(|(owner, pods)| {
        let already = before.get(&owner).map_or(0, Vec::len);
        pods.into_iter().skip(already).collect::<Vec<_>>()
    });
    let lacking: Vec<(ObjectName, Arc<str>)> = lacking.collect();
    let more_pods = lacking.len().saturating_sub(1) as u32;
    match lacking.into_iter().next() {
        None => Placement::Found,
        Some((pod, message)) => Placement::Lacking { pod, more_pods, message },
    }
}

fn quiet_copy(world: &World) -> World {
    let mut copy = world.clone();
    copy.log = None;
    copy.follower = None;
    copy.events.routine = false;
    copy.faults = Faults::none(Chance(mix(copy.chance.0)));
    autoscaler::switch(&mut copy, false);
    copy
}

/// Unschedulable pods with the scheduler's message, by owner.
fn unplaced(world: &World) -> BTreeMap<ObjectName, Vec<(ObjectName, Arc<str>)>> {
    let mut unplaced: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (_, pod) in world.store.pods.iter() {
        let Scheduled::Unschedulable(message) = &pod.scheduled else { continue };
        if pod.node.is_some() || pod.terminating() {
            continue;
        }
        let meta = &pod.meta;
        let named = |name: &Arc<str>| ObjectName::new(meta.namespace.clone(), name.clone());
        let owner = meta.owner.as_ref().map_or(&meta.name, |owner| &owner.name);
        unplaced.entry(named(owner)).or_default().push((named(&meta.name), message.clone()));
    }
    unplaced
}

/// Lets the node leave in a copy. Refusals on the way, such as by a webhook, do not change where pods would go.
fn leave(world: &mut World, leaving: NodeId, moved: &[PodId]) {
    let Some(node) = world.store.nodes.get(leaving) else { return };
    let (name, instance) = (node.meta.name.clone(), node.instance.clone());
    let patch = NodePatch { unschedulable: Some(true), ..NodePatch::default() };
    let _ = world.act(Act::Cluster(api::Act::PatchNode { name: name.clone(), uid: None, patch }));
    for id in moved {
        let Some(pod) = world.store.pods.get(*id) else { continue };
        let (namespace, name) = (pod.meta.namespace.clone(), pod.meta.name.clone());
        let options = PodDeletion { grace_seconds: Some(0), ..PodDeletion::default() };
        let _ = world.act(Act::Cluster(api::Act::DeletePod { namespace, name, options }));
    }
    let _ = world.act(Act::Terminate { instance, shrink: true });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Definition, Session};
    use replank_formats::manifest::Source;
    use replank_formats::worldfile;

    /// A cluster with one node in each of three zones, and a claim whose volume can be used in the first of `zones`.
    fn stranded_in(zones: &[&str]) -> bool {
        let text = "clusters:\n- addons: []\n  nodeGroups:\n  - name: default\n    \
                    size: {min: 1, desired: 3, max: 9}\n";
        let spec = worldfile::read("world", text.as_bytes()).unwrap();
        let text = format!(
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: disk}}\nspec:\n  \
             accessModes: [ReadWriteOnce]\n  capacity: {{storage: 5Gi}}\n  storageClassName: manual\n  \
             csi: {{driver: ebs.csi.aws.com, volumeHandle: vol-1}}\n  nodeAffinity: {{required: {{nodeSelectorTerms: \
             [{{matchExpressions: [{{key: topology.kubernetes.io/zone, operator: In, values: {zones:?}}}]}}]}}}}\n\
             ---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data, namespace: default}}\nspec:\n  \
             accessModes: [ReadWriteOnce]\n  storageClassName: manual\n  volumeName: disk\n  \
             resources: {{requests: {{storage: 5Gi}}}}\n"
        );
        let manifests = vec![Source { name: "disk.yaml".into(), text: text.into_bytes(), namespace: None }];
        let definition = Definition { spec, world_file: None, manifests, replaces_workloads: false };
        let session = Session::new(definition).unwrap();
        let mut world = session.world.lock();
        let until = world.now + Span::secs(60);
        world.advance_to(until);
        let in_first = world.store.nodes.iter().find(|(_, node)| &*node.zone == zones[0]);
        let node = in_first.map(|(_, node)| node.meta.name.clone()).unwrap();
        matches!(placement(&mut world, &node), Placement::Stranded { .. })
    }

    #[test]
    fn a_volume_is_stranded_when_no_zone_of_its_own_is_served() {
        assert!(stranded_in(&["us-west-2a"]));
        assert!(!stranded_in(&["us-west-2a", "us-west-2b"]), "regional disks are in two zones");
    }
}
