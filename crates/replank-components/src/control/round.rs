//! Periodic loops of controllers: only rounds that may find something are scheduled.

use replank_world::time::{Span, Time};
use replank_world::world::World;

/// The first round at or after `from` of the loop named `concern`, which runs at a phase drawn from the seed.
pub(crate) fn next(world: &World, concern: &str, period: Span, from: Time) -> Time {
    let phase = world.chance.draw(concern, "", 0) % period.0.max(1).unsigned_abs();
    let past = (from.0 - phase as i64).rem_euclid(period.0.max(1));
    if past == 0 { from } else { from + Span(period.0 - past) }
}
