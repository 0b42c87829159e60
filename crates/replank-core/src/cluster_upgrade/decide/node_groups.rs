//! A node group: its own update as a child, held until the first new node serves.

use super::turn::Turn;
use crate::cluster_upgrade::decision::Action;
use crate::cluster_upgrade::event::Fact;
use crate::cluster_upgrade::observed::{Group, Nodes, Running, Stands, State, Work};
use crate::cluster_upgrade::problem::Stop;
use crate::cluster_upgrade::spec::GroupKind;
use crate::cluster_upgrade::wait::On;
use crate::names::{NodeGroupName, UpdateId};
use crate::version::Minor;

pub(super) fn step(turn: &mut Turn<'_>, name: &NodeGroupName) {
    // One that was deleted meanwhile has no nodes to replace.
    let Some(group) = turn.seen.groups.get(name) else { return turn.pass() };
    match turn.upgrade.spec().group(name).map(|planned| planned.kind) {
        Some(GroupKind::Managed | GroupKind::Ours | GroupKind::OfService) | None => {
            managed(turn, name, group);
        }
        Some(GroupKind::OwnImage) => by_hand(turn, name, group, true),
        Some(GroupKind::SelfManaged) => by_hand(turn, name, group, false),
    }
}

fn managed(turn: &mut Turn<'_>, name: &NodeGroupName, group: &Group) {
    let to = turn.minor();
    let is_level = group.minor.is_some_and(|minor| is_there(turn, minor)) && left(turn, group) == 0;
    match turn.work() {
        Some(Work { stands: Stands::Succeeded, .. }) => return turn.pass(),
        None if is_level && group.state == State::AtRest => return turn.pass(),
        Some(_) | None => {}
    }
    if turn.is_spoilt() {
        return;
    }
    if !turn.has_begun() && group.state != State::AtRest {
        return turn.wait(On::GroupBusy { group: name.clone(), state: group.state.clone() }, None);
    }
    if !turn.is_begun() {
        return;
    }
    match turn.work() {
        Some(Work { update, stands: Stands::Running(running) }) => {
            child(turn, name, group, update, *running);
        }
        Some(_) | None => {
            turn.act(Action::StartGroup { group: name.clone(), to });
            let on = On::Child { group: name.clone(), update: None, replaced: 0, left: left(turn, group) };
            turn.wait(on, turn.upgrade.present().began_at);
        }
    }
}

/// The child runs: whether it may, and what it waits for.
fn child(turn: &mut Turn<'_>, name: &NodeGroupName, group: &Group, update: &UpdateId, running: Running) {
    let to = turn.minor();
    // An update of the service goes on whether its first node serves or not.
    let is_canary = !turn.upgrade.spec().is_of_service(name) && canary(turn, name, group);
    if turn.upgrade.present().stop.is_some() {
        return;
    }
    let (at, held_at) = (turn.upgrade.at(), turn.upgrade.present().held_at);
    let is_held = (turn.is_paused() || is_canary) && !turn.upgrade.spec().is_of_service(name);
    match (is_held, held_at.is_some(), running.is_paused) {
        (true, is_ours, false) => {
            if !is_ours {
                turn.note(Fact::ChildHeld { step: at });
            }
            turn.act(Action::PauseChild { update: update.clone() });
        }
        (false, true, true) => turn.act(Action::ResumeChild { update: update.clone() }),
        (false, true, false) => turn.note(Fact::ChildReleased { step: at }),
        (false, false, true) => {
            turn.wait(On::ChildPaused { group: name.clone(), update: update.clone() }, None);
        }
        (true, _, true) | (false, false, false) => {}
    }
    let since = turn.upgrade.present().began_at;
    if is_canary {
        let Nodes { count: nodes, ready, .. } = group.nodes.get(&to).copied().unwrap_or_default();
        let until = held_at.map(|held_at| held_at + turn.upgrade.spec().limits.canary);
        let on = On::Canary { group: name.clone(), minor: to, nodes, ready };
        turn.wait_until(on, held_at.or(since), until);
    }
    let Running { replaced, left, .. } = running;
    // Before the update worked out its numbers.
    let left = if replaced + left == 0 { self::left(turn, group) } else { left };
    turn.wait(On::Child { group: name.clone(), update: Some(update.clone()), replaced, left }, since);
    if !turn.upgrade.spec().is_of_service(name) && !turn.upgrade.present().is_canary_over {
        turn.look_soon();
    }
}

/// Whether the rest of the group waits for its first new node, which is Ready and runs nothing yet. Until one is Ready the
/// child is left alone: its deadlines for launches end with a pause.
fn canary(turn: &mut Turn<'_>, name: &NodeGroupName, group: &Group) -> bool {
    let present = turn.upgrade.present();
    if present.is_canary_over {
        return false;
    }
    let new = group.nodes.get(&turn.minor()).copied().unwrap_or_default();
    if new.with_pods > 0 {
        turn.note(Fact::CanaryServed { step: turn.upgrade.at() });
        return false;
    }
    let limit = turn.upgrade.spec().limits.canary;
    if new.ready > 0 && present.held_at.is_some_and(|held_at| turn.now >= held_at + limit) {
        turn.stop(Stop::CanaryIdle { group: name.clone() });
    }
    new.ready > 0
}

/// The owner brings the nodes to the minor; the upgrade waits until none is behind.
fn by_hand(turn: &mut Turn<'_>, name: &NodeGroupName, group: &Group, is_of_service: bool) {
    let (minor, behind) = (turn.minor(), left(turn, group));
    if behind == 0 && group.state == State::AtRest {
        return turn.pass();
    }
    if !turn.is_begun() {
        return;
    }
    let since = turn.upgrade.present().began_at;
    turn.wait(On::ByHand { group: name.clone(), minor, behind, is_of_service }, since);
    turn.is_paused();
}

/// Whether nodes of a minor are where the step leads to.
fn is_there(turn: &Turn<'_>, minor: Minor) -> bool {
    if turn.upgrade.spec().is_rollback() { minor <= turn.minor() } else { minor >= turn.minor() }
}

/// Nodes of a group that are not there yet.
fn left(turn: &Turn<'_>, group: &Group) -> u32 {
    let others = group.nodes.iter().filter(|(minor, _)| !is_there(turn, **minor));
    others.map(|(_, nodes)| nodes.count).sum()
}
