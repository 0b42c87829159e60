//! Checks that what a request names in path and query exists, before anything else is checked.

use replank_service::ports::Account;
use replank_service::records::{Key, Kind};

use super::{EksError, Exception, tags};
use crate::app::App;
use crate::model::Routed;
use crate::uri;

/// Refuses a request that names something that does not exist. Empty names are left to the model, which refuses them.
pub(super) fn check<A: Account>(app: &App<A>, routed: &Routed<'_>, query: &str) -> Result<(), EksError> {
    if let Some(arn) = routed.names.get("resourceArn") {
        return if arn.is_empty() { Ok(()) } else { tags::known(app, arn) };
    }
    let is_here =
        |kind, below: &str, name: &str| app.service.records.get(&Key::new(kind, below, name)).is_some();
    let Some(cluster) = routed.names.get("name").filter(|name| !name.is_empty()) else {
        return match routed.names.get("id").filter(|id| !id.is_empty()) {
            Some(id) => Err(EksError::missing(format!("No EKS Anywhere subscription found for id: {id}"))
                .about("subscriptionId", id)),
            None => Ok(()),
        };
    };
    if !is_here(Kind::Cluster, "", cluster) {
        return Err(EksError::no_cluster(cluster));
    }
    // Names in the query narrow a request as those in its path do; the update is named last.
    let in_query = uri::parameters(query);
    let in_path = routed.names.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let named = in_query.filter(|(name, _)| IN_QUERY.contains(&name.as_str())).chain(in_path);
    for (name, value) in named.filter(|(_, value)| !value.is_empty()) {
        let (kind, missing): (Kind, fn(&str, &str) -> EksError) = match &*name {
            "nodegroupName" => (Kind::NodeGroup, EksError::no_nodegroup),
            "addonName" => (Kind::Addon, EksError::no_addon),
            "fargateProfileName" => (Kind::FargateProfile, EksError::no_profile),
            "principalArn" => (Kind::AccessEntry, EksError::no_entry),
            "associationId" => (Kind::PodIdentity, EksError::no_association),
            "updateId" => (Kind::Update, EksError::no_update),
            "capabilityName" | "certificateAuthorityId" => return Err(none(&name, &value).cluster(cluster)),
            _ => continue,
        };
        if !is_here(kind, cluster, &value) {
            return Err(missing(cluster, &value));
        }
    }
    Ok(())
}

/// Query members that name a resource.
const IN_QUERY: [&str; 3] = ["nodegroupName", "addonName", "capabilityName"];

/// The error for kinds of resources that never exist here.
fn none(member: &str, name: &str) -> EksError {
    let what = if member == "capabilityName" { "capability" } else { "certificate authority" };
    EksError::new(Exception::ResourceNotFound, format!("No {what} found for name: {name}"))
}
