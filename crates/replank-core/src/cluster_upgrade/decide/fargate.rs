//! Pods on Fargate: each keeps the version it was launched with, so all have to be made again.

use super::turn::Turn;
use crate::cluster_upgrade::wait::On;

/// How many pods a wait names.
const NAMED_MAX: usize = 10;

pub(super) fn step(turn: &mut Turn<'_>) {
    let behind = &turn.seen.fargate_behind;
    if behind.is_empty() {
        return turn.pass();
    }
    if !turn.has_begun() {
        if turn.is_paused() {
            return;
        }
        turn.begin();
    }
    let (pods, count) = (behind.iter().take(NAMED_MAX).cloned().collect(), behind.len() as u32);
    let since = turn.upgrade.present().began_at;
    turn.wait(On::FargateBehind { pods, count }, since);
    turn.is_paused();
}
