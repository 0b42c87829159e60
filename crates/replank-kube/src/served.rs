//! What a server serves: kinds, by discovery, and its metrics.

use kube::Client;
use serde_json::Value;

use crate::lists::{ListError, in_time};
use crate::request;

/// `Accept` header for aggregated discovery (Kubernetes 1.30; before that `v2beta1`). Older servers answer with plain
/// groups.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// A kind that the server can list, in its preferred version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Served {
    /// API group; empty for the core group.
    pub group: String,
    /// Version, such as `v1`.
    pub version: String,
    /// Kind, such as `Pod`.
    pub kind: String,
    /// Resource, such as `pods`.
    pub resource: String,
    /// Whether its objects are namespaced.
    pub is_namespaced: bool,
}

impl Served {
    /// Group and version as in `apiVersion`.
    pub fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// Path at which all its objects are listed.
    pub fn path(&self) -> String {
        format!("{}/{}", root(&self.group, &self.version), self.resource)
    }
}

/// Result of discovery.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// Kinds that can be listed.
    pub kinds: Vec<Served>,
    /// Registered groups that do not answer, such as `metrics.k8s.io/v1beta1`.
    pub silent: Vec<String>,
}

/// Discovers the kinds of a server, each in its preferred version.
pub async fn kinds(client: &Client) -> Result<Discovered, ListError> {
    let mut found = Discovered::default();
    for path in ["/api", "/apis"] {
        let answer = ask(client, path).await?;
        if answer["kind"] == "APIGroupDiscoveryList" {
            items(&answer, "items").for_each(|group| take_group(group, &mut found));
        } else if path == "/api" {
            take_plain(client, "", "v1", &mut found).await;
        } else {
            for group in items(&answer, "groups") {
                let (name, version) = (text(group, "name"), text(&group["preferredVersion"], "version"));
                take_plain(client, name, version, &mut found).await;
            }
        }
    }
    found.kinds.sort();
    Ok(found)
}

/// The metrics of the API server as text; the error has the HTTP status.
pub async fn metrics(client: &Client) -> Result<String, ListError> {
    let path = "/metrics";
    in_time(path, async { client.request_text(request::get(path)?).await }).await
}

async fn ask(client: &Client, path: &str) -> Result<Value, ListError> {
    let asked = http::Request::get(path).header("accept", AGGREGATED).body(Vec::new());
    in_time(path, request::send(client, asked.map_err(kube::Error::HttpError))).await
}

/// Reads one group of aggregated discovery; its versions come in order of preference.
fn take_group(group: &Value, found: &mut Discovered) {
    let name = text(&group["metadata"], "name");
    let first = found.kinds.len();
    for version in items(group, "versions") {
        if version["freshness"] == "Stale" {
            found.silent.push(api_version(name, text(version, "version")));
        }
        for resource in items(version, "resources") {
            let served = Served {
                group: name.to_owned(),
                version: text(version, "version").to_owned(),
                kind: text(&resource["responseKind"], "kind").to_owned(),
                resource: text(resource, "resource").to_owned(),
                is_namespaced: resource["scope"] == "Namespaced",
            };
            let is_known = found.kinds[first..].iter().any(|known| known.resource == served.resource);
            if lists(resource) && !is_known {
                found.kinds.push(served);
            }
        }
    }
}

/// Reads one version of a group from servers without aggregated discovery.
async fn take_plain(client: &Client, group: &str, version: &str, found: &mut Discovered) {
    let Ok(answer) = ask(client, &root(group, version)).await else {
        found.silent.push(api_version(group, version));
        return;
    };
    for resource in items(&answer, "resources").filter(|it| lists(it) && !text(it, "name").contains('/')) {
        found.kinds.push(Served {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: text(resource, "kind").to_owned(),
            resource: text(resource, "name").to_owned(),
            is_namespaced: resource["namespaced"] == true,
        });
    }
}

fn lists(resource: &Value) -> bool {
    items(resource, "verbs").any(|verb| verb == "list")
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// Path of a version of a group.
fn root(group: &str, version: &str) -> String {
    format!("/{}/{}", if group.is_empty() { "api" } else { "apis" }, api_version(group, version))
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value[name].as_array().into_iter().flatten()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_comes_once_in_the_preferred_version_and_a_silent_group_is_named() {
        let resource = |name: &str, kind: &str, verbs: &[&str]| json!({"resource": name, "responseKind": {"kind": kind}, "scope": "Namespaced", "verbs": verbs});
        let scalers = resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", &["get", "list"]);
        let group = json!({"metadata": {"name": "autoscaling"}, "versions": [
            {"version": "v2", "resources": [scalers, resource("reviews", "Review", &["create"])]},
            {"version": "v1", "resources": [scalers]},
        ]});
        let stale = json!({"metadata": {"name": "metrics.k8s.io"}, "versions": [
            {"version": "v1beta1", "freshness": "Stale", "resources": []},
        ]});
        let mut found = Discovered::default();
        take_group(&group, &mut found);
        take_group(&stale, &mut found);
        let paths: Vec<String> = found.kinds.iter().map(Served::path).collect();
        assert_eq!(paths, ["/apis/autoscaling/v2/horizontalpodautoscalers"]);
        assert_eq!(found.silent, ["metrics.k8s.io/v1beta1"]);
    }
}
