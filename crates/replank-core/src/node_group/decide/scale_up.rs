//! Scale up: raise the sizes, then wait for Ready, labelled nodes in every zone that holds old ones.
//!
//! EKS: "managed node update behavior", second phase. A zone left without a new node gets one more at a time,
//! up to the ceiling.

use super::raise::{raised, sized};
use super::turn::Turn;
use super::{launches, marks, point};
use crate::node_group::event::Fact;
use crate::node_group::phase::Phase;
use crate::node_group::problem::{FailureCode, Why};
use crate::node_group::wait::On;
use crate::observed::Group;
use crate::sizes::Sizes;

pub(super) fn step(turn: &mut Turn<'_>) {
    if turn.is_cancelled() {
        return;
    }
    let (Some(group), Some(measured)) = (turn.group(), turn.measured()) else { return };
    if turn.is_paused() {
        launches::watch(turn, group, measured.batch);
        return turn.wait_all(On::Paused, None);
    }
    marks::clear_strays(turn);
    marks::keep_new(turn);
    if turn.old_count() == 0 {
        // The world moved the last old nodes by itself; the guard has nothing to do and passes on.
        return turn.enter(Phase::Guard);
    }
    let asked = turn.rollout.asked.unwrap_or_else(|| {
        let to = raised(measured.original, measured.increment);
        turn.note(Fact::SizesAsked { to });
        to
    });
    if !point::at(turn, group, measured.target_version) {
        return;
    }
    if is_taken_away(turn, group, asked) {
        return fail_taken_away(turn, group, asked);
    }
    if !sized(turn, group, asked) {
        return;
    }
    let launches = launches::watch(turn, group, measured.batch);
    if turn.rollout.phase() != Phase::ScaleUp || launches.missing > 0 {
        return;
    }
    let lacking = turn.zones_without_new();
    if lacking.is_empty() {
        return turn.enter(Phase::Guard);
    }
    if asked.desired >= measured.original.desired + measured.ceiling {
        let resources = lacking.iter().map(ToString::to_string).collect();
        return turn.fail(
            FailureCode::NodeCreationFailure,
            Why::ZoneWithoutNode { zones: lacking },
            resources,
        );
    }
    let to = raised(asked, 1);
    turn.note(Fact::SizesAsked { to });
    sized(turn, group, to);
}

/// Whether somebody lowers the desired size again and again and nothing that was launched has joined within a join limit:
/// an autoscaler does so with nodes that do not register, and each launch anew would have its own limit.
fn is_taken_away(turn: &Turn<'_>, group: &Group, asked: Sizes) -> bool {
    let until = launches::patience(turn, turn.rollout.phase_since);
    group.sizes.desired < asked.desired
        && turn.rollout.joined.is_empty()
        && until.is_some_and(|until| turn.now >= until)
}

fn fail_taken_away(turn: &mut Turn<'_>, group: &Group, asked: Sizes) {
    let missing = asked.desired - group.sizes.desired;
    let message = format!(
        "desired is {} again and not {}: somebody takes away what does not join, as an autoscaler does",
        group.sizes.desired, asked.desired
    );
    let why = Why::LaunchTimedOut { missing, message: Some(message) };
    let resources = vec![turn.rollout.spec.group.to_string()];
    turn.fail(FailureCode::NodeCreationFailure, why, resources);
}
