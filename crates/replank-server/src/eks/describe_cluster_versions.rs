//! `DescribeClusterVersions`.

use replank_service::ports::Account;
use serde_json::{Value, json};

use super::{EksError, Input, page};
use crate::app::App;
use replank_service::catalogue::{ClusterVersion, clusters};
use replank_service::seconds;

/// Minor of new clusters when the request names none.
pub(super) const DEFAULT_MINOR: u32 = 34;

/// Lists minors, newest first; those without support only when they are asked for.
pub(super) fn run<A: Account>(_app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let now = replank_service::now();
    let named = input.texts("clusterVersions");
    let wanted = |version: &&ClusterVersion| {
        let (status, old_status) = version.support(now);
        let by_status = match (input.given("versionStatus"), input.given("status")) {
            (Some(wanted), _) => wanted == status,
            (None, Some(wanted)) => wanted == old_status,
            (None, None) => status != "UNSUPPORTED" || input.flag("includeAll") || !named.is_empty(),
        };
        let by_name = named.is_empty() || named.contains(&&*version.minor.to_string());
        by_status && by_name && (!input.flag("defaultOnly") || version.minor.0 == DEFAULT_MINOR)
    };
    let no_type = input.given("clusterType").is_some_and(|kind| kind != "eks");
    let found: Vec<(String, Value)> = clusters()
        .iter()
        .rev()
        .filter(|version| !no_type && wanted(version))
        .map(|version| (version.minor.to_string(), shown(version, now)))
        .collect();
    let (found, token) = page::page(found, |(name, _)| name, input)?;
    let found: Vec<Value> = found.into_iter().map(|(_, shown)| shown).collect();
    Ok(page::output("clusterVersions", found.into(), token))
}

fn shown(version: &ClusterVersion, now: jiff::Timestamp) -> Value {
    let (status, old_status) = version.support(now);
    let [from, standard, extended] = version.days.map(seconds);
    json!({
        "clusterVersion": version.minor.to_string(),
        "clusterType": "eks",
        "defaultPlatformVersion": version.platform,
        "defaultVersion": version.minor.0 == DEFAULT_MINOR,
        "releaseDate": from,
        "endOfStandardSupportDate": standard,
        "endOfExtendedSupportDate": extended,
        "status": old_status,
        "versionStatus": status,
        "kubernetesPatchVersion": version.patch,
    })
}
