//! Pods on Fargate: each keeps the version it was launched with, so all that are behind are evicted and made again, of each
//! owner one after the other and never against a budget.

use std::collections::BTreeSet;

use super::turn::Turn;
use crate::cluster_upgrade::decision::Action;
use crate::cluster_upgrade::event::Fact;
use crate::cluster_upgrade::observed::{FargatePod, FargateStage, Observation};
use crate::cluster_upgrade::wait::On;
use crate::names::ObjectName;

/// How many pods a wait names.
const NAMED_MAX: usize = 10;

pub(super) fn step(turn: &mut Turn<'_>) {
    let seen = turn.seen;
    let behind: Vec<&FargatePod> = seen.fargate_behind().collect();
    if behind.is_empty() && is_settled(turn) {
        return turn.pass();
    }
    if turn.is_spoilt() {
        return;
    }
    if !turn.is_begun() {
        return;
    }
    waits(turn, &behind);
    if turn.is_paused() {
        return;
    }
    if let Some(next) = next(seen, &behind) {
        let (step, pod) = (turn.upgrade.at(), next.pod.clone());
        let owner = next.owner.clone().unwrap_or_default();
        turn.note(Fact::Relaunched { step, pod: pod.clone(), owner });
        turn.act(Action::Relaunch { pod });
        turn.look_soon();
    }
}

/// Whether what was evicted is there again.
fn is_settled(turn: &Turn<'_>) -> bool {
    let relaunched = &turn.upgrade.present().relaunched;
    let is_ours = |pod: &FargatePod| pod.owner.as_ref().is_some_and(|owner| relaunched.contains(owner));
    !starting(turn.seen).chain(leaving(turn.seen)).any(is_ours)
}

/// The next pod to be evicted: of an owner that is whole, and where no budget holds it.
fn next<'s>(seen: &'s Observation, behind: &[&'s FargatePod]) -> Option<&'s FargatePod> {
    let in_work = in_work(seen);
    let may_go = |pod: &&FargatePod| {
        let is_whole = pod.owner.as_deref().is_some_and(|owner| !in_work.contains(owner));
        let is_there = matches!(pod.stage, FargateStage::Ready | FargateStage::Starting);
        is_whole && is_there && pod.held_by.is_none()
    };
    behind.iter().copied().find(may_go)
}

/// Owners of which a pod is on its way out or being made again.
fn in_work(seen: &Observation) -> BTreeSet<&str> {
    starting(seen).chain(leaving(seen)).filter_map(|pod| pod.owner.as_deref()).collect()
}

/// Pods of the control plane's version, or without a node yet, that are not Ready.
fn starting(seen: &Observation) -> impl Iterator<Item = &FargatePod> {
    let control_plane = seen.control_plane.as_ref().map(|seen| seen.minor);
    seen.fargate.iter().filter(move |pod| {
        pod.stage == FargateStage::Starting && (pod.minor.is_none() || pod.minor == control_plane)
    })
}

fn leaving(seen: &Observation) -> impl Iterator<Item = &FargatePod> {
    seen.fargate.iter().filter(|pod| pod.stage == FargateStage::Leaving)
}

fn waits(turn: &mut Turn<'_>, behind: &[&FargatePod]) {
    let since = turn.upgrade.present().began_at;
    let names = |pods: Vec<&FargatePod>| {
        let count = pods.len() as u32;
        (pods.into_iter().take(NAMED_MAX).map(|pod| pod.pod.clone()).collect::<Vec<ObjectName>>(), count)
    };
    if !behind.is_empty() {
        let (pods, count) = names(behind.to_vec());
        turn.wait(On::FargateBehind { pods, count }, since);
    }
    let (pods, count) = names(starting(turn.seen).collect());
    if count > 0 {
        turn.wait(On::FargateStarting { pods, count }, since);
    }
    let (pods, count) = names(behind.iter().copied().filter(|pod| pod.owner.is_none()).collect());
    if count > 0 {
        turn.wait(On::FargateAlone { pods, count }, since);
    }
    // While one of its owner is made again, a budget that waits for that one tells nothing.
    let in_work = in_work(turn.seen);
    let is_idle = |owner: &String| !in_work.contains(owner.as_str());
    let held = behind.iter().filter(|pod| pod.owner.as_ref().is_some_and(is_idle));
    for (pod, budget) in held.filter_map(|pod| Some((pod.pod.clone(), pod.held_by.clone()?))).take(NAMED_MAX)
    {
        turn.wait(On::FargateHeld { pod, budget }, since);
    }
}
