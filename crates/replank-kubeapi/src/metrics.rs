//! `/metrics`: the one metric of an API server that says something of a world that runs in virtual time, requests to
//! deprecated versions.

use std::collections::BTreeSet;
use std::fmt::Write;

use replank_core::api_versions;
use replank_world::world::World;

const NAME: &str = "apiserver_requested_deprecated_apis";

/// The page, in the text format of Prometheus.
pub(crate) fn page(world: &World) -> String {
    let mut page = format!(
        "# HELP {NAME} [STABLE] Gauge of deprecated APIs that have been requested, broken out by API group, version, \
         resource, subresource, and removed_release.\n# TYPE {NAME} gauge\n"
    );
    let asked =
        world.deprecated_requests.iter().map(|(asked, _)| (&asked.group, &asked.version, &asked.resource));
    for (group, version, resource) in asked.collect::<BTreeSet<_>>() {
        let kind = api_versions::kind_of_resource(group, version, resource);
        let removed = kind.and_then(|kind| api_versions::find(group, version, kind)?.removed_in);
        let removed = removed.map_or(String::new(), |minor| minor.to_string());
        // Writing into a text never fails.
        let _written = writeln!(
            page,
            "{NAME}{{group=\"{group}\",removed_release=\"{removed}\",resource=\"{resource}\",subresource=\"\",\
             version=\"{version}\"}} 1"
        );
    }
    page
}
