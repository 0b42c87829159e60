//! Creating: what admission asks of a new object, and what the server fills in.

use crate::refusal::Refusal;
use crate::world::World;

/// Refuses content in a namespace that is being deleted (Kubernetes: admission `NamespaceLifecycle`).
pub(super) fn namespace_open(
    world: &World,
    namespace: &str,
    resource: &str,
    name: &str,
) -> Result<(), Refusal> {
    if !world.store.index.ending.contains(namespace) {
        return Ok(());
    }
    let message = format!(
        "{resource} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is \
         being terminated"
    );
    let cause = format!("namespace {namespace} is being terminated");
    Err(Refusal { causes: vec![("NamespaceTerminating", cause)], ..Refusal::new(403, "Forbidden", message) })
}
