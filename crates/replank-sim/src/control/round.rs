//! Loops of controllers: they look every so often, and a loop that would find nothing is not run.

use crate::time::{Span, Time};
use crate::world::World;

/// The first round of a loop at or after `from`. Loops of one world run at fixed phases of their own.
pub(super) fn next(world: &World, concern: &str, period: Span, from: Time) -> Time {
    let phase = world.chance.draw(concern, "", 0) % period.0.max(1).unsigned_abs();
    let past = (from.0 - phase as i64).rem_euclid(period.0.max(1));
    if past == 0 { from } else { from + Span(period.0 - past) }
}
