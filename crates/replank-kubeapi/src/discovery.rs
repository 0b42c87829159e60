//! Discovery of groups, versions and resources, in the legacy and the aggregated form.

use std::sync::Arc;

use replank_core::behaviour::Behaviour;
use replank_world::world::World;
use serde_json::{Value, json};

use crate::resource::{Resource, built_in, served};
use crate::wire::accept::Form;
use crate::wire::answer::Answer;

/// Versions in order of preference, with their resources.
type Versions = Vec<(String, Vec<Arc<Resource>>)>;

/// API groups in order of discovery.
fn groups(world: &World) -> Vec<(String, Versions)> {
    let mut groups: Vec<(String, Versions)> = Vec::new();
    for resource in built_in().iter().cloned().chain(served(world)) {
        let resource = of_version(world, resource);
        let at = groups.iter().position(|(group, _)| *group == resource.group).unwrap_or_else(|| {
            groups.push((resource.group.clone(), Vec::new()));
            groups.len() - 1
        });
        let versions = &mut groups[at].1;
        match versions.iter_mut().find(|(version, _)| *version == resource.version) {
            Some((_, resources)) => resources.push(resource),
            None => versions.push((resource.version.clone(), vec![resource])),
        }
    }
    groups
}

/// The resource as the version of the control plane has it.
fn of_version(world: &World, resource: Arc<Resource>) -> Arc<Resource> {
    let resizes = resource.kind == "Pod" && resource.group.is_empty();
    if !resizes || world.known.version.has(Behaviour::PodResize) {
        return resource;
    }
    let mut older = Resource::clone(&resource);
    older.subresources.retain(|subresource| subresource != "resize");
    Arc::new(older)
}

/// Versions of the core group; in the aggregated form with their resources.
pub(crate) fn api(world: &World, form: Form, server: &str) -> Answer {
    if let Form::Discovery(version) = form {
        return aggregated(version, groups(world).into_iter().filter(|(group, _)| group.is_empty()));
    }
    Answer::Object(
        200,
        json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": server}],
        }),
    )
}

/// All other groups with their versions; in the aggregated form with their resources.
pub(crate) fn apis(world: &World, form: Form) -> Answer {
    let named = groups(world).into_iter().filter(|(group, _)| !group.is_empty());
    if let Form::Discovery(version) = form {
        return aggregated(version, named);
    }
    let groups: Vec<Value> = named.map(|(name, versions)| group_of(&name, &versions)).collect();
    Answer::Object(200, json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
}

/// `/apis/G`.
pub(crate) fn group(world: &World, name: &str) -> Option<Answer> {
    let (name, versions) = groups(world).into_iter().find(|(group, _)| group == name && !group.is_empty())?;
    let mut group = group_of(&name, &versions);
    group["kind"] = json!("APIGroup");
    group["apiVersion"] = json!("v1");
    Some(Answer::Object(200, group))
}

/// Whether a group and version has any resource.
pub(crate) fn serves(world: &World, group: &str, version: &str) -> bool {
    let found = groups(world).into_iter().find(|(name, _)| name == group);
    found.is_some_and(|(_, versions)| versions.into_iter().any(|(name, _)| name == version))
}

/// `/api/v1`, `/apis/G/V`.
pub(crate) fn version(world: &World, group: &str, version: &str) -> Option<Answer> {
    let (_, versions) = groups(world).into_iter().find(|(name, _)| name == group)?;
    let (_, resources) = versions.into_iter().find(|(name, _)| name == version)?;
    let mut list = Vec::new();
    for resource in &resources {
        let mut one = json!({
            "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
            "kind": resource.kind, "verbs": resource.verbs(),
        });
        if !resource.short.is_empty() {
            one["shortNames"] = json!(resource.short);
        }
        if !resource.categories.is_empty() {
            one["categories"] = json!(resource.categories);
        }
        list.push(one);
        for name in &resource.subresources {
            let ([group, version, kind], verbs) = subresource(resource, name);
            let mut one = json!({
                "name": format!("{}/{name}", resource.plural), "singularName": "",
                "namespaced": resource.namespaced, "kind": kind, "verbs": verbs,
            });
            if (group.as_str(), version.as_str()) != (&resource.group, &resource.version) {
                one["group"] = json!(group);
                one["version"] = json!(version);
            }
            list.push(one);
        }
    }
    let version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    Some(Answer::Object(
        200,
        json!({
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": list,
        }),
    ))
}

fn group_of(name: &str, versions: &Versions) -> Value {
    let one = |version: &str| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let all: Vec<Value> = versions.iter().map(|(version, _)| one(version)).collect();
    json!({"name": name, "preferredVersion": all.first(), "versions": all})
}

fn aggregated(form: &'static str, groups: impl Iterator<Item = (String, Versions)>) -> Answer {
    let items = groups.map(|(name, versions)| {
        let versions: Vec<Value> = versions
            .iter()
            .map(|(version, resources)| {
                let resources: Vec<Value> = resources.iter().map(|one| aggregated_resource(one)).collect();
                json!({"version": version, "freshness": "Current", "resources": resources})
            })
            .collect();
        let meta = if name.is_empty() {
            json!({"creationTimestamp": null})
        } else {
            json!({"name": name, "creationTimestamp": null})
        };
        json!({"metadata": meta, "versions": versions})
    });
    let items: Vec<Value> = items.collect();
    let list = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{form}"), "metadata": {},
        "items": items,
    });
    let media_type = if form == "v2" {
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    } else {
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
    };
    Answer::Form(media_type, list)
}

fn aggregated_resource(resource: &Resource) -> Value {
    let kind = |[group, version, kind]: [&str; 3]| json!({"group": group, "version": version, "kind": kind});
    let mut one = json!({
        "resource": resource.plural, "responseKind": kind([&resource.group, &resource.version, &resource.kind]),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular, "verbs": resource.verbs(),
    });
    if !resource.short.is_empty() {
        one["shortNames"] = json!(resource.short);
    }
    if !resource.categories.is_empty() {
        one["categories"] = json!(resource.categories);
    }
    let subresources = resource.subresources.iter().map(|name| {
        let ([group, version, of], verbs) = subresource(resource, name);
        json!({"subresource": name, "responseKind": kind([&group, &version, &of]), "verbs": verbs})
    });
    let subresources: Vec<Value> = subresources.collect();
    if !subresources.is_empty() {
        one["subresources"] = Value::Array(subresources);
    }
    one
}

/// Group, version and kind of a subresource's body, and its verbs.
fn subresource(resource: &Resource, name: &str) -> ([String; 3], &'static [&'static str]) {
    let own = [&resource.group, &resource.version, &resource.kind].map(Clone::clone);
    let of = |group: &str, version: &str, kind: &str| [group, version, kind].map(str::to_owned);
    match name {
        "eviction" => (of("policy", "v1", "Eviction"), &["create"]),
        "binding" => (of("", "v1", "Binding"), &["create"]),
        "scale" => (of("autoscaling", "v1", "Scale"), &["get", "patch", "update"]),
        "token" => (of("authentication.k8s.io", "v1", "TokenRequest"), &["create"]),
        "log" => (own, &["get"]),
        "attach" => (of("", "v1", "PodAttachOptions"), &["create", "get"]),
        "exec" => (of("", "v1", "PodExecOptions"), &["create", "get"]),
        "portforward" => (of("", "v1", "PodPortForwardOptions"), &["create", "get"]),
        "proxy" => {
            let kind = format!("{}ProxyOptions", resource.kind);
            (of("", "v1", &kind), &["create", "delete", "get", "patch", "update"])
        }
        "finalize" => (own, &["update"]),
        _ => (own, &["get", "patch", "update"]),
    }
}
