//! Launches of new nodes: how many are missing, what holds them up, and when the update fails for them.

use jiff::Timestamp;

use super::joins;
use super::turn::Turn;
use crate::names::InstanceId;
use crate::node_group::event::Fact;
use crate::node_group::problem::{FailureCode, Why};
use crate::node_group::wait::{On, Wait};
use crate::observed::{Group, LaunchFailure, LaunchTrouble, Lifecycle, MemberClass};

/// How many joining instances a wait names.
const NAMED_MAX: usize = 5;

/// State of the launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Launches {
    /// Nodes that the group is asked for and that do not serve yet.
    pub(super) missing: u32,
    /// Of those, nodes that had joined: lost since, or closed by somebody else.
    pub(super) idle: u32,
    /// Whether launches failed so often in a row that no further node may be picked.
    pub(super) failing: bool,
}

/// Follows the launches: adds waits, replaces nodes that were lost for good, and fails the update when the join limit
/// has passed.
pub(super) fn watch(turn: &mut Turn<'_>, group: &Group, batch: u32) -> Launches {
    joins::record(turn);
    let missing = turn.missing();
    if turn.rollout.failure.is_some() {
        return Launches { missing, idle: 0, failing: false };
    }
    if missing != turn.rollout.missing.0 {
        turn.note(Fact::Missing { nodes: missing });
    }
    let lost = joins::lost(turn);
    let absent_count = turn.seen.members.count(|class| turn.is_absent(class));
    let closed_count = turn.seen.members.count(|class| turn.is_closed(class));
    let idle = lost.len() as u32 + closed_count;
    let joining_count = absent_count.saturating_sub(lost.len() as u32);
    let unlaunched = missing.saturating_sub(joining_count + idle);
    let failures = failures_in_a_row(turn, group);
    let failing = unlaunched > 0 && failures.len() as u32 >= turn.limits().launch_attempts;
    if unlaunched > 0 {
        let until = patience(turn, turn.rollout.missing.1);
        if let Some(last) = failures.last() {
            wait_for_launch(turn, last, failures.len() as u32, until);
        }
        if until.is_some_and(|until| turn.now >= until) {
            fail_launch(turn, missing, failures.last().copied());
            return Launches { missing, idle, failing };
        }
        until.into_iter().for_each(|until| turn.wake_at(until));
    }
    join(turn, joining_count, unlaunched);
    joins::name(turn, &lost);
    // Where launches fail, a node that is not Ready is still more than none.
    if !failing && !turn.is_paused() && turn.rollout.failure.is_none() {
        joins::replace(turn, &lost, batch);
    }
    Launches { missing, idle, failing }
}

/// Launch failures since the last successful launch, of this update only.
fn failures_in_a_row<'g>(turn: &Turn<'_>, group: &'g Group) -> Vec<&'g LaunchFailure> {
    let since = group.launched_at.map_or(turn.rollout.started_at, |at| at.max(turn.rollout.started_at));
    group.failures.iter().filter(|failure| failure.at >= since).collect()
}

/// When the join limit passes for something waited for since `since`; `None` while paused.
pub(super) fn patience(turn: &Turn<'_>, since: Timestamp) -> Option<Timestamp> {
    let until = since.max(turn.rollout.patient_since) + turn.limits().join;
    (!turn.is_paused()).then_some(until)
}

fn wait_for_launch(turn: &mut Turn<'_>, last: &LaunchFailure, failures: u32, until: Option<Timestamp>) {
    let on = On::Launches {
        trouble: last.trouble,
        zone: last.zone.clone(),
        failures,
        message: last.message.clone(),
    };
    turn.context.wait(Wait { node: None, on, since: Some(turn.rollout.missing.1), again: None, until });
}

fn fail_launch(turn: &mut Turn<'_>, missing: u32, last: Option<&LaunchFailure>) {
    let code = match last.map(|failure| failure.trouble) {
        Some(LaunchTrouble::NoAddresses) => FailureCode::InsufficientFreeAddresses,
        // An image that is gone is a health issue of the group (EKS: `AmiIdNotFound`), not a code of its updates.
        Some(
            LaunchTrouble::NoCapacity
            | LaunchTrouble::Quota
            | LaunchTrouble::ImageGone
            | LaunchTrouble::Other,
        )
        | None => FailureCode::NodeCreationFailure,
    };
    let message = last.map(|failure| failure.message.to_string());
    let resources = vec![turn.rollout.spec.group.to_string()];
    turn.fail(code, Why::LaunchTimedOut { missing, message }, resources);
}

/// Follows instances that are launched and do not serve yet. Each has the full join limit from its own launch.
fn join(turn: &mut Turn<'_>, joining_count: u32, unlaunched: u32) {
    if joining_count + unlaunched == 0 {
        return;
    }
    let members = &turn.seen.members;
    let choose = |class: &MemberClass| turn.is_absent(class);
    let joining = || members.of(choose).filter(|id| !turn.rollout.joined.contains(id));
    let first = joining()
        .filter_map(|id| members.get(id)?.instance.as_ref())
        .filter(|instance| instance.lifecycle != Lifecycle::Terminating)
        .min_by(|a, b| (a.launched_at, &a.id).cmp(&(b.launched_at, &b.id)));
    let joining: Vec<InstanceId> = joining().take(NAMED_MAX).cloned().collect();
    explain(turn, &joining);
    let until = first.and_then(|instance| patience(turn, instance.launched_at));
    let zones_without = turn.zones_without_new();
    let since = Some(first.map_or(turn.rollout.missing.1, |instance| instance.launched_at));
    let on = On::NodesJoining { joining, joining_count, unlaunched, zones_without };
    turn.wait(Wait { node: None, on, since, again: None, until });
    if let (Some(instance), Some(until)) = (first, until)
        && turn.now >= until
    {
        let (instance, launched_at) = (instance.id.clone(), instance.launched_at);
        let resources = vec![instance.to_string()];
        let troubles = turn.seen.not_joined.get(&instance).cloned().unwrap_or_default();
        let why = Why::JoinTimedOut { instance, launched_at, troubles };
        turn.fail(FailureCode::NodeCreationFailure, why, resources);
    }
}

/// Says of each instance what keeps it, as far as that shows.
fn explain(turn: &mut Turn<'_>, joining: &[InstanceId]) {
    let seen = turn.seen;
    for id in joining {
        let launched = seen.members.get(id).and_then(|member| member.instance.as_ref());
        let Some(launched_at) = launched.map(|instance| instance.launched_at) else { continue };
        let until = patience(turn, launched_at);
        for trouble in seen.not_joined.get(id).into_iter().flatten() {
            let on = On::NotJoining { instance: id.clone(), trouble: trouble.clone() };
            turn.wait(Wait { node: None, on, since: Some(launched_at), again: None, until });
        }
    }
}
