//! Permissions, checked before anything is begun (Kubernetes: `SelfSubjectAccessReview`), and the roles that grant
//! missing ones.

use std::collections::BTreeMap;
use std::fmt;

use futures_util::future::join_all;
use kube::Client;
use serde_json::{Value, json};

use crate::{lease, request};

/// A verb on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    namespace: Option<&'static str>,
    group: &'static str,
    /// Resource with its subresource, such as `pods/eviction`.
    resource: &'static str,
    verb: &'static str,
}

impl Right {
    /// A verb on a resource of an API group, in all namespaces.
    pub const fn new(verb: &'static str, group: &'static str, resource: &'static str) -> Self {
        Self { namespace: None, group, resource, verb }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        match self.namespace {
            Some(namespace) => write!(f, " in {namespace}"),
            None => Ok(()),
        }
    }
}

const fn on_leases(verb: &'static str) -> Right {
    Right { namespace: Some(lease::NAMESPACE), ..Right::new(verb, "coordination.k8s.io", "leases") }
}

const fn in_kube_system(verb: &'static str, group: &'static str, resource: &'static str) -> Right {
    Right { namespace: Some("kube-system"), ..Right::new(verb, group, resource) }
}

/// Permissions of a drain, leases included. Events are not among them: they are written where that is allowed.
pub const DRAIN: [Right; 13] = [
    Right::new("list", "", "nodes"),
    Right::new("watch", "", "nodes"),
    Right::new("patch", "", "nodes"),
    Right::new("list", "", "pods"),
    Right::new("watch", "", "pods"),
    Right::new("create", "", "pods/eviction"),
    Right::new("list", "policy", "poddisruptionbudgets"),
    Right::new("watch", "policy", "poddisruptionbudgets"),
    on_leases("get"),
    on_leases("list"),
    on_leases("create"),
    on_leases("update"),
    on_leases("patch"),
];

/// Further permission of one of several replicas, which follows the leases of the others.
pub const REPLICA: [Right; 1] = [on_leases("watch")];

/// Further permissions of an update.
pub const UPDATE: [Right; 1] = [Right::new("get", "", "nodes")];

/// Further permissions of an update with force, which deletes pods.
pub const FORCE: [Right; 1] = [Right::new("delete", "", "pods")];

/// Further permissions of the embedded cloud, which registers its instances as nodes.
pub const KWOK: [Right; 2] = [Right::new("create", "", "nodes"), Right::new("delete", "", "nodes")];

/// Permissions of an update of a self-managed add-on, which changes objects of kube-system and a role of the cluster.
pub const ADD_ON: [Right; 10] = [
    in_kube_system("get", "apps", "daemonsets"),
    in_kube_system("get", "apps", "deployments"),
    in_kube_system("get", "", "services"),
    in_kube_system("update", "apps", "daemonsets"),
    in_kube_system("update", "apps", "deployments"),
    in_kube_system("update", "", "services"),
    in_kube_system("update", "", "configmaps"),
    in_kube_system("get", "", "configmaps"),
    Right::new("get", "rbac.authorization.k8s.io", "clusterroles"),
    Right::new("update", "rbac.authorization.k8s.io", "clusterroles"),
];

/// Those of `wanted` that the server denies. Where it does not answer they count as granted: the action itself will
/// tell.
pub async fn missing(client: &Client, wanted: impl IntoIterator<Item = Right>) -> Vec<Right> {
    let asked = wanted.into_iter().map(async |right| {
        let (resource, subresource) = right.resource.split_once('/').unwrap_or((right.resource, ""));
        let attributes = json!({
            "verb": right.verb, "group": right.group, "resource": resource, "subresource": subresource,
            "namespace": right.namespace.unwrap_or_default(),
        });
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        });
        let request = request::post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review);
        let answer = request::send::<Value>(client, request).await.unwrap_or_default();
        (answer["status"]["allowed"] == false).then_some(right)
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Roles that grant these permissions and how to bind them, as YAML for `kubectl apply`.
pub fn roles(rights: &[Right]) -> String {
    let mut places: BTreeMap<Option<&str>, BTreeMap<(&str, &str), Vec<&str>>> = BTreeMap::new();
    for right in rights {
        let rules = places.entry(right.namespace).or_default();
        rules.entry((right.group, right.resource)).or_default().push(right.verb);
    }
    let roles = places.iter().map(|(namespace, rules)| {
        let (kind, place) = match namespace {
            Some(namespace) => ("Role", format!("\n  namespace: {namespace}")),
            None => ("ClusterRole", String::new()),
        };
        let rules = rules.iter().map(|((group, resource), verbs)| {
            let verbs = verbs.join(", ");
            format!("  - {{apiGroups: [\"{group}\"], resources: [{resource}], verbs: [{verbs}]}}\n")
        });
        let rules: String = rules.collect();
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: replank-more{place}\n\
             rules:\n{rules}"
        )
    });
    roles.collect::<Vec<_>>().join("---\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roles_grant_what_is_missing_and_no_more() {
        let text = roles(&[DRAIN[2], KWOK[1], DRAIN[5], DRAIN[8]]);
        let wanted = r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: replank-more
rules:
  - {apiGroups: [""], resources: [nodes], verbs: [patch, delete]}
  - {apiGroups: [""], resources: [pods/eviction], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: replank-more
  namespace: kube-system
rules:
  - {apiGroups: ["coordination.k8s.io"], resources: [leases], verbs: [get]}
"#;
        assert_eq!(text, wanted);
        assert_eq!(DRAIN[8].to_string(), "get leases in kube-system");
    }

    #[test]
    fn every_right_that_is_asked_about_is_in_the_roles_that_are_shipped() {
        for right in DRAIN.iter().chain(&UPDATE).chain(&FORCE).chain(&KWOK).chain(&ADD_ON) {
            let resource = format!("resources: [{}]\n", right.resource);
            let rules = crate::RBAC.split(&resource).skip(1);
            let mut verbs = rules.filter_map(|rule| rule.split_once("verbs: [")?.1.split_once(']'));
            assert!(verbs.any(|(verbs, _)| verbs.split(", ").any(|verb| verb == right.verb)), "{right}");
        }
    }
}
