//! No pod is moved whose loss the pod rules refuse, by eviction or deletion, with or without force.

use replank_core::action::PodId;
use replank_core::pod_rules::Loss;

use super::{Case, Invariant, Objection, pod};
use replank_world::object::Volume;
use replank_world::world::World;

pub(super) fn judge(case: &Case, world: &World, id: &PodId) -> Objection {
    // What finished loses nothing any more (kubectl drain).
    let found = pod::find(world, id).filter(|pod| !pod.finished())?;
    let volumes = &found.template.spec.volumes;
    let losses = [
        (case.bare, found.meta.owner.is_none(), "no controller would bring it back"),
        (case.empty_dir, volumes.contains(&Volume::EmptyDir), "its emptyDir would be lost"),
    ];
    let mut refused = losses.into_iter().filter(|(rule, is_lost, _)| *is_lost && *rule == Loss::Refuse);
    let (.., why) = refused.next()?;
    Some((Invariant::Loss, format!("pod {} was made to leave, and the rules refuse that: {why}", id.name)))
}
