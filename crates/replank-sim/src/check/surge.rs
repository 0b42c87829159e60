//! Never more extra instances than allowed: what the update asks for, and what stands because of it.

use replank_core::spec::Sizes;

use super::{Case, Law, Objection};

pub(super) fn judge(case: &Case, to: Sizes) -> Objection {
    let most = case.home.desired + case.ceiling;
    let highest = most.max(case.home.max + case.ceiling);
    if to.desired > most || to.max > highest {
        let Sizes { desired, max, .. } = to;
        let words = format!("desired {desired}, maximum {max} asked for; {most} and {highest} are the most");
        return Some((Law::Surge, words));
    }
    None
}
