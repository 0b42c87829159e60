//! Which part of the API server answers which request.

use super::{create, delete, evict, node, replace, system, update};
use replank_world::api::{Act, Outcome};
use replank_world::refusal::Refusal;
use replank_world::world::World;

/// Does what a request asks for. A refusal is in the words of the API server.
pub(crate) fn answer(world: &mut World, act: Act) -> Result<Outcome, Refusal> {
    match act {
        Act::Evict { namespace, name, options } => {
            evict::evict(world, &namespace, &name, options.into()).map(Outcome::Deleted)
        }
        Act::DeletePod { namespace, name, options } => {
            let id = world.store.pods.find(&namespace, &name);
            let id = id.ok_or_else(|| Refusal::not_found("pods", &name))?;
            delete::delete_pod(world, id, options.into()).map(Outcome::Deleted)
        }
        Act::PatchNode { name, uid, patch } => node::patch(world, &name, uid, &patch),
        Act::Scale { kind, namespace, name, replicas } => {
            update::scale(world, kind, &namespace, &name, replicas)
        }
        Act::Retemplate { kind, namespace, name, change } => {
            update::retemplate(world, kind, &namespace, &name, &change)
        }
        Act::Create { object } => create::create(world, &object),
        Act::Apply { object } => update::apply(world, &object),
        Act::Bind { namespace, name, node } => create::bind(world, &namespace, &name, &node),
        Act::Replace { object, spec } => replace::replace(world, &object, spec),
        Act::Delete { group, kind, name, .. }
            if &*kind == "Namespace" && group.as_deref().is_none_or(str::is_empty) =>
        {
            delete::delete_namespace(world, &name)
        }
        Act::Delete { group, kind, namespace, name, propagation } => {
            let at = match group {
                Some(group) => world.store.find_in(&group, &kind, &namespace, &name),
                None => world.store.find(&kind, &namespace, &name),
            };
            let at = at.ok_or_else(|| Refusal::not_found(update::resource_of(&kind), &name))?;
            let outcome = delete::delete(world, at, propagation).map(Outcome::Deleted);
            system::mend_system(world, &namespace);
            outcome
        }
        Act::RemoveFinalizer { kind, namespace, name, finalizer } => {
            let at = update::named(world, &kind, &namespace, &name)?;
            delete::remove_finalizer(world, at, &finalizer);
            Ok(Outcome::Written(at))
        }
    }
}

#[cfg(test)]
mod tests;
