//! `--against`: every object tried on an API server of the target version, which stores nothing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use futures_util::future::join_all;
use replank_check::version::Version;
use replank_check::{Answered, Item, group_version};
use replank_kube::Connection;
use replank_kube::dry_run::{self, Tried};
use replank_kube::lists::version;
use replank_kube::served::{self, Served};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::Looked;
use crate::cli::Reach;
use crate::errors::bad;
use crate::real::connect::connection;
use crate::runtime;

/// Number of objects that are tried at the same time.
const AT_ONCE: usize = 8;
/// Namespace that every object is tried in: it is there on every server, and nothing is stored in it.
const NAMESPACE: &str = "default";
/// Kinds that nobody applies, or whose content is nobody else's business.
const LEFT_OUT: [&str; 13] = [
    "APIService",
    "ConfigMap",
    "ControllerRevision",
    "CSINode",
    "Endpoints",
    "EndpointSlice",
    "Event",
    "KubeletConfiguration",
    "KubeProxyConfiguration",
    "Lease",
    "Node",
    "Secret",
    "VolumeAttachment",
];
/// Members that the server sets, or that belong to the cluster that the object is in.
const OF_SERVER: [&str; 9] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];
/// Words of Kubernetes where a user lacks the verb.
const CANNOT_CREATE: &str = "cannot create resource";
/// Addresses and ports that a service has in its cluster alone.
const OF_SERVICE: [&str; 3] = ["clusterIP", "clusterIPs", "healthCheckNodePort"];

/// Tries the objects on the server of that context.
pub(super) fn ask(context: &str, reach: &Reach, target: Version, looked: &mut Looked) -> Result<()> {
    let runtime = runtime::threads()?;
    let there = Reach { context: Some(context.to_owned()), kubeconfig: reach.kubeconfig.clone() };
    let connection = connection(&runtime, &there)?;
    let serves = runtime.block_on(version(&connection.client)).map_err(|error| bad(error.to_string()))?;
    if Version::parse(&serves).is_none_or(|serves| serves.minor != target.minor) {
        return Err(bad(format!(
            "--against {context}: {} serves {serves}, and the target is {target}: name a server of that minor, or leave \
             it out",
            connection.server
        )));
    }
    runtime.block_on(try_all(&connection, looked)).map_err(|error| bad(error.to_string()))
}

async fn try_all(
    connection: &Connection,
    looked: &mut Looked,
) -> std::result::Result<(), replank_kube::lists::ListError> {
    let found = served::kinds(&connection.client).await?;
    let kinds: BTreeMap<(&str, &str), &Served> =
        found.kinds.iter().map(|kind| ((&*kind.group, &*kind.kind), kind)).collect();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    let mut asked = Vec::new();
    for (number, item) in looked.subject.items.iter().enumerate().filter(|(_, item)| is_tried(item)) {
        let (group, version) = group_version(item.api_version());
        match kinds.get(&(group, item.kind())) {
            Some(kind) => {
                asked.push((number, dry_run::path(kind, version, NAMESPACE), bare(&item.object, kind)));
            }
            None => drop(unknown.insert(format!("{} {}", item.api_version(), item.kind()))),
        }
    }
    // Definitions come first: a server that refuses one has no use for its objects.
    asked.sort_by_key(|(number, ..)| looked.subject.items[*number].kind() != "CustomResourceDefinition");
    let turns = Semaphore::new(AT_ONCE);
    let answers = join_all(asked.iter().map(async |(number, path, object)| {
        let _turn = turns.acquire().await;
        (*number, dry_run::create(&connection.client, path, object).await)
    }));
    let (mut count, mut silent, mut withheld) = (0, Vec::new(), 0);
    for (number, answer) in answers.await {
        match answer {
            Ok(tried) if is_of_user(&tried) => {
                withheld += 1;
                let item = &looked.subject.items[number];
                let (group, _) = group_version(item.api_version());
                let kind = kinds.get(&(group, item.kind()));
                if let Some(kind) = kind.filter(|_| tried.message.contains(CANNOT_CREATE)) {
                    let right = (group.to_owned(), kind.resource.clone(), "create".to_owned());
                    looked.lacking_there.insert(right);
                }
            }
            Ok(tried) => {
                count += 1;
                let refused = refusal(tried.code, tried.message);
                if refused.is_some() || !tried.warnings.is_empty() {
                    looked.subject.answered.push(Answered {
                        item: number,
                        warnings: tried.warnings,
                        refused,
                    });
                }
            }
            Err(error) => silent.push(error.to_string()),
        }
    }
    tell(looked, &connection.server, count, &silent, withheld, unknown);
    Ok(())
}

/// Tells how many objects were tried, and which were not and why.
fn tell(
    looked: &mut Looked,
    server: &str,
    count: usize,
    silent: &[String],
    withheld: usize,
    unknown: BTreeSet<String>,
) {
    looked.at.push(format!("{count} objects tried on {server}, which stored nothing"));
    if let Some(first) = silent.first() {
        looked.unseen.push(format!("{} objects got no answer from {}: {first}", silent.len(), server));
    }
    if withheld > 0 {
        looked.unseen.push(format!(
            "{server} does not let this user create {withheld} of the objects, which a trial takes though nothing is stored"
        ));
    }
    if !unknown.is_empty() {
        let named = unknown.into_iter().collect::<Vec<_>>().join(", ");
        looked.unseen.push(format!("{server} has no such kinds, so their objects were not tried: {named}"));
    }
}

/// Whether somebody applies such an object.
fn is_tried(item: &Item) -> bool {
    let owners = item.object["metadata"]["ownerReferences"].as_array();
    let is_made = owners.into_iter().flatten().any(|owner| owner["controller"] == true);
    item.is_current() && !is_made && !LEFT_OUT.contains(&item.kind())
}

/// The object as somebody would apply it to a new cluster.
fn bare(object: &Value, kind: &Served) -> Value {
    let mut object = object.clone();
    if let Some(whole) = object.as_object_mut() {
        whole.remove("status");
    }
    if let Some(meta) = object["metadata"].as_object_mut() {
        OF_SERVER.iter().for_each(|member| drop(meta.remove(*member)));
        if kind.is_namespaced {
            meta.insert("namespace".to_owned(), NAMESPACE.into());
        } else {
            meta.remove("namespace");
        }
    }
    if kind.kind == "Service"
        && let Some(spec) = object["spec"].as_object_mut()
    {
        OF_SERVICE.iter().for_each(|member| drop(spec.remove(*member)));
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            port.as_object_mut().map(|port| port.remove("nodePort"));
        }
    }
    object
}

/// Whether the answer is about who asks, who may not create such objects there, or grants in roles what it does not have.
fn is_of_user(tried: &Tried) -> bool {
    let words = [CANNOT_CREATE, "is attempting to grant RBAC permissions not currently held"];
    tried.code == 403 && words.iter().any(|words| tried.message.contains(words))
}

/// Why the server does not take the object. That it is there already, or that something is missing there which is here,
/// says nothing about the object.
fn refusal(code: u16, message: String) -> Option<String> {
    let of_cluster = ["error looking up service account", "no PriorityClass with name"];
    let is_about_it = match code {
        404 => true,
        400 | 403 | 422 => !of_cluster.iter().any(|words| message.contains(words)),
        _ => false,
    };
    let message = if code == 404 { "it does not serve this version of the kind".to_owned() } else { message };
    is_about_it.then_some(message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_sent_as_somebody_would_apply_it() {
        let kind = |kind: &str, is_namespaced| Served {
            group: String::new(),
            version: "v1".to_owned(),
            kind: kind.to_owned(),
            resource: "things".to_owned(),
            is_namespaced,
        };
        let service = json!({
            "kind": "Service",
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7", "labels": {"a": "b"}},
            "spec": {"clusterIP": "10.0.0.1", "type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]},
            "status": {"loadBalancer": {}},
        });
        assert_eq!(
            bare(&service, &kind("Service", true)),
            json!({
                "kind": "Service",
                "metadata": {"name": "web", "namespace": "default", "labels": {"a": "b"}},
                "spec": {"type": "NodePort", "ports": [{"port": 80}]},
            })
        );
        let role = json!({"metadata": {"name": "view", "namespace": "shop"}});
        assert_eq!(bare(&role, &kind("ClusterRole", false)), json!({"metadata": {"name": "view"}}));
    }

    #[test]
    fn what_the_user_may_not_do_is_no_fault_of_the_object() {
        let tried = |code, message: &str| Tried { code, message: message.to_owned(), ..Tried::default() };
        let rights = "deployments.apps is forbidden: User \"eve\" cannot create resource \"deployments\" in API group \
                      \"apps\" in the namespace \"default\"";
        assert!(is_of_user(&tried(403, rights)));
        let grant = "roles.rbac.authorization.k8s.io \"all\" is forbidden: user \"eve\" (groups=[]) is attempting to grant \
                     RBAC permissions not currently held:\n{APIGroups:[\"*\"]}";
        assert!(is_of_user(&tried(403, grant)));
        assert!(!is_of_user(&tried(403, "pods \"a\" is forbidden: violates PodSecurity \"restricted\"")));
    }

    #[test]
    fn only_what_is_about_the_object_counts() {
        assert_eq!(refusal(201, String::new()), None);
        assert_eq!(refusal(409, "already exists".into()), None);
        assert_eq!(refusal(422, "spec.x: Invalid value".into()), Some("spec.x: Invalid value".to_owned()));
        let account = "pods \"a\" is forbidden: error looking up service account default/a: not found";
        assert_eq!(refusal(403, account.into()), None);
        assert!(refusal(404, "the server could not find the requested resource".into()).is_some());
    }
}
