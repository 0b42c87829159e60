//! Paths of the API.

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/healthz`, `/livez`, `/readyz`, and single checks below them.
    Health,
    /// `/version`: the release of the server.
    Version,
    /// `/`: the paths that there are.
    Root,
    /// `/api`: versions of the core group.
    Api,
    /// `/apis`: all other groups with their versions.
    Apis,
    /// `/apis/G`.
    Group(String),
    /// `/api/v1`, `/apis/G/V`.
    GroupVersion(String, String),
    /// `/openapi/v2`.
    OpenApiV2,
    /// `/openapi/v3`, or what is below it.
    OpenApiV3(Option<String>),
    /// `/metrics`: who asked for deprecated versions, and nothing else.
    Metrics,
    /// A collection, an object, or a subresource of one.
    Resource(Target),
    /// Nothing.
    Nowhere,
}

/// A resource or object in a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) namespace: Option<String>,
    pub(crate) plural: String,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
}

/// Reads a path.
pub(crate) fn route(path: &str) -> Route {
    let parts: Option<Vec<String>> =
        path.split('/').filter(|part| !part.is_empty()).map(|part| decoded(part, false)).collect();
    let Some(parts) = parts else { return Route::Nowhere };
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts[..] {
        [] => Route::Root,
        ["healthz" | "livez" | "readyz", ..] => Route::Health,
        ["version"] => Route::Version,
        ["metrics"] => Route::Metrics,
        ["openapi", "v2"] => Route::OpenApiV2,
        ["openapi", "v3"] => Route::OpenApiV3(None),
        ["openapi", "v3", ref rest @ ..] => Route::OpenApiV3(Some(rest.join("/"))),
        ["api"] => Route::Api,
        ["apis"] => Route::Apis,
        ["api", version] => Route::GroupVersion(String::new(), version.to_owned()),
        ["apis", group] => Route::Group(group.to_owned()),
        ["apis", group, version] => Route::GroupVersion(group.to_owned(), version.to_owned()),
        ["api", version, ref rest @ ..] => target("", version, rest),
        ["apis", group, version, ref rest @ ..] => target(group, version, rest),
        _ => Route::Nowhere,
    }
}

fn target(group: &str, version: &str, rest: &[&str]) -> Route {
    let own = |text: &str| Some(text.to_owned());
    let base = Target { group: group.to_owned(), version: version.to_owned(), ..Target::default() };
    let target = match *rest {
        // A namespace is an object, and a place for others.
        ["namespaces", name] => Target { plural: "namespaces".to_owned(), name: own(name), ..base },
        ["namespaces", name, sub @ ("status" | "finalize")] => {
            Target { plural: "namespaces".to_owned(), name: own(name), subresource: own(sub), ..base }
        }
        ["namespaces", namespace, plural] => {
            Target { namespace: own(namespace), plural: plural.to_owned(), ..base }
        }
        ["namespaces", namespace, plural, name] => {
            Target { namespace: own(namespace), plural: plural.to_owned(), name: own(name), ..base }
        }
        ["namespaces", namespace, plural, name, ref sub @ ..] => Target {
            namespace: own(namespace),
            plural: plural.to_owned(),
            name: own(name),
            subresource: Some(sub.join("/")),
            ..base
        },
        // A path to nothing, and the old form of a watch.
        [] | ["watch", ..] => return Route::Nowhere,
        [plural] => Target { plural: plural.to_owned(), ..base },
        [plural, name] => Target { plural: plural.to_owned(), name: own(name), ..base },
        [plural, name, ref sub @ ..] => {
            Target { plural: plural.to_owned(), name: own(name), subresource: Some(sub.join("/")), ..base }
        }
    };
    Route::Resource(target)
}

/// Decodes percent encoding; `None` when it is invalid.
pub(crate) fn decoded(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                (digit(rest.next())? * 16 + digit(rest.next())?) as u8
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{Route, decoded, route};

    #[test]
    fn paths_lead_where_they_lead_in_a_real_server() {
        let shown = |path: &str| match route(path) {
            Route::Resource(it) => format!(
                "{}/{} {} {} {} {}",
                it.group,
                it.version,
                it.namespace.as_deref().unwrap_or("-"),
                it.plural,
                it.name.as_deref().unwrap_or("-"),
                it.subresource.as_deref().unwrap_or("-")
            ),
            other => format!("{other:?}"),
        };
        for (path, wanted) in [
            ("/api/v1/nodes", "/v1 - nodes - -"),
            ("/api/v1/nodes/a", "/v1 - nodes a -"),
            ("/api/v1/namespaces", "/v1 - namespaces - -"),
            ("/api/v1/namespaces/shop", "/v1 - namespaces shop -"),
            ("/api/v1/namespaces/shop/finalize", "/v1 - namespaces shop finalize"),
            ("/api/v1/namespaces/shop/pods", "/v1 shop pods - -"),
            ("/api/v1/namespaces/shop/pods/a/eviction", "/v1 shop pods a eviction"),
            ("/api/v1/namespaces/shop/services/a/proxy/x/y", "/v1 shop services a proxy/x/y"),
            ("/apis/apps/v1/namespaces/shop/deployments/web/scale", "apps/v1 shop deployments web scale"),
            ("/apis/apps/v1/deployments", "apps/v1 - deployments - -"),
            ("/api/v1/nodes/a%2Eb", "/v1 - nodes a.b -"),
            ("/apis/apps/v1", "GroupVersion(\"apps\", \"v1\")"),
            ("/api/v1/", "GroupVersion(\"\", \"v1\")"),
            ("/readyz/etcd", "Health"),
            ("/nothing", "Nowhere"),
            ("/api/v1/nodes/%zz", "Nowhere"),
            ("/api/v1/nodes/%ff", "Nowhere"),
        ] {
            assert_eq!(shown(path), wanted, "{path}");
        }
        assert_eq!(decoded("a+b%20c", true).as_deref(), Some("a b c"));
    }
}
