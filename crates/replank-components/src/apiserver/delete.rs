//! Deleting objects: grace, finalizers, preconditions and propagation to dependents (Kubernetes: the registry
//! store's `BeforeDelete` and what follows). Only pods have a grace period.

use std::sync::Arc;

use replank_world::api::{DeleteOptions, Deleted, Outcome, Propagation};
use replank_world::object::{Deletion, Pod};
use replank_world::queue::Work;
use replank_world::refusal::Refusal;
use replank_world::store::{PodId, Ref, Verb};
use replank_world::time::Span;
use replank_world::world::World;

/// Finalizer of an object in foreground deletion.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";
/// Finalizer of an object whose dependents are being orphaned.
pub(crate) const ORPHAN: &str = "orphan";

/// Deletes a pod: with grace while it runs on a node, otherwise at once.
///
/// Fails with 409 when a precondition does not hold.
pub(crate) fn delete_pod(world: &mut World, id: PodId, options: DeleteOptions) -> Result<Deleted, Refusal> {
    let Some(pod) = world.store.pods.get(id) else { return Err(Refusal::not_found("pods", "")) };
    preconditions(pod, options)?;
    let held = !pod.meta.finalizers.is_empty();
    let Some(deletion) = plan(world, pod, options) else { return Ok(Deleted::Unchanged) };
    let goes = deletion.grace_seconds == 0 && !held;
    if options.dry_run {
        return Ok(if goes { Deleted::Gone } else { Deleted::Terminating });
    }
    if world.store.pods.get(id).is_some_and(|pod| pod.meta.deletion != Some(deletion)) {
        world.edit_pod(id, |pod| {
            // A first deletion is a change of what is wanted; later ones only hurry.
            if pod.meta.deletion.is_none() && pod.meta.generation > 0 {
                pod.meta.generation += 1;
            }
            pod.meta.deletion = Some(deletion);
        });
    }
    if goes {
        world.remove_pod(id);
        return Ok(Deleted::Gone);
    }
    Ok(Deleted::Terminating)
}

/// Deletes a pod with grace 0, as a kubelet does after its containers ended. Finalizers still hold it.
pub(crate) fn delete_pod_now(world: &mut World, id: PodId) -> Deleted {
    let options = DeleteOptions { grace_seconds: Some(0), ..DeleteOptions::default() };
    delete_pod(world, id, options).unwrap_or(Deleted::Unchanged)
}

/// Removes a finalizer, and the object if it only waited for that.
pub(crate) fn remove_finalizer(world: &mut World, at: Ref, finalizer: &str) {
    let Some(meta) = world.store.meta_mut(at) else { return };
    let before = meta.finalizers.len();
    meta.finalizers.retain(|present| &**present != finalizer);
    if meta.finalizers.len() == before {
        return;
    }
    let free =
        meta.finalizers.is_empty() && meta.deletion.is_some_and(|deletion| deletion.grace_seconds == 0);
    world.changed(at, Verb::Modified);
    if free {
        world.remove(at);
    }
}

/// Deletes an object of any kind.
pub fn delete(world: &mut World, at: Ref, propagation: Propagation) -> Result<Deleted, Refusal> {
    if let Ref::Pod(id) = at {
        return delete_pod(world, id, DeleteOptions::default());
    }
    let now = world.now;
    let Some(meta) = world.store.meta_mut(at) else {
        return Err(Refusal::not_found(super::resource(at), ""));
    };
    let wanted = match propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some(FOREGROUND),
        Propagation::Orphan => Some(ORPHAN),
    };
    let again = meta.deletion.is_some();
    if let Some(finalizer) = wanted
        && !again
    {
        meta.finalizers.push(Arc::from(finalizer));
    }
    if meta.finalizers.is_empty() {
        world.remove(at);
        return Ok(Deleted::Gone);
    }
    if again {
        return Ok(Deleted::Unchanged);
    }
    meta.deletion = Some(Deletion { asked_at: now, until: now, grace_seconds: 0 });
    if meta.generation > 0 {
        meta.generation += 1;
    }
    world.changed(at, Verb::Modified);
    if wanted.is_some() {
        world.soon(Work::Garbage(at));
    }
    Ok(Deleted::Terminating)
}

/// Deletes a namespace: it becomes terminating, its objects are deleted, and it is removed with the last of them.
pub(super) fn delete_namespace(world: &mut World, name: &str) -> Result<Outcome, Refusal> {
    if !world.has_namespace(name) {
        return Err(Refusal::not_found("namespaces", name));
    }
    if world.store.index.ending.insert(Arc::from(name))
        && let Some(object) = world.store.others.find_in("", "Namespace", "", name).map(Ref::Other)
    {
        let now = world.now;
        if let Some(meta) = world.store.meta_mut(object) {
            meta.deletion = Some(Deletion { asked_at: now, until: now, grace_seconds: 0 });
        }
        world.changed(object, Verb::Modified);
    }
    for at in world.store.in_namespace(name) {
        if world.store.meta(at).is_some_and(|meta| meta.deletion.is_none()) {
            let _ = delete(world, at, Propagation::Background);
        }
    }
    let gone = namespace_emptied(world, name);
    Ok(Outcome::Deleted(if gone { Deleted::Gone } else { Deleted::Terminating }))
}

/// Removes a terminating namespace that is empty; true when it did.
pub(crate) fn namespace_emptied(world: &mut World, name: &str) -> bool {
    if !world.store.index.ending.contains(name) || !world.store.in_namespace(name).is_empty() {
        return false;
    }
    world.store.index.ending.remove(name);
    world.store.index.namespaces.remove(name);
    if let Some(object) = world.store.others.find_in("", "Namespace", "", name) {
        world.remove(Ref::Other(object));
    }
    true
}

/// Checks the preconditions of a deletion, uid first.
pub(super) fn preconditions(pod: &Pod, options: DeleteOptions) -> Result<(), Refusal> {
    let conflict = |why: String| {
        // Here the API server names the kind, not the resource.
        let message = format!("Operation cannot be fulfilled on Pod \"{}\": {why}", pod.meta.name);
        Err(Refusal::new(409, "Conflict", message))
    };
    if let Some(uid) = options.uid
        && uid != pod.meta.uid
    {
        return conflict(format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). \
             The object might have been deleted and then recreated",
            pod.meta.uid
        ));
    }
    if let Some(version) = options.version
        && version != pod.meta.version
    {
        return conflict(format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record \
             ({}). The object might have been modified",
            pod.meta.version
        ));
    }
    Ok(())
}

/// The deletion that a request leads to; `None` when it changes nothing.
fn plan(world: &World, pod: &Pod, options: DeleteOptions) -> Option<Deletion> {
    let now = world.now;
    let allowed = |grace: i64| if grace < 0 { 1 } else { grace };
    let asked = options.grace_seconds.map(allowed);
    let Some(present) = pod.meta.deletion else {
        let grace_seconds = if pod.node.is_none() || pod.finished() {
            0
        } else {
            asked.unwrap_or_else(|| allowed(pod.template.spec.grace_seconds))
        };
        return Some(Deletion { asked_at: now, until: now + Span::secs(grace_seconds), grace_seconds });
    };
    if present.grace_seconds == 0 {
        return pod.meta.finalizers.is_empty().then_some(present);
    }
    let shorter = asked.filter(|grace| *grace < present.grace_seconds)?;
    let until = present.until + Span::secs(shorter - present.grace_seconds);
    if until >= now {
        return Some(Deletion { until, grace_seconds: shorter, ..present });
    }
    let grace_seconds = i64::from(shorter != 0);
    Some(Deletion { until: now, grace_seconds, ..present })
}

#[cfg(test)]
mod tests;
