//! Stopping pods: `preStop` hook, SIGTERM, SIGKILL, the last status, and the removal of the object.

use super::rules::{self, PodQuirk, QuirkPoint};
use super::{Step, alive, draw_name};
use crate::kubernetes::{components, components_mut};
use replank_world::object::{Phase, Ready, RestartPolicy};
use replank_world::queue::Work;
use replank_world::store::{NodeId, PodId, Ref};
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// Extra time, once, for a `preStop` hook that overruns the grace period (Kubernetes: kubelet, 2 s).
const HOOK_OVERRUN: Span = Span::secs(2);

/// Begins to stop a bound pod that is being deleted, or brings its end forward after its grace was shortened.
pub(super) fn begin(world: &mut World, id: PodId, node: NodeId) {
    if !alive(world, node) {
        return;
    }
    let Some(pod) = world.store.pods.get(id) else { return };
    let Some(until) = pod.meta.deletion.map(|deletion| deletion.until) else { return };
    let (end, killed) = match components(&world.state).kubelets.steps.get(&id) {
        Some(Step::Stuck) => return,
        Some(Step::Stopping { until: known, end, killed }) => {
            if until >= *known {
                return;
            }
            (until.max(world.now).min(*end), *killed || until < *end)
        }
        _ if pod.mirror || !pod_runs(world, id) => (world.now + world.timings.control, true),
        _ => {
            let quirks = rules::of_pod(world, id, QuirkPoint::Stop);
            if quirks.contains(&PodQuirk::NeverStops) {
                components_mut(&mut world.state).kubelets.steps.insert(id, Step::Stuck);
                world.queue.cancel(Work::Kubelet(id));
                return;
            }
            stops_at(world, id, until, &quirks)
        }
    };
    components_mut(&mut world.state).kubelets.steps.insert(id, Step::Stopping { until, end, killed });
    world.queue.set(end, Work::Kubelet(id));
    say_killing(world, id);
}

/// Records `Killing` for each container, as a routine Event.
fn say_killing(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id).filter(|_| world.events.routine) else { return };
    let containers = pod.template.raw["spec"]["containers"].as_array().into_iter().flatten();
    let names: Vec<String> = containers.filter_map(|one| Some(one["name"].as_str()?.to_owned())).collect();
    for name in names {
        world.record_routine(Ref::Pod(id), "kubelet", "Killing", |_| format!("Stopping container {name}"));
    }
}

fn pod_runs(world: &World, id: PodId) -> bool {
    world.store.pods.get(id).is_some_and(|pod| pod.phase == Phase::Running)
}

/// When the containers of a pod will have stopped, and whether SIGKILL ends them.
fn stops_at(world: &World, id: PodId, until: Time, quirks: &[PodQuirk]) -> (Time, bool) {
    let hook = world.store.pods.get(id).map_or(Span::ZERO, |pod| pod.template.spec.pre_stop);
    let now = world.now;
    if now + hook >= until && hook > Span::ZERO {
        return (until.max(now) + HOOK_OVERRUN, true);
    }
    if quirks.contains(&PodQuirk::IgnoresTerm) {
        return (until.max(now), true);
    }
    let own = quirks.iter().find_map(|quirk| match quirk {
        PodQuirk::Stop(delay) => Some(*delay),
        _ => None,
    });
    let stop = own.unwrap_or(world.timings.stop).draw(world.chance, "stop", &draw_name(world, id), 0);
    let end = now + hook + stop;
    if end > until { (until.max(now), true) } else { (end, false) }
}

/// Finishes a stopped pod: writes its last status and removes the object.
pub(super) fn step(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id) else { return };
    let Some(node) = pod.node else { return };
    match components(&world.state).kubelets.steps.get(&id) {
        Some(Step::Stopping { killed, .. }) => {
            let killed = *killed;
            components_mut(&mut world.state).kubelets.steps.remove(&id);
            if !pod.mirror {
                last_status(world, id, killed);
            }
            crate::apiserver::delete_pod_now(world, id);
        }
        Some(Step::Stuck) => {}
        _ => begin(world, id, node),
    }
}

/// Sets the final phase of a stopped pod before the object is removed (Kubernetes since 1.27).
fn last_status(world: &mut World, id: PodId, killed: bool) {
    let now = world.now;
    world.edit_pod(id, |pod| {
        // Services end in order when asked to; work that is cut short has failed.
        let cut = pod.template.spec.restart != RestartPolicy::Always;
        pod.phase = if killed || cut { Phase::Failed } else { Phase::Succeeded };
        pod.finished_at = Some(now);
        pod.waiting = None;
        pod.gates_closed = false;
        pod.ready = Ready { is: false, since: if pod.ready.is { now } else { pod.ready.since } };
    });
}

/// A mirror pod was deleted: its kubelet is asked to create it again.
pub(super) fn mirror_gone(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id).cloned() else { return };
    let Some(node) = pod.node.filter(|node| world.store.nodes.get(*node).is_some_and(|node| node.alive))
    else {
        return;
    };
    components_mut(&mut world.state).kubelets.home(node).mirrors.push(pod);
    world.soon(Work::Mirrors(node));
}

/// Creates the missing mirror pods of a node's static pods.
pub(crate) fn make_mirrors(world: &mut World, node: NodeId) {
    let mirrors = std::mem::take(&mut components_mut(&mut world.state).kubelets.home(node).mirrors);
    for mut pod in mirrors {
        let taken = world.store.pods.find(&pod.meta.namespace, &pod.meta.name).is_some();
        if taken || world.store.nodes.get(node).is_none() {
            continue;
        }
        pod.meta.uid = world.new_uid();
        pod.meta.created_at = world.now;
        pod.meta.deletion = None;
        pod.counted = false;
        pod.disruption = None;
        world.add_pod(pod);
    }
}
