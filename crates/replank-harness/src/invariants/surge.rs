//! Never more extra instances than the ceiling: in the sizes the update asks for, and in the instances that
//! exist.

use replank_core::sizes::Sizes;

use super::{Case, Invariant, Objection};
use replank_world::world::World;

pub(super) fn judge(case: &Case, to: Sizes) -> Objection {
    if case.meddled {
        return None;
    }
    let most = case.home.desired + case.ceiling;
    let highest = most.max(case.home.max + case.ceiling);
    if to.desired > most || to.max > highest {
        let Sizes { desired, max, .. } = to;
        let words = format!("desired {desired}, maximum {max} asked for; {most} and {highest} are the most");
        return Some((Invariant::Surge, words));
    }
    None
}

/// Checks the instances that exist or are being launched. Auto Scaling may add one to balance zones.
pub(super) fn look(case: &Case, world: &World) -> Objection {
    let group = world.cloud.group(world.cloud.group_of(&case.group)?);
    let most = case.home.desired + case.ceiling + 1;
    let there = group.capacity();
    (!case.meddled && there > most)
        .then(|| (Invariant::Surge, format!("{there} instances stand or are launched; {most} are the most")))
}
