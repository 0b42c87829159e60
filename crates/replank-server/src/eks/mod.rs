//! The EKS API, one file per operation. The match in [`support`] says what each operation of the model does here.

mod access_entries;
mod access_types;
mod addon_schema;
mod addon_versions;
mod addons;
mod cancel_update;
mod cidr;
mod clusters;
mod create_nodegroup;
mod delete_nodegroup;
mod deprecated_uses;
mod describe_cluster;
mod describe_cluster_versions;
mod describe_nodegroup;
mod describe_update;
mod existence;
mod failure;
mod fargate;
mod group_rules;
mod iam;
mod input;
mod insights;
mod launch_template;
mod list_clusters;
mod list_nodegroups;
mod list_updates;
mod name;
mod network;
mod page;
mod params;
mod pod_identities;
mod readiness;
mod stored;
pub mod support;
mod tags;
mod token;
mod update_cluster_config;
mod update_cluster_version;
mod update_nodegroup_config;
mod update_nodegroup_version;

use replank_service::ports::Account;
use replank_service::records::Kind;
use serde_json::{Map, Value};

pub use failure::{EksError, Exception};
pub use input::Input;

use crate::app::App;
use crate::model::{Addressed, Model, Routed, Unreadable};
use crate::wire::{Reply, Request};

/// Answers a call of EKS in JSON, refusals as the exceptions of its model.
pub(crate) async fn answer<A: Account>(app: &App<A>, request: &Request) -> Reply {
    let model = Model::get();
    let Some(routed) = model.route(request.method.as_str(), &request.path) else {
        let failure =
            EksError::new(Exception::UnknownOperation, "there is no operation at this method and path");
        return failure.reply();
    };
    let read = existence::check(app, &routed, &request.query)
        .and_then(|()| read(&routed, &request.query, &request.body));
    let outcome = match read {
        Ok(input) => run(app, routed.name, &input).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(output) => Reply::json(200, output.to_string()),
        Err(failure) => failure.declared_by(routed.operation).reply(),
    }
}

/// Runs an operation on members that come from inside, checked as those of any request.
pub(crate) async fn call<A: Account>(
    app: &App<A>,
    operation: &str,
    members: Map<String, Value>,
) -> Result<Value, EksError> {
    let Some(Addressed { routed, query, body }) = Model::get().addressed(operation, members) else {
        return Err(support::refusal(operation));
    };
    let input = existence::check(app, &routed, &query)
        .and_then(|()| read(&routed, &query, body.to_string().as_bytes()));
    let outcome = match input {
        Ok(input) => run(app, routed.name, &input).await,
        Err(failure) => Err(failure),
    };
    outcome.map_err(|failure| failure.declared_by(routed.operation))
}

/// Reads and checks the input of an operation.
fn read(routed: &Routed<'_>, query: &str, body: &[u8]) -> Result<Input, EksError> {
    match Model::get().read(routed, query, body) {
        Ok(given) => Ok(Input::new(routed.name, given)),
        Err(Unreadable::Serialization(said)) => Err(EksError::new(Exception::Serialization, said)),
        Err(Unreadable::Invalid(breaks)) => {
            let count = breaks.len();
            let noun = if count == 1 { "error" } else { "errors" };
            let said = format!("{count} validation {noun} detected: {}", breaks.join("; "));
            Err(EksError::invalid_for(routed.operation, said))
        }
    }
}

/// Runs an operation on checked input.
async fn run<A: Account>(app: &App<A>, operation: &str, input: &Input) -> Result<Value, EksError> {
    match operation {
        "CancelUpdate" => cancel_update::run(app, input),
        "CreateCluster" => clusters::create(app, input),
        "CreateFargateProfile" => fargate::create(app, input),
        "CreateNodegroup" => create_nodegroup::run(app, input).await,
        "DeleteNodegroup" => delete_nodegroup::run(app, input),
        "DeleteCluster" => clusters::delete(app, input).await,
        "DeleteFargateProfile" => fargate::delete(app, input),
        "DescribeCluster" => describe_cluster::run(app, input).await,
        "DescribeClusterVersions" => describe_cluster_versions::run(app, input),
        "DescribeInsight" => insights::describe(app, input).await,
        "DescribeNodegroup" => describe_nodegroup::run(app, input),
        "DescribeUpdate" => describe_update::run(app, input),
        "ListClusters" => list_clusters::run(app, input),
        "ListInsights" => insights::list(app, input).await,
        "ListNodegroups" => list_nodegroups::run(app, input),
        "ListTagsForResource" => tags::list(app, input),
        "ListUpdates" => list_updates::run(app, input),
        "TagResource" => tags::tag(app, input),
        "UntagResource" => tags::untag(app, input),
        "UpdateAddon" => addons::update(app, input),
        "UpdateClusterConfig" => update_cluster_config::run(app, input),
        "UpdateClusterVersion" => update_cluster_version::run(app, input).await,
        "UpdateNodegroupConfig" => update_nodegroup_config::run(app, input),
        "UpdateNodegroupVersion" => update_nodegroup_version::run(app, input).await,
        _ => keep(app, operation, input),
    }
}

/// Runs an operation whose records change nothing else yet.
fn keep<A: Account>(app: &App<A>, operation: &str, input: &Input) -> Result<Value, EksError> {
    match operation {
        "AssociateAccessPolicy" => access_entries::associate(app, input),
        "CreateAccessEntry" => access_entries::create(app, input),
        "CreateAddon" => addons::create(app, input),
        "CreatePodIdentityAssociation" => pod_identities::create(app, input),
        "DeleteAccessEntry" => access_entries::delete(app, input),
        "DeleteAddon" => addons::delete(app, input),
        "DeletePodIdentityAssociation" => pod_identities::delete(app, input),
        "DescribeAccessEntry" => access_entries::describe(app, input),
        "DescribeAddon" => addons::describe(app, input),
        "DescribeAddonConfiguration" => addon_versions::configuration(input),
        "DescribeAddonVersions" => addon_versions::versions(input),
        "DescribeFargateProfile" => fargate::describe(app, input),
        "DescribeInsightsRefresh" => insights::describe_refresh(app, input),
        "DescribePodIdentityAssociation" => pod_identities::describe(app, input),
        "DisassociateAccessPolicy" => access_entries::disassociate(app, input),
        "ListAccessEntries" => access_entries::list(app, input),
        "ListAccessPolicies" => access_entries::list_policies(input),
        "ListAddons" => stored::names(app, input, Kind::Addon, "addons"),
        "ListCapabilities" => page::of_names("capabilities", Vec::new(), input),
        "ListCertificateAuthorities" => page::of_names("certificateAuthorities", Vec::new(), input),
        "ListEksAnywhereSubscriptions" => page::of_names("subscriptions", Vec::new(), input),
        "ListIdentityProviderConfigs" => page::of_names("identityProviderConfigs", Vec::new(), input),
        "ListAssociatedAccessPolicies" => access_entries::list_associated(app, input),
        "ListFargateProfiles" => stored::names(app, input, Kind::FargateProfile, "fargateProfileNames"),
        "ListPodIdentityAssociations" => pod_identities::list(app, input),
        "StartInsightsRefresh" => insights::refresh(app, input),
        "UpdateAccessEntry" => access_entries::update(app, input),
        "UpdatePodIdentityAssociation" => pod_identities::update(app, input),
        _ => Err(support::refusal(operation)),
    }
}
