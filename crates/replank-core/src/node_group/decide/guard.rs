//! Guard: before the first drain new pods are kept off all old nodes, and off no others.

use super::marks;
use super::turn::Turn;
use crate::node_group::phase::Phase;
use crate::node_group::wait::On;

pub(super) fn step(turn: &mut Turn<'_>) {
    if turn.is_cancelled() {
        return;
    }
    if turn.is_paused() {
        return turn.wait_all(On::Paused, None);
    }
    marks::clear_strays(turn);
    marks::keep_new(turn);
    match marks::guard_old(turn) {
        0 => turn.enter(Phase::Upgrade),
        nodes => turn.wait_all(On::Guarding { nodes }, None),
    }
}
