//! Paths and their parameters, so that clients know what a verb accepts.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Served;
use super::component::{Dialect, type_name};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// Media types of patches.
const PATCHES: [&str; 4] = [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
];

/// A verb of a path.
struct Verb {
    method: &'static str,
    action: &'static str,
    parameters: &'static [&'static str],
}

const WRITE: &[&str] = &["dryRun", "fieldManager", "fieldValidation"];
const DELETE: &[&str] = &["dryRun", "gracePeriodSeconds", "propagationPolicy"];
const LIST: &[&str] = &[
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
    "watch",
];

const fn verb(method: &'static str, action: &'static str, parameters: &'static [&'static str]) -> Verb {
    Verb { method, action, parameters }
}

const ALL_OF_LIST: &[Verb] =
    &[verb("get", "list", LIST), verb("post", "post", WRITE), verb("delete", "deletecollection", DELETE)];
const LIST_ALONE: &[Verb] = &[verb("get", "list", LIST)];
const POST_ALONE: &[Verb] = &[verb("post", "post", WRITE)];
const ALL_OF_ITEM: &[Verb] = &[
    verb("get", "get", &[]),
    verb("put", "put", WRITE),
    verb("patch", "patch", &["dryRun", "fieldManager", "fieldValidation", "force"]),
    verb("delete", "delete", DELETE),
];
const PART_OF_ITEM: &[Verb] = &[
    verb("get", "get", &[]),
    verb("put", "put", WRITE),
    verb("patch", "patch", &["dryRun", "fieldManager", "fieldValidation", "force"]),
];

/// Paths of a resource; adds the types they use to `wanted`.
pub(super) fn of(one: &Served<'_>, dialect: Dialect, wanted: &mut BTreeSet<String>) -> Vec<(String, Value)> {
    let name = type_name(one);
    wanted.insert(name.clone());
    let root = format!("/{}", one.root());
    let inside = if one.is_namespaced { format!("{root}/namespaces/{{namespace}}") } else { root.clone() };
    let list = format!("{inside}/{}", one.plural);
    let item = format!("{list}/{{name}}");
    if one.is_posted {
        return vec![(list.clone(), path(one, &list, POST_ALONE, &name, dialect))];
    }
    wanted.insert(format!("{name}List"));
    wanted.extend([format!("{META}.Status"), format!("{META}.DeleteOptions")]);
    let mut found = vec![
        (list.clone(), path(one, &list, ALL_OF_LIST, &name, dialect)),
        (item.clone(), path(one, &item, ALL_OF_ITEM, &name, dialect)),
    ];
    if one.is_namespaced {
        let all = format!("{root}/{}", one.plural);
        found.push((all.clone(), path(one, &all, LIST_ALONE, &name, dialect)));
    }
    for subresource in one.subresources {
        let at = format!("{item}/{subresource}");
        let (verbs, of) = match *subresource {
            "scale" => (PART_OF_ITEM, "io.k8s.api.autoscaling.v1.Scale"),
            "eviction" => (POST_ALONE, "io.k8s.api.policy.v1.Eviction"),
            "binding" => (POST_ALONE, "io.k8s.api.core.v1.Binding"),
            "token" => (POST_ALONE, "io.k8s.api.authentication.v1.TokenRequest"),
            "finalize" => (&PART_OF_ITEM[1..2], name.as_str()),
            "status" | "approval" | "ephemeralcontainers" | "resize" => (PART_OF_ITEM, name.as_str()),
            _ => continue,
        };
        wanted.insert(of.to_owned());
        found.push((at.clone(), path(one, &at, verbs, of, dialect)));
    }
    found
}

fn path(one: &Served<'_>, path: &str, verbs: &[Verb], of: &str, dialect: Dialect) -> Value {
    let mut item = Map::new();
    for verb in verbs {
        item.insert(verb.method.to_owned(), operation(one, path, verb, of, dialect));
    }
    let inside = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<_> = inside.map(|name| parameter(name, "path", dialect)).collect();
    if !parameters.is_empty() {
        item.insert("parameters".to_owned(), Value::Array(parameters));
    }
    Value::Object(item)
}

fn operation(one: &Served<'_>, path: &str, verb: &Verb, of: &str, dialect: Dialect) -> Value {
    let answer = match verb.action {
        "list" => format!("{of}List"),
        "delete" | "deletecollection" => format!("{META}.Status"),
        _ => of.to_owned(),
    };
    let group = if one.group.is_empty() { "core".to_owned() } else { one.group.replace('.', "_") };
    let mut parameters: Vec<_> =
        verb.parameters.iter().map(|name| parameter(name, "query", dialect)).collect();
    let body = match verb.method {
        "post" | "put" => Some(dialect.link(of)),
        "patch" => Some(json!({"type": "object"})),
        "delete" => Some(dialect.link(&format!("{META}.DeleteOptions"))),
        _ => None,
    };
    let (kind_group, kind_version, kind) = kind_of(one, of);
    let mut operation = json!({
        "operationId": operation_id(one, path, verb.action),
        "tags": [format!("{group}_{}", one.version)],
        "x-kubernetes-action": verb.action,
        "x-kubernetes-group-version-kind": {"group": kind_group, "kind": kind, "version": kind_version},
    });
    match dialect {
        Dialect::V2 => {
            if let Some(schema) = body {
                parameters.push(json!({"name": "body", "in": "body", "schema": schema}));
            }
            let consumes = if verb.method == "patch" { &PATCHES[..] } else { &["application/json"] };
            operation["consumes"] = json!(consumes);
            operation["produces"] = json!(["application/json"]);
            operation["responses"] = json!({"200": {"description": "OK", "schema": dialect.link(&answer)}});
        }
        Dialect::V3 => {
            if let Some(schema) = body {
                let types = if verb.method == "patch" { &PATCHES[..] } else { &["application/json"] };
                let content = types.iter().map(|it| ((*it).to_owned(), json!({"schema": schema})));
                operation["requestBody"] = json!({"content": content.collect::<Map<_, _>>()});
            }
            let content = json!({"application/json": {"schema": dialect.link(&answer)}});
            operation["responses"] = json!({"200": {"description": "OK", "content": content}});
        }
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    operation
}

/// Kind of an operation: that of the resource, or of a subresource with another type.
fn kind_of<'a>(one: &Served<'a>, of: &'a str) -> (&'a str, &'a str, &'a str) {
    match of {
        "io.k8s.api.autoscaling.v1.Scale" => ("autoscaling", "v1", "Scale"),
        "io.k8s.api.policy.v1.Eviction" => ("policy", "v1", "Eviction"),
        "io.k8s.api.core.v1.Binding" if one.kind != "Binding" => ("", "v1", "Binding"),
        "io.k8s.api.authentication.v1.TokenRequest" => ("authentication.k8s.io", "v1", "TokenRequest"),
        _ => (one.group, one.version, one.kind),
    }
}

fn operation_id(one: &Served<'_>, path: &str, action: &str) -> String {
    let action = match action {
        "post" => "create",
        "put" => "replace",
        "get" => "read",
        "deletecollection" => "deleteCollection",
        other => other,
    };
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    let group = if one.group.is_empty() { "core" } else { one.group };
    let group: String = group.trim_end_matches(".k8s.io").split('.').map(capital).collect();
    let scope = match (one.is_namespaced, path.contains("{namespace}")) {
        (true, true) => "Namespaced",
        _ => "",
    };
    let last = path.rsplit('/').next().unwrap_or_default();
    let part = if one.subresources.contains(&last) { capital(last) } else { String::new() };
    let all = if one.is_namespaced && scope.is_empty() { "ForAllNamespaces" } else { "" };
    format!("{action}{group}{}{scope}{}{part}{all}", capital(one.version), one.kind)
}

fn parameter(name: &str, place: &str, dialect: Dialect) -> Value {
    let of = match name {
        "limit" | "timeoutSeconds" | "gracePeriodSeconds" => "integer",
        "watch" | "allowWatchBookmarks" | "sendInitialEvents" | "force" => "boolean",
        _ => "string",
    };
    let mut parameter = json!({"name": name, "in": place});
    if place == "path" {
        parameter["required"] = json!(true);
    }
    match dialect {
        Dialect::V2 => {
            parameter["type"] = json!(of);
            parameter["uniqueItems"] = json!(true);
        }
        Dialect::V3 => parameter["schema"] = json!({"type": of, "uniqueItems": true}),
    }
    parameter
}
