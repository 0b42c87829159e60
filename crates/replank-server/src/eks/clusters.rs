//! `CreateCluster` and `DeleteCluster`. Each cluster has a world and a Kubernetes API of its own, which end with it.

use replank_core::version::Minor;
use replank_service::ports::Account;
use replank_service::ports::clusters::ClusterRequest;
use replank_service::records::{Change, Key, Kind};
use serde_json::{Map, Value, json};

use super::describe_cluster_versions::DEFAULT_MINOR;
use super::{EksError, Exception, Input, describe_cluster, iam, network, tags, token};
use crate::app::App;
use replank_service::catalogue::cluster_version;
use replank_service::records;
use replank_service::records::{
    Cluster, ClusterCreation, ClusterDeletion, ClusterStatus, PendingOperation, found,
};
use replank_service::{now, seconds};

/// Members that are recorded as given.
const KEPT: [&str; 10] = [
    "roleArn",
    "logging",
    "encryptionConfig",
    "upgradePolicy",
    "zonalShiftConfig",
    "remoteNetworkConfig",
    "computeConfig",
    "storageConfig",
    "deletionProtection",
    "controlPlaneScalingConfig",
];

/// `CreateCluster`: records the cluster and its pending creation.
pub(super) fn create<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    if let Some(answer) = token::replayed(app, input)? {
        return Ok(answer);
    }
    let name = input.text("name");
    may_change(app, name)?;
    let asked = input.given("version").map_or_else(|| Minor(DEFAULT_MINOR).to_string(), str::to_owned);
    let known = cluster_version(&asked).map_err(|refusal| refusal.of_cluster(name))?;
    let network = input.value("resourcesVpcConfig").cloned().unwrap_or_default();
    check(input, &network).map_err(|failure| failure.cluster(name))?;
    let subnets: Vec<String> = super::group_rules::read(&network["subnetIds"])?;
    let tags = tags::beside(input)?;
    let mut rest: Map<String, Value> = found::rest(name, &app.service.identity, &subnets);
    lay_over(&mut rest, input, &network);
    let cluster = Cluster {
        name: name.to_owned(),
        arn: app.service.identity.arn(&format!("cluster/{name}")),
        created_at: seconds(now()),
        version: known.minor.to_string(),
        platform_version: known.platform.to_owned(),
        status: ClusterStatus::Creating,
        tags,
        rest,
    };
    let addons = input.value("bootstrapSelfManagedAddons") != Some(&Value::Bool(false));
    let answer = token::once(app, input, |change| {
        let key = Key::new(Kind::Cluster, "", name);
        if change.get(&key).is_some() {
            let said = format!("Cluster already exists with name: {name}");
            return Err(EksError::new(Exception::ResourceInUse, said).cluster(name));
        }
        let most = app.quotas.clusters;
        if change.list(Kind::Cluster, "").len() >= most {
            let said = format!("You have reached the limit of {most} clusters of the account.");
            return Err(EksError::new(Exception::ResourceLimit, said).cluster(name));
        }
        change.put(key, records::written(&cluster));
        let wish = ClusterRequest { name: name.to_owned(), version: cluster.version.clone(), addons };
        let wish = PendingOperation::ClusterCreate(ClusterCreation { request: wish, begun_second: None });
        change.put(records::cluster_operation_key(name), records::written(&wish));
        let mut shown = records::written(&cluster);
        shown["certificateAuthority"] = json!({});
        Ok(json!({ "cluster": shown }))
    })?;
    app.service.wake();
    Ok(answer)
}

/// Puts the members that are given over those EKS would choose.
fn lay_over(rest: &mut Map<String, Value>, input: &Input, network: &Value) {
    for member in KEPT {
        if let Some(given) = input.value(member) {
            rest.insert(member.into(), given.clone());
        }
    }
    let addresses = input.value("kubernetesNetworkConfig");
    if let Some(given) = addresses.filter(|given| network::has_ipv6(given)) {
        // Nothing of what is chosen for IPv4 holds.
        rest.insert("kubernetesNetworkConfig".into(), given.clone());
    }
    for outer in ["accessConfig", "kubernetesNetworkConfig"] {
        for (member, given) in input.value(outer).and_then(Value::as_object).into_iter().flatten() {
            rest[outer][member] = given.clone();
        }
    }
    for member in ["securityGroupIds", "endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs"] {
        if !network[member].is_null() {
            rest["resourcesVpcConfig"][member] = network[member].clone();
        }
    }
}

/// Refuses invalid roles, networks and encryption.
fn check(input: &Input, network: &Value) -> Result<(), EksError> {
    iam::role("roleArn", input.text("roleArn"))?;
    let none = Value::Null;
    let addresses = input.value("kubernetesNetworkConfig").unwrap_or(&none);
    network::cluster_subnets(network)?;
    network::check(network, network::has_ipv6(addresses))?;
    network::check_access(network)?;
    network::check_services(addresses)?;
    network::check_remote(input.value("remoteNetworkConfig").unwrap_or(&none))?;
    network::check_encryption(input.value("encryptionConfig").unwrap_or(&none))
}

/// `DeleteCluster`: refused while the cluster has node groups or Fargate profiles, or deletion protection.
pub(super) async fn delete<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let name = input.text("name");
    may_change(app, name)?;
    let mut cluster = records::cluster(&app.service.records, name)?;
    if cluster.rest.get("deletionProtection") == Some(&true.into()) {
        let said = format!("Cluster {name} has deletion protection enabled.");
        return Err(EksError::new(Exception::InvalidRequest, said).cluster(name));
    }
    if matches!(cluster.status, ClusterStatus::Creating | ClusterStatus::Updating | ClusterStatus::Pending) {
        let said = format!("Cannot delete because cluster {name} currently has an update in progress");
        return Err(EksError::new(Exception::ResourceInUse, said).cluster(name));
    }
    cluster.status = ClusterStatus::Deleting;
    let outcome = app.service.records.change(|change| {
        let groups = names(change, Kind::NodeGroup, name);
        if !groups.is_empty() {
            let failure = EksError::new(Exception::ResourceInUse, "Cluster has nodegroups attached");
            return Err(failure.cluster(name).nodegroup(&groups.join(",")));
        }
        if !names(change, Kind::FargateProfile, name).is_empty() {
            let failure = EksError::new(Exception::ResourceInUse, "Cluster has Fargate profiles attached");
            return Err(failure.cluster(name));
        }
        change.put(Key::new(Kind::Cluster, "", name), records::written(&cluster));
        let wish_key = records::cluster_operation_key(name);
        if change.get(&wish_key).is_none() {
            let wish = ClusterDeletion { cluster: name.to_owned(), begun_second: None };
            change.put(wish_key, records::written(&PendingOperation::ClusterDelete(wish)));
        }
        Ok(())
    });
    outcome.map_err(EksError::from)?;
    app.service.wake();
    Ok(json!({ "cluster": describe_cluster::shown(app, &cluster).await? }))
}

/// Refuses changes where clusters are not created or removed.
pub(super) fn may_change<A: Account>(app: &App<A>, name: &str) -> Result<(), EksError> {
    match app.service.account.keeps_clusters() {
        Some(why) => Err(EksError::new(Exception::Client, why).cluster(name)),
        None => Ok(()),
    }
}

fn names(change: &Change<'_>, kind: Kind, cluster: &str) -> Vec<String> {
    change.list(kind, cluster).into_iter().map(|(key, _)| key.name).collect()
}
