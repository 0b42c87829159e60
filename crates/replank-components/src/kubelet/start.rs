//! Starting pods: volumes, images, containers, readiness; and the run time of pods that finish by themselves.

use std::sync::Arc;

use super::gates;
use super::rules::{self, PodQuirk, QuirkPoint};
use super::{Life, Step, draw_name};
use crate::control::volume;
use crate::kubernetes::{components, components_mut};
use replank_formats::manifest::annotations::{self, HOOK, RUNS};
use replank_world::event_log::Severity;
use replank_world::object::{Phase, Ready, RestartPolicy};
use replank_world::queue::Work;
use replank_world::rng::Delay;
use replank_world::store::{NodeId, PodId, Ref};
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// First back-off after a failed pull or a crash; it doubles with every failure (Kubernetes: kubelet).
const BACK_OFF: Span = Span::secs(10);
/// The longest back-off (Kubernetes: kubelet, 5 min).
const BACK_OFF_MAX: Span = Span::secs(300);

/// A pod was created: a rule may add a finalizer.
pub(super) fn created(world: &mut World, id: PodId) {
    for quirk in rules::of_pod(world, id, QuirkPoint::Created) {
        if let (PodQuirk::Held(finalizer), Some(pod)) = (quirk, world.store.pods.get_mut(id))
            && !pod.meta.finalizers.contains(&finalizer)
        {
            pod.meta.finalizers.push(finalizer);
        }
    }
}

/// Initialises a pod that ran when the world began; a Job's pod has done a random part of its work.
pub(super) fn settled(world: &mut World, id: PodId) {
    if let Some(work) = work_of(world, id) {
        components_mut(&mut world.state).kubelets.steps.insert(id, Step::Working);
        // It began before the world did: a part of its work is done.
        let share = world.chance.share("work done", &draw_name(world, id), 0);
        world.after(Span((work.0 as f64 * share) as i64), Work::Kubelet(id));
    }
}

/// Starts a pod that was bound to this node, once its volumes are attached.
pub(super) fn begin(world: &mut World, id: PodId, node: NodeId) {
    let Some(pod) = world.store.pods.get(id) else { return };
    if !pod.claims.is_empty() && !volumes_ready(world, id) {
        components_mut(&mut world.state).kubelets.steps.insert(id, Step::Volumes);
        return;
    }
    let name = draw_name(world, id);
    let quirks = rules::of_pod(world, id, QuirkPoint::Start);
    let pull =
        quirks.iter().find_map(|quirk| if let PodQuirk::Pull(delay) = quirk { Some(*delay) } else { None });
    let start =
        quirks.iter().find_map(|quirk| if let PodQuirk::Start(delay) = quirk { Some(*delay) } else { None });
    let pull = pull.unwrap_or(world.timings.pull);
    if quirks.contains(&PodQuirk::PullFails) {
        components_mut(&mut world.state).kubelets.steps.insert(id, Step::PullFails(0));
        let wait = pull.draw(world.chance, "pull", &name, 0);
        world.after(wait, Work::Kubelet(id));
        return;
    }
    let life = quirks.iter().find_map(|quirk| match quirk {
        PodQuirk::NeverReady => Some(Life::NeverReady),
        PodQuirk::Crashes(delay) => Some(Life::Crashes(*delay)),
        PodQuirk::Ready(delay) => Some(Life::Ready(Some(*delay))),
        _ => None,
    });
    let images = images_there(world, id, node, pull);
    let wait = start.unwrap_or(world.timings.start).draw(world.chance, "start", &name, 0);
    components_mut(&mut world.state)
        .kubelets
        .steps
        .insert(id, Step::Starting(life.unwrap_or(Life::Ready(None))));
    world.queue.set(images + wait, Work::Kubelet(id));
}

/// When all images of a pod are on its node. The first pod that needs an image has it pulled; pulls run in
/// parallel (EKS: `serializeImagePulls` is off).
fn images_there(world: &mut World, id: PodId, node: NodeId, pull: Delay) -> Time {
    let Some(template) = world.store.pods.get(id).map(|pod| pod.template.clone()) else { return world.now };
    let name = world.store.nodes.get(node).map_or(Arc::from(""), |node| node.meta.name.clone());
    let (now, chance) = (world.now, world.chance);
    let mut there = now;
    for image in &template.spec.images {
        let kubelets = &mut components_mut(&mut world.state).kubelets;
        let count = kubelets.images.len() as u32;
        let number = match kubelets.images.get(image) {
            Some(number) => *number,
            None => *kubelets.images.entry(image.clone()).or_insert(count),
        };
        let pulled = kubelets.homes.entry(node).or_default().images.entry(number);
        let at =
            *pulled.or_insert_with(|| now + pull.draw(chance, "pull", &[&**image, "@", &*name].concat(), 0));
        there = there.max(at);
    }
    there
}

fn volumes_ready(world: &World, id: PodId) -> bool {
    let Some(pod) = world.store.pods.get(id) else { return false };
    let Some(node) = pod.node else { return false };
    pod.claims.iter().all(|claim| volume::ready_on(world, *claim, node))
}

/// Runs the next step of a pod that is starting or running.
pub(super) fn step(world: &mut World, id: PodId, node: NodeId) {
    let Some(step) = components(&world.state).kubelets.steps.get(&id).cloned() else { return };
    match step {
        Step::Volumes => begin(world, id, node),
        Step::PullFails(tries) => pull_failed(world, id, node, tries),
        Step::Starting(life) | Step::Crashed(life) => started(world, id, life),
        Step::Running(life) => ran(world, id, life),
        Step::Working => finish(world, id, Phase::Succeeded),
        Step::Stopping { .. } | Step::Stuck => {}
    }
}

/// Records a failed pull and schedules the next attempt, unless the rule never ends.
fn pull_failed(world: &mut World, id: PodId, node: NodeId, tries: u32) {
    let end = rules::ends_at(world, id, &PodQuirk::PullFails);
    if tries > 0 && end.is_some_and(|end| end <= world.now) {
        world.edit_pod(id, |pod| pod.waiting = None);
        components_mut(&mut world.state).kubelets.steps.remove(&id);
        begin(world, id, node);
        return;
    }
    let (reason, message) = match tries {
        0 => ("ErrImagePull", "Error: ErrImagePull"),
        _ => ("ImagePullBackOff", "Error: ImagePullBackOff"),
    };
    components_mut(&mut world.state).kubelets.steps.insert(id, Step::PullFails(tries + 1));
    if tries < 2 {
        world.edit_pod(id, |pod| pod.waiting = Some(Arc::from(reason)));
    }
    world.record(Ref::Pod(id), Severity::Warning, "kubelet", "Failed", message);
    if tries < 2 || end.is_some() {
        world.after(back_off(tries), Work::Kubelet(id));
    }
}

/// Sets phase `Running` after containers started or restarted, and schedules readiness or a crash.
fn started(world: &mut World, id: PodId, life: Life) {
    let Some(pod) = world.store.pods.get(id) else { return };
    let probe = pod.template.spec.probe;
    let ready = probe.is_none() && matches!(life, Life::Ready(None) | Life::Crashes(_));
    let now = world.now;
    components_mut(&mut world.state).kubelets.steps.insert(id, Step::Running(life));
    let is_open = gates::are_open(world, id);
    world.edit_pod(id, |pod| {
        pod.phase = Phase::Running;
        pod.started_at = Some(now);
        pod.waiting = None;
        if ready {
            gates::settle(pod, is_open, now);
        }
    });
    world.record_routine(Ref::Pod(id), "kubelet", "Started", |_| "Started container".to_owned());
    match life {
        Life::Ready(None) if ready => settle(world, id),
        Life::Ready(delay) => {
            let initial = delay.map_or(probe.map_or(Span::ZERO, |probe| probe.initial), |_| Span::ZERO);
            let delay = delay.unwrap_or(world.timings.ready);
            let wait = delay.draw(world.chance, "ready", &draw_name(world, id), 0);
            world.queue.set(now + initial + wait, Work::Kubelet(id));
        }
        Life::NeverReady if work_of(world, id).is_some() => settle(world, id),
        Life::NeverReady => {
            if let Some(end) = rules::ends_at(world, id, &PodQuirk::NeverReady) {
                world.queue.set(end.max(now), Work::Kubelet(id));
            }
        }
        Life::Crashes(delay) => {
            let restarts = world.store.pods.get(id).map_or(0, |pod| pod.restarts);
            let wait = delay.draw(world.chance, "crash", &draw_name(world, id), u64::from(restarts));
            world.queue.set(now + wait, Work::Kubelet(id));
        }
    }
}

/// Makes running containers ready, or crash.
fn ran(world: &mut World, id: PodId, life: Life) {
    match life {
        Life::NeverReady
            if rules::ends_at(world, id, &PodQuirk::NeverReady).is_none_or(|end| end > world.now) => {}
        Life::Ready(_) | Life::NeverReady => {
            let now = world.now;
            settle(world, id);
            let is_open = gates::are_open(world, id);
            world.edit_pod(id, |pod| gates::settle(pod, is_open, now));
        }
        Life::Crashes(_) => crashed(world, id, life),
    }
}

/// Handles crashed containers: restart back-off, or phase `Failed` when they are not restarted.
fn crashed(world: &mut World, id: PodId, life: Life) {
    let Some(pod) = world.store.pods.get(id) else { return };
    if pod.template.spec.restart == RestartPolicy::Never {
        finish(world, id, Phase::Failed);
        return;
    }
    let ran = pod.started_at.map_or(Span::ZERO, |started| world.now - started);
    // Who ran for ten minutes starts afresh (Kubernetes: kubelet, twice the longest pause).
    let earlier = if ran >= Span::secs(600) { 0 } else { pod.restarts };
    components_mut(&mut world.state).kubelets.steps.insert(id, Step::Crashed(life));
    let now = world.now;
    world.edit_pod(id, |pod| {
        pod.restarts += 1;
        pod.waiting = Some(Arc::from("CrashLoopBackOff"));
        pod.gates_closed = false;
        pod.ready = Ready { is: false, since: if pod.ready.is { now } else { pod.ready.since } };
    });
    let message = "Back-off restarting failed container";
    world.record(Ref::Pod(id), Severity::Warning, "kubelet", "BackOff", message);
    world.queue.set(now + back_off(earlier), Work::Kubelet(id));
}

/// Ends the pending steps of a running pod, or schedules its successful end.
fn settle(world: &mut World, id: PodId) {
    let end = world.store.pods.get(id).and_then(|pod| pod.started_at).zip(work_of(world, id));
    match end {
        Some((started, work)) => {
            components_mut(&mut world.state).kubelets.steps.insert(id, Step::Working);
            world.queue.set((started + work).max(world.now), Work::Kubelet(id));
        }
        None => {
            components_mut(&mut world.state).kubelets.steps.remove(&id);
        }
    }
}

/// How long a pod runs before it succeeds by itself: pods of Jobs, pods with the annotation, and those of Helm
/// chart hooks. `None` for pods that run on.
fn work_of(world: &World, id: PodId) -> Option<Span> {
    let pod = world.store.pods.get(id)?;
    let annotations = &pod.template.annotations;
    let given = match &pod.meta.owner {
        Some(owner) => {
            let Some(Ref::Job(job)) = owner.at else { return None };
            world.store.jobs.get(job)?.work
        }
        None if pod.template.spec.restart == RestartPolicy::Always => return None,
        None => match annotations::delay(annotations, RUNS) {
            Some(runs) => Some(runs.typical()),
            None if annotations.contains_key(HOOK) => None,
            None => return None,
        },
    };
    Some(given.unwrap_or_else(|| world.timings.job.draw(world.chance, "job", &draw_name(world, id), 0)))
}

/// Sets the final phase of a pod whose containers ended by themselves.
fn finish(world: &mut World, id: PodId, phase: Phase) {
    let now = world.now;
    components_mut(&mut world.state).kubelets.steps.remove(&id);
    world.edit_pod(id, |pod| {
        pod.phase = phase;
        pod.finished_at = Some(now);
        pod.gates_closed = false;
        pod.ready = Ready { is: false, since: now };
    });
}

/// The back-off after this many earlier failures.
fn back_off(earlier: u32) -> Span {
    Span(BACK_OFF_MAX.0.min(BACK_OFF.0 << earlier.min(8)))
}
