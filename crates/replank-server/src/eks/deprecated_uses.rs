//! Requests to deprecated versions of the API, as the insights of EKS tell them: per version with its clients.

use std::collections::BTreeMap;

use replank_core::api_versions::{find, kind_of_resource, replacement, resource_of, served_since};
use replank_core::version::Minor;
use replank_service::ports::clusters::DeprecatedUse;
use serde_json::{Value, json};

/// The `deprecationDetails` of an insight about a minor: what that stops serving and somebody asked for.
pub(super) fn details<'u>(used: impl Iterator<Item = &'u DeprecatedUse>, minor: Minor) -> Vec<Value> {
    let mut by_version: BTreeMap<[&str; 3], Vec<&DeprecatedUse>> = BTreeMap::new();
    for usage in used {
        by_version.entry([&usage.group, &usage.version, &usage.resource]).or_default().push(usage);
    }
    by_version.into_iter().filter_map(|(gvr, uses)| detail(gvr, &uses, minor)).collect()
}

fn detail([group, version, resource]: [&str; 3], uses: &[&DeprecatedUse], minor: Minor) -> Option<Value> {
    let kind = kind_of_resource(group, version, resource)?;
    find(group, version, kind)?.removed_in.filter(|removed| *removed == minor)?;
    let clients = uses.iter().map(|usage| {
        json!({
            "userAgent": usage.client,
            "numberOfRequestsLast30Days": usage.count,
            "lastRequestTime": usage.last_at,
        })
    });
    let mut detail = json!({
        "usage": path(group, version, resource),
        "stopServingVersion": minor.to_string(),
        "clientStats": clients.collect::<Vec<_>>(),
    });
    if let Some((group, version, kind)) = replacement(group, version, kind, minor) {
        let plural = resource_of(group, kind).unwrap_or(resource);
        detail["replacedWith"] = path(group, version, plural).into();
        if let Some(since) = served_since((group, version, kind)) {
            detail["startServingReplacementVersion"] = since.to_string().into();
        }
    }
    Some(detail)
}

fn path(group: &str, version: &str, resource: &str) -> String {
    if group.is_empty() {
        format!("/api/{version}/{resource}")
    } else {
        format!("/apis/{group}/{version}/{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_told_with_its_clients_under_the_minor_that_drops_it() {
        let usage = |version: &str, client: &str, count| DeprecatedUse {
            group: "flowcontrol.apiserver.k8s.io".into(),
            version: version.into(),
            resource: "flowschemas".into(),
            client: client.into(),
            count,
            last_at: 5.0,
        };
        let used = [usage("v1beta3", "argo", 2), usage("v1beta3", "kubectl", 1), usage("v1beta2", "old", 1)];
        let told = details(used.iter(), Minor(32));
        let base = "/apis/flowcontrol.apiserver.k8s.io";
        assert_eq!(
            told,
            [json!({
                "usage": format!("{base}/v1beta3/flowschemas"),
                "replacedWith": format!("{base}/v1/flowschemas"),
                "stopServingVersion": "1.32",
                "startServingReplacementVersion": "1.29",
                "clientStats": [
                    {"userAgent": "argo", "numberOfRequestsLast30Days": 2, "lastRequestTime": 5.0},
                    {"userAgent": "kubectl", "numberOfRequestsLast30Days": 1, "lastRequestTime": 5.0},
                ],
            })]
        );
        assert_eq!(details(used.iter(), Minor(29))[0]["clientStats"][0]["userAgent"], "old");
        assert!(details(used.iter(), Minor(33)).is_empty());
    }
}
