//! Creating objects: admission checks and the fields that the server fills in.

use replank_core::names::api_group;
use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::references;
use replank_formats::manifest::{self, Given, Object};
use replank_world::api::Outcome;
use replank_world::queue::Work;
use replank_world::refusal::Refusal;
use replank_world::rng::Delay;
use replank_world::store::Ref;
use replank_world::time::Span;
use replank_world::world::World;

/// Refuses objects in a terminating namespace with 403 (Kubernetes: admission `NamespaceLifecycle`).
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

/// Creates an object from its JSON.
pub(super) fn create(world: &mut World, object: &Value) -> Result<Outcome, Refusal> {
    let object = named(world, object);
    let given = manifest::admit(&object, &world.known)?;
    references::check(&given.kind, &given.name, &object["metadata"]["ownerReferences"])?;
    let (kind, version) = (given.kind.clone(), given.api_version.clone());
    let group = api_group(&version);
    let (namespace, name) = (given.namespace.clone(), given.name.clone());
    let outcome = put_in(world, given)?;
    let at = match outcome {
        Outcome::Written(at) => Some(at),
        _ => world.store.others.find_in(group, &kind, &namespace, &name).map(Ref::Other),
    };
    if let Some(at @ Ref::Other(_)) = at {
        references::entered(world, at);
    }
    if &*kind == "Namespace" && group.is_empty() {
        super::system::fill_namespace(world, &name);
    }
    let managed = &object["metadata"]["managedFields"];
    if let Some(uid) = at.and_then(|at| world.store.meta(at)).map(|meta| meta.uid)
        && managed.as_array().is_some_and(|managed| !managed.is_empty())
    {
        world.store.managed.insert(uid, Arc::new(managed.clone()));
    }
    Ok(outcome)
}

/// Binds a pod to a node (`pods/binding`); 409 when it is bound already.
pub(super) fn bind(world: &mut World, namespace: &str, name: &str, node: &str) -> Result<Outcome, Refusal> {
    let id = world.store.pods.find(namespace, name).ok_or_else(|| Refusal::not_found("pods", name))?;
    let node = world.store.nodes.find("", node).ok_or_else(|| Refusal::not_found("nodes", node))?;
    if world.store.pods.get(id).is_some_and(|pod| pod.node.is_some()) {
        let why = format!("pod {name} is already assigned to a node");
        let message = format!("Operation cannot be fulfilled on pods/binding \"{name}\": {why}");
        return Err(Refusal::new(409, "Conflict", message));
    }
    world.bind_pod(id, node);
    Ok(Outcome::Written(Ref::Pod(id)))
}

/// Stores an admitted object. Fails when its name is taken or its namespace is missing or terminating.
pub(super) fn put_in(world: &mut World, mut given: Given) -> Result<Outcome, Refusal> {
    let (namespace, name) = (given.namespace.clone(), given.name.clone());
    if !namespace.is_empty() {
        let resource = super::update::resource_of(&given.kind).to_owned();
        if !world.has_namespace(&namespace) {
            return Err(Refusal::not_found("namespaces", &namespace));
        }
        namespace_open(world, &namespace, &resource, &name)?;
    }
    let meta = given.object.meta_mut();
    meta.generation = meta.generation.max(1);
    if let Some(owners) = &meta.references {
        meta.owner = references::controller(world, &namespace, owners);
    }
    match &given.object {
        Object::PriorityClass(class, _) => {
            world.known.priority_classes.insert(name.to_string(), *class);
        }
        Object::Other(other) if &*other.kind == "Namespace" => {
            if world.has_namespace(&name) {
                let message = format!("namespaces \"{name}\" already exists");
                return Err(Refusal::new(409, "AlreadyExists", message));
            }
            world.store.index.namespaces.insert(name.clone());
        }
        _ => {}
    }
    let Some(at) = crate::enter::enter(world, given)? else { return Ok(Outcome::Kept) };
    if let Ref::Budget(id) = at {
        // Which comes first, the controller's look at a new budget or the pods made at the same time, is a race in
        // a real control plane (finding 5): a budget over pods of a Job refuses in one way or the other for ever.
        let place = format!("{namespace}/{name}");
        let pause = Delay::Between(Span::millis(2), Span::millis(25));
        let pause = pause.draw(world.chance, "first look at a budget", &place, 0);
        world.queue.set(world.now + pause, Work::Budget(id));
    }
    references::entered(world, at);
    let orphaned = world.store.meta(at).and_then(|meta| meta.owner.as_ref()).is_some_and(|owner| {
        owner.at.is_none() && world.store.find(&owner.kind, &namespace, &owner.name).is_none()
    });
    if orphaned {
        world.soon(Work::Garbage(at));
    }
    Ok(Outcome::Written(at))
}

/// Fills in the name where only `metadata.generateName` is given.
fn named<'a>(world: &World, object: &'a Value) -> Cow<'a, Value> {
    let meta = &object["metadata"];
    let (None, Some(base)) = (meta["name"].as_str(), meta["generateName"].as_str()) else {
        return Cow::Borrowed(object);
    };
    let kind = object["kind"].as_str().unwrap_or_default();
    let namespace = meta["namespace"].as_str().unwrap_or(&world.known.namespace);
    let name = world.generated_name(kind, namespace, base);
    let mut object = object.clone();
    object["metadata"]["name"] = Value::String(name);
    Cow::Owned(object)
}

#[cfg(test)]
mod tests;
