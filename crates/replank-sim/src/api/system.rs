//! Objects that every cluster has from its start and that are created again when deleted: system namespaces, the
//! service `kubernetes`, the contents of each namespace.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::manifest;
use crate::object::Meta;
use crate::store::Other;
use crate::world::World;

/// The namespaces that every cluster has.
const SYSTEM: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// The objects that the API server creates at its start (Kubernetes 1.34).
const OBJECTS: &str = include_str!("../../data/system-objects.json");

/// The namespace of the service `kubernetes`.
const HOME: &str = "default";

impl World {
    /// Whether a namespace exists; the system's always do.
    pub fn has_namespace(&self, name: &str) -> bool {
        SYSTEM.contains(&name) || self.store.index.namespaces.contains(name)
    }

    /// Creates the Namespace objects, the contents of each namespace and the objects of the cluster, where
    /// missing.
    pub(crate) fn show_system(&mut self) {
        let named = self.store.index.namespaces.iter().map(ToString::to_string);
        let names: BTreeSet<String> = named.chain(SYSTEM.map(str::to_owned)).collect();
        for name in &names {
            self.keep_missing(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        }
        names.iter().for_each(|name| self.fill_namespace(name));
        self.show_cluster("");
        self.show_cluster(HOME);
    }

    /// Creates deleted system objects of a namespace again, or those of the cluster for an empty name.
    pub(super) fn mend_system(&mut self, namespace: &str) {
        self.show_cluster(namespace);
        if !namespace.is_empty() {
            self.fill_namespace(namespace);
        }
    }

    fn show_cluster(&mut self, namespace: &str) {
        // A world without any namespace object is no cluster that clients look at.
        if !self.is_shown() {
            return;
        }
        let all: Vec<Value> = serde_json::from_str(OBJECTS).unwrap_or_default();
        let here =
            |object: &&Value| object["metadata"]["namespace"].as_str().unwrap_or_default() == namespace;
        all.iter().filter(here).for_each(|object| self.keep_missing(object));
    }

    fn is_shown(&self) -> bool {
        self.store.others.find_in("", "Namespace", "", HOME).is_some()
    }

    /// Creates the objects that controllers put into each namespace: default service account, root CA.
    pub(super) fn fill_namespace(&mut self, name: &str) {
        if !self.is_shown() || !self.has_namespace(name) || self.store.index.ending.contains(name) {
            return;
        }
        self.keep_missing(&json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name},
        }));
        self.keep_missing(&json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {
                "name": "kube-root-ca.crt", "namespace": name,
                "annotations": {"kubernetes.io/description":
                    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal \
                     endpoints such as the internal service IP or kubernetes.default.svc. No other usage is \
                     guaranteed across distributions of Kubernetes clusters."},
            }, "data": {"ca.crt": ""},
        }));
    }

    fn keep_missing(&mut self, object: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (version, kind, meta) = (text(&object["apiVersion"]), text(&object["kind"]), &object["metadata"]);
        let (namespace, name) = (text(&meta["namespace"]), text(&meta["name"]));
        let group = version.split_once('/').map_or("", |(group, _)| group);
        if self.store.find_in(group, &kind, &namespace, &name).is_some() {
            return;
        }
        let mut new = Meta::new(&namespace, &name);
        new.annotations = Arc::new(super::replace::texts(&meta["annotations"]));
        let labels = super::replace::texts(&meta["labels"]);
        let (api_version, kind, raw) = (version.into(), kind.into(), Arc::new(object.clone()));
        manifest::keep(self, Other { meta: new, api_version, kind, raw }, &labels);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::testing::world;
    use crate::api::{Act, Propagation};

    #[test]
    fn what_belongs_to_a_cluster_is_there_and_comes_back() {
        let (mut world, _) = world();
        world.show_system();
        let there = |world: &crate::world::World, kind: &str, namespace: &str, name: &str| {
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
