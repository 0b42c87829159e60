//! `UpdateClusterConfig`: one aspect per request; recorded only.

use replank_service::ports::Account;
use replank_service::records::{Key, Kind};
use serde_json::{Value, json};

use super::{EksError, Input, network, token};
use crate::app::App;
use replank_service::records;
use replank_service::records::{Cluster, Owner, Param, Update, UpdateStatus};

/// Aspects of a cluster: member, `UpdateType`, `UpdateParamType`; EKS names the latter two alike.
const ASPECTS: [(&str, &str, &str); 9] = [
    ("logging", "LoggingUpdate", "ClusterLogging"),
    ("accessConfig", "AccessConfigUpdate", "AuthenticationMode"),
    ("upgradePolicy", "UpgradePolicyUpdate", "UpgradePolicy"),
    ("zonalShiftConfig", "ZonalShiftConfigUpdate", "ZonalShiftConfig"),
    ("remoteNetworkConfig", "RemoteNetworkConfigUpdate", "RemoteNetworkConfig"),
    ("deletionProtection", "DeletionProtectionUpdate", "DeletionProtection"),
    ("kubeApiServerConfig", "ControlPlaneComponentConfigUpdate", "KubeApiServerConfig"),
    ("kubeSchedulerConfig", "ControlPlaneComponentConfigUpdate", "KubeSchedulerConfig"),
    ("kubeControllerManagerConfig", "ControlPlaneComponentConfigUpdate", "KubeControllerManagerConfig"),
];

/// Members of `resourcesVpcConfig`: name, `UpdateType`, `UpdateParamType`.
const NETWORK: [(&str, &str, &str); 5] = [
    ("endpointPublicAccess", "EndpointAccessUpdate", "EndpointPublicAccess"),
    ("endpointPrivateAccess", "EndpointAccessUpdate", "EndpointPrivateAccess"),
    ("publicAccessCidrs", "EndpointAccessUpdate", "PublicAccessCidrs"),
    ("subnetIds", "VpcConfigUpdate", "Subnets"),
    ("securityGroupIds", "VpcConfigUpdate", "SecurityGroups"),
];

/// Records the new settings.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let name = input.text("name");
    let (kind, params) = update(input).map_err(|failure| failure.cluster(name))?;
    token::once(app, input, |change| {
        let mut cluster = replank_service::cluster_version::at_rest(change, name)?;
        possible(&cluster, input).map_err(|failure| failure.cluster(name))?;
        for (member, ..) in ASPECTS {
            if let Some(given) = input.value(member) {
                merge(cluster.rest.entry(member).or_insert(Value::Null), given);
            }
        }
        if let Some(given) = input.value("resourcesVpcConfig") {
            merge(cluster.rest.entry("resourcesVpcConfig").or_insert(Value::Null), given);
        }
        change.put(Key::new(Kind::Cluster, "", name), records::written(&cluster));
        let begun = Update::begun(&replank_service::uuid(), kind, params);
        Update { status: UpdateStatus::Successful, ..begun.clone() }.put(change, name, Owner::Cluster);
        Ok(json!({ "update": begun }))
    })
}

/// Refuses changes that are impossible from the present settings.
fn possible(cluster: &Cluster, input: &Input) -> Result<(), EksError> {
    let before = |member: &str| cluster.rest.get(member).cloned().unwrap_or_default();
    if let Some(access) = input.value("accessConfig") {
        let modes = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"];
        let is = before("accessConfig")["authenticationMode"].as_str().unwrap_or(modes[0]).to_owned();
        let wanted = access["authenticationMode"].as_str();
        let wanted =
            wanted.ok_or_else(|| EksError::invalid("accessConfig.authenticationMode must be given"))?;
        let at = |mode: &str| modes.iter().position(|known| *known == mode);
        if at(wanted) < at(&is) {
            let said = format!("Unsupported authentication mode update from {is} to {wanted}");
            return Err(EksError::invalid(said));
        }
    }
    if input.value("upgradePolicy").is_some_and(|policy| policy["supportType"].is_null()) {
        return Err(EksError::invalid("upgradePolicy.supportType must be given"));
    }
    let mut network = before("resourcesVpcConfig");
    merge(&mut network, input.value("resourcesVpcConfig").unwrap_or(&json!({})));
    network::check_access(&network)?;
    network::check_remote(input.value("remoteNetworkConfig").unwrap_or(&Value::Null))?;
    let with_ipv6 = network::has_ipv6(&before("kubernetesNetworkConfig"));
    network::check(input.value("resourcesVpcConfig").unwrap_or(&Value::Null), with_ipv6)
}

/// Kind of the update and what it sets; more than one aspect is refused.
fn update(input: &Input) -> Result<(&'static str, Vec<Param>), EksError> {
    let mut kinds = Vec::new();
    let mut params = Vec::new();
    let mut put = |kind, param: &str, value: &Value| {
        kinds.push(kind);
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        params.push(Param { kind: param.to_owned(), value });
    };
    if let Some(network) = input.value("resourcesVpcConfig") {
        for (member, kind, param) in NETWORK {
            if !network[member].is_null() {
                put(kind, param, &network[member]);
            }
        }
    }
    for (member, kind, param) in ASPECTS {
        match (member, input.value(member)) {
            ("accessConfig", Some(value)) => put(kind, param, &value["authenticationMode"]),
            ("upgradePolicy", Some(value)) => put(kind, param, &value["supportType"]),
            (_, Some(value)) => put(kind, param, value),
            (_, None) => {}
        }
    }
    for member in ["computeConfig", "storageConfig", "kubernetesNetworkConfig", "controlPlaneScalingConfig"] {
        if input.value(member).is_some() {
            return Err(EksError::invalid(format!("{member} cannot be changed on this server")));
        }
    }
    kinds.dedup();
    match kinds[..] {
        [kind] => Ok((kind, params)),
        [] => Err(EksError::invalid("No changes needed for the cluster: nothing is given.")),
        _ => Err(EksError::invalid("Only one type of update can be allowed.")),
    }
}

/// Puts given members over present ones, recursively.
fn merge(into: &mut Value, given: &Value) {
    match (into, given) {
        (Value::Object(into), Value::Object(given)) => {
            for (name, value) in given {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (into, given) => *into = given.clone(),
    }
}
