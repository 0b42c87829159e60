//! `CreateCluster` and `DeleteCluster`: on record. A cluster made here has no nodes and no Kubernetes API of its own.

use replank_engine::estate::{Change, Key, Kind};
use replank_engine::ports::account::Account;
use serde_json::{Map, Value, json};

use super::catalogue::clusters;
use super::describe_cluster_versions::DEFAULT_MINOR;
use super::record::{Cluster, ClusterStatus, found};
use super::versions::Minor;
use super::{Exception, Failure, Input, describe_cluster, record, tags, token};
use crate::app::{App, now, seconds};

/// Members that are kept as they are given.
const KEPT: [&str; 11] = [
    "roleArn",
    "kubernetesNetworkConfig",
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

/// Puts a cluster on record.
pub(super) fn create<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let name = input.text("name");
    let minor = input.given("version").map_or(Some(Minor(DEFAULT_MINOR)), Minor::parse);
    let known = minor.and_then(|minor| clusters().iter().find(|version| version.minor == minor));
    let known = known.ok_or_else(|| Failure::invalid("unsupported Kubernetes version").cluster(name))?;
    let network = input.value("resourcesVpcConfig").cloned().unwrap_or_default();
    let subnets: Vec<String> = super::group_rules::read(&network["subnetIds"])?;
    if subnets.len() < 2 {
        let said = "Subnets specified must be in at least two different AZs";
        return Err(Failure::invalid(said).cluster(name));
    }
    let tags = input.value("tags").and_then(Value::as_object).cloned().unwrap_or_default();
    tags::check(&tags)?;
    let mut rest: Map<String, Value> = found::rest(name, &app.identity, &subnets);
    for member in KEPT {
        if let Some(given) = input.value(member) {
            rest.insert(member.into(), given.clone());
        }
    }
    for member in ["securityGroupIds", "endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs"] {
        if !network[member].is_null() {
            rest["resourcesVpcConfig"][member] = network[member].clone();
        }
    }
    let cluster = Cluster {
        name: name.to_owned(),
        arn: app.identity.arn(&format!("cluster/{name}")),
        created_at: seconds(now()),
        version: known.minor.to_string(),
        platform_version: known.platform.to_owned(),
        status: ClusterStatus::Active,
        tags,
        rest,
    };
    token::once(app, input, |change| {
        let key = Key::new(Kind::Cluster, "", name);
        if change.get(&key).is_some() {
            let said = format!("Cluster already exists with name: {name}");
            return Err(Failure::new(Exception::ResourceInUse, said).cluster(name));
        }
        change.put(key, record::written(&cluster));
        let mut shown = record::written(&Cluster { status: ClusterStatus::Creating, ..cluster });
        shown["certificateAuthority"] = json!({});
        Ok(json!({ "cluster": shown }))
    })
}

/// Removes a cluster that has nothing in it.
pub(super) async fn delete<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let name = input.text("name");
    let mut cluster = record::cluster(&app.estate, name)?;
    if app.account.endpoint(name).await?.is_some() {
        let said = format!("Cluster {name} is the embedded world itself; it ends with its server.");
        return Err(Failure::new(Exception::InvalidRequest, said).cluster(name));
    }
    if cluster.rest.get("deletionProtection") == Some(&true.into()) {
        let said = format!("Cluster {name} has deletion protection enabled.");
        return Err(Failure::new(Exception::InvalidRequest, said).cluster(name));
    }
    cluster.status = ClusterStatus::Deleting;
    let shown = describe_cluster::shown(app, &cluster).await?;
    let outcome = app.estate.change(|change| {
        let groups = names(change, Kind::NodeGroup, name);
        if !groups.is_empty() {
            let failure = Failure::new(Exception::ResourceInUse, "Cluster has nodegroups attached");
            return Err(failure.cluster(name).nodegroup(&groups.join(",")));
        }
        if !names(change, Kind::FargateProfile, name).is_empty() {
            let failure = Failure::new(Exception::ResourceInUse, "Cluster has Fargate profiles attached");
            return Err(failure.cluster(name));
        }
        for kind in [Kind::Addon, Kind::AccessEntry, Kind::PodIdentity, Kind::Update, Kind::Insights] {
            names(change, kind, name).into_iter().for_each(|it| change.remove(Key::new(kind, name, &it)));
        }
        change.remove(Key::new(Kind::Cluster, "", name));
        Ok(json!({ "cluster": shown }))
    });
    Ok(outcome?)
}

fn names(change: &Change<'_>, kind: Kind, cluster: &str) -> Vec<String> {
    change.list(kind, cluster).into_iter().map(|(key, _)| key.name).collect()
}
