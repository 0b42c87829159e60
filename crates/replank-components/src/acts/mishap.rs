//! Injected failures of applications.

use std::sync::Arc;

use crate::kubelet;
use crate::kubelet::rules::{PodQuirk, PodRule};
use crate::kubernetes::components_mut;
use replank_world::act::{Act, Breakage};
use replank_world::object::{Phase, Ready, Uid};
use replank_world::refusal::Refusal;
use replank_world::rng::Delay;
use replank_world::store::PodId;
use replank_world::time::Span;
use replank_world::world::World;

/// Time from the start of a container to its crash in a workload broken with `crash`.
const CRASHES_AFTER: Delay = Delay::Fixed(Span::secs(10));

pub(super) fn carry_out(world: &mut World, act: Act) -> Result<(), Refusal> {
    match act {
        Act::Breakage { namespace, name, how } => {
            breakage(world, &namespace, &name, how);
            Ok(())
        }
        Act::Unready { namespace, name, for_micros } => {
            let id = pod(world, &namespace, &name)?;
            let Some(uid) = ready(world, id, false) else { return Ok(()) };
            world.act_later(Span(for_micros), Act::ReadyAgain { namespace, name, uid });
            Ok(())
        }
        Act::ReadyAgain { namespace, name, uid } => {
            let id = pod(world, &namespace, &name)?;
            if world.store.pods.get(id).is_some_and(|pod| pod.meta.uid == uid && !pod.terminating()) {
                ready(world, id, true);
            }
            Ok(())
        }
        Act::Silent { node, for_micros } => {
            let id = world.store.nodes.find("", &node).ok_or_else(|| Refusal::not_found("nodes", &node))?;
            kubelet::kill_kubelet(world, id);
            world.act_later(Span(for_micros), Act::SpeaksAgain { node });
            Ok(())
        }
        Act::SpeaksAgain { node } => {
            let id = world.store.nodes.find("", &node).ok_or_else(|| Refusal::not_found("nodes", &node))?;
            kubelet::revive_kubelet(world, id);
            Ok(())
        }
        _ => Err(Refusal::new(400, "BadRequest", "not a misfortune")),
    }
}

fn pod(world: &World, namespace: &str, name: &str) -> Result<PodId, Refusal> {
    world.store.pods.find(namespace, name).ok_or_else(|| Refusal::not_found("pods", name))
}

/// Sets condition Ready of a running pod; its uid if that changed anything.
fn ready(world: &mut World, id: PodId, is: bool) -> Option<Uid> {
    let pod = world.store.pods.get(id)?;
    if pod.phase != Phase::Running || pod.ready.is == is {
        return None;
    }
    let (uid, since) = (pod.meta.uid, world.now);
    world.edit_pod(id, |pod| pod.ready = Ready { is, since });
    Some(uid)
}

fn breakage(world: &mut World, namespace: &Arc<str>, name: &Arc<str>, how: Option<Breakage>) {
    let quirk = match how {
        Some(Breakage::Image) => PodQuirk::PullFails,
        Some(Breakage::Readiness) => PodQuirk::NeverReady,
        Some(Breakage::Crash) => PodQuirk::Crashes(CRASHES_AFTER),
        None => return kubelet::rules::heal(world, namespace, name),
    };
    rule(world, namespace, name, quirk);
}

fn rule(world: &mut World, namespace: &Arc<str>, name: &Arc<str>, quirk: PodQuirk) {
    let rule = PodRule::new(Some(namespace.clone()), Some(name.clone()), quirk);
    components_mut(&mut world.state).kubelets.rules.add_pods(PodRule { from: Some(world.now), ..rule });
}
