//! Objects that every cluster has from its start and that are created again when deleted: system namespaces, the
//! service `kubernetes`, the contents of each namespace.

use replank_core::names::api_group;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use replank_world::object::{AsGiven, Meta};
use replank_world::store::Other;
use replank_world::world::{SYSTEM_NAMESPACES, World};

/// The objects that the API server creates at its start (Kubernetes 1.34).
const OBJECTS: &str = include_str!("../../data/system-objects.json");

/// The namespace of the service `kubernetes`.
const HOME: &str = "default";

/// Creates the Namespace objects, the contents of each namespace and the objects of the cluster, where
/// missing.
pub fn show_system(world: &mut World) {
    let named = world.store.index.namespaces.iter().map(ToString::to_string);
    let names: BTreeSet<String> = named.chain(SYSTEM_NAMESPACES.map(str::to_owned)).collect();
    for name in &names {
        keep_missing(world, &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    }
    names.iter().for_each(|name| fill_namespace(world, name));
    show_cluster(world, "");
    show_cluster(world, HOME);
}

/// Creates deleted system objects of a namespace again, or those of the cluster for an empty name.
pub(super) fn mend_system(world: &mut World, namespace: &str) {
    show_cluster(world, namespace);
    if !namespace.is_empty() {
        fill_namespace(world, namespace);
    }
}

fn show_cluster(world: &mut World, namespace: &str) {
    // A world without any namespace object is no cluster that clients look at.
    if !is_shown(world) {
        return;
    }
    let all: Vec<Value> = serde_json::from_str(OBJECTS).unwrap_or_default();
    let here = |object: &&Value| object["metadata"]["namespace"].as_str().unwrap_or_default() == namespace;
    all.iter().filter(here).for_each(|object| keep_missing(world, object));
}

fn is_shown(world: &World) -> bool {
    world.store.others.find_in("", "Namespace", "", HOME).is_some()
}

/// Creates the objects that controllers put into each namespace: default service account, root CA.
pub(super) fn fill_namespace(world: &mut World, name: &str) {
    if !is_shown(world) || !world.has_namespace(name) || world.store.index.ending.contains(name) {
        return;
    }
    keep_missing(
        world,
        &json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name},
        }),
    );
    keep_missing(
        world,
        &json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {
                "name": "kube-root-ca.crt", "namespace": name,
                "annotations": {"kubernetes.io/description":
                    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal \
                     endpoints such as the internal service IP or kubernetes.default.svc. No other usage is \
                     guaranteed across distributions of Kubernetes clusters."},
            }, "data": {"ca.crt": ""},
        }),
    );
}

fn keep_missing(world: &mut World, object: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind, meta) = (text(&object["apiVersion"]), text(&object["kind"]), &object["metadata"]);
    let (namespace, name) = (text(&meta["namespace"]), text(&meta["name"]));
    let group = api_group(&version);
    if world.store.find_in(group, &kind, &namespace, &name).is_some() {
        return;
    }
    let mut new = Meta::new(&namespace, &name);
    new.annotations = Arc::new(super::replace::texts(&meta["annotations"]));
    let labels = super::replace::texts(&meta["labels"]);
    let (api_version, kind, raw) = (version.into(), kind.into(), AsGiven::of(object));
    crate::enter::keep(world, Other { meta: new, api_version, kind, raw }, &labels);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::apiserver::testing::world;
    use replank_world::api::{Act, Propagation};

    #[test]
    fn what_belongs_to_a_cluster_is_there_and_comes_back() {
        let (mut world, _) = world();
        super::show_system(&mut world);
        let there = |world: &replank_world::world::World, kind: &str, namespace: &str, name: &str| {
            world.store.find_in("", kind, namespace, name).is_some()
        };
        assert!(there(&world, "Service", "default", "kubernetes"));
        assert!(there(&world, "ServiceAccount", "kube-system", "default"));
        let delete = |kind: &str, namespace: &str, name: &str| Act::Delete {
            group: Some("".into()),
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
            propagation: Propagation::Background,
        };
        world.request(delete("Service", "default", "kubernetes")).unwrap();
        assert!(there(&world, "Service", "default", "kubernetes"));
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "sea"}});
        world.request(Act::Create { object: namespace }).unwrap();
        assert!(there(&world, "ConfigMap", "sea", "kube-root-ca.crt"));
        world.request(delete("ServiceAccount", "sea", "default")).unwrap();
        assert!(there(&world, "ServiceAccount", "sea", "default"));
        world.request(delete("Namespace", "", "sea")).unwrap();
        assert!(!world.has_namespace("sea") && !there(&world, "ServiceAccount", "sea", "default"));
    }
}
