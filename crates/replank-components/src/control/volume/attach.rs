//! Attaching and detaching (Kubernetes: `attachdetach`): a volume for one node is detached from a node before it
//! is attached to another.

use super::users;
use replank_world::event_log::Severity;
use replank_world::object::{ClaimPhase, VolumeStep};
use replank_world::queue::Work;
use replank_world::store::{ClaimId, NodeId, PodId, Ref, Verb};
use replank_world::time::Span;
use replank_world::world::World;

/// How long a volume is waited for that a dead or deleted node cannot report unmounted (Kubernetes:
/// `maxWaitForUnmountDuration`).
const FORCE: Span = Span::secs(360);
/// Key of the taint by which users declare a node to be shut down.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// Takes the next step with the volume of a claim: finish an operation, detach or attach.
pub(super) fn step(world: &mut World, id: ClaimId) {
    let Some(claim) = world.store.claims.get(id).filter(|claim| claim.one_node) else { return };
    if let Some((under_way, due)) = claim.under_way {
        if due > world.now {
            world.queue.at(due, Work::Claim(id));
        } else {
            finish(world, id, under_way);
        }
        return;
    }
    let users = users(world, id);
    match claim.attached {
        Some(node) if users.iter().any(|(_, at)| *at == node) => refuse(world, id, node, &users),
        Some(node) => detach(world, id, node),
        None => attach(world, id, &users),
    }
}

fn finish(world: &mut World, id: ClaimId, under_way: VolumeStep) {
    let Some(claim) = world.store.claims.get_mut(id) else { return };
    claim.under_way = None;
    match under_way {
        VolumeStep::Attaching(node) => claim.attached = Some(node),
        VolumeStep::Detaching => claim.attached = None,
        VolumeStep::Provisioning => {}
    }
    world.changed(Ref::Claim(id), Verb::Modified);
}

fn attach(world: &mut World, id: ClaimId, users: &[(PodId, NodeId)]) {
    let there = users.iter().find(|(_, node)| world.store.nodes.get(*node).is_some());
    let Some((pod, node)) = there.copied() else { return };
    if world.store.pods.get(pod).is_some_and(|pod| pod.started_at.is_some()) {
        // It ran before anybody looked.
        return finish(world, id, VolumeStep::Attaching(node));
    }
    let pause = delay(world, id, node, "attach");
    begin(world, id, VolumeStep::Attaching(node), pause);
}

fn detach(world: &mut World, id: ClaimId, node: NodeId) {
    let pause = match world.store.nodes.get(node) {
        Some(it) if it.alive || it.taints.iter().any(|taint| *taint.key == *OUT_OF_SERVICE) => {
            delay(world, id, node, "detach")
        }
        Some(_) | None => FORCE,
    };
    begin(world, id, VolumeStep::Detaching, pause);
}

fn begin(world: &mut World, id: ClaimId, step: VolumeStep, pause: Span) {
    let due = world.now + pause;
    if let Some(claim) = world.store.claims.get_mut(id) {
        claim.under_way = Some((step, due));
        world.queue.at(due, Work::Claim(id));
    }
}

fn delay(world: &World, id: ClaimId, node: NodeId, concern: &str) -> Span {
    let claim = world.store.claims.get(id).map(|claim| &claim.meta);
    let node = world.store.nodes.get(node).map(|node| &*node.meta.name).unwrap_or_default();
    let name = claim.map(|meta| [&*meta.namespace, "/", &*meta.name, "@", node].concat()).unwrap_or_default();
    world.timings.attach.draw(world.chance, concern, &name, 0)
}

/// Records a Multi-Attach error on pods that wait for a volume attached elsewhere.
fn refuse(world: &mut World, id: ClaimId, node: NodeId, users: &[(PodId, NodeId)]) {
    let Some(ClaimPhase::Bound { volume, .. }) = world.store.claims.get(id).map(|claim| &claim.phase) else {
        return;
    };
    let name = |pod: PodId| world.store.pods.get(pod).map(|pod| pod.meta.name.to_string());
    let here: Vec<String> =
        users.iter().filter(|(_, at)| *at == node).filter_map(|(pod, _)| name(*pod)).collect();
    let message = format!(
        "Multi-Attach error for volume \"{volume}\" Volume is already used by pod(s) {}",
        here.join(", ")
    );
    for (pod, _) in users.iter().filter(|(_, at)| *at != node) {
        let about = Ref::Pod(*pod);
        world.record(
            about,
            Severity::Warning,
            "attachdetach-controller",
            "FailedAttachVolume",
            message.as_str(),
        );
    }
}
