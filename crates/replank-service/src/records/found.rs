//! Clusters that existed before their records: how they are put on record.

use std::collections::BTreeMap;

use crate::records::{Change, ChangeError, Key, Kind, Records, RecordsError};
use jiff::Timestamp;
use replank_core::draw::stable_hash;
use serde_json::{Map, Value, json};

use super::{
    Cluster, ClusterStatus, Health, Nodegroup, NodegroupStatus, ScalingConfig, SourceTemplate, Taint,
    UpdateConfig,
};
use crate::id::uuid;
use crate::service::{Identity, seconds};

/// A cluster that exists and may not be on record.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Name of the cluster.
    pub name: String,
    /// Kubernetes minor of the control plane.
    pub version: String,
    /// When it was created, as far as that is known.
    pub at: Timestamp,
    /// Account and region it belongs to.
    pub identity: Identity,
    /// Its node groups.
    pub groups: Vec<FoundGroup>,
}

/// A node group that exists and may not be on record.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundGroup {
    /// Name of the node group.
    pub name: String,
    /// Kubernetes minor of its nodes; `None` with an image of the user's own, which is recorded with that of the
    /// cluster.
    pub version: Option<String>,
    /// Release of its image, or the id of an image of the user's own.
    pub release: String,
    /// Type of its image (EKS: `AMITypes`).
    pub ami_type: String,
    /// How its instances are paid for (EKS: `CapacityTypes`).
    pub capacity_type: String,
    /// Min, max and desired size.
    pub sizes: ScalingConfig,
    /// What is launched for it, such as `m5.large`.
    pub instance_type: String,
    /// Names of its zones.
    pub zones: Vec<String>,
    /// Labels that it gives its nodes.
    pub labels: BTreeMap<String, String>,
    /// Taints that it gives its nodes.
    pub taints: Vec<Taint>,
    /// Tags of the node group.
    pub tags: BTreeMap<String, String>,
    /// How many of its nodes may be unavailable at once (EKS: `updateConfig`).
    pub update_config: UpdateConfig,
    /// The user's own launch template that it was created with, if any. It has the instance type then.
    pub launch_template: Option<SourceTemplate>,
    /// Name of its scaling group.
    pub scaling_group: String,
}

impl Found {
    /// Updates the recorded version of the control plane, which others may have changed.
    pub fn put_version(&self, records: &Records) -> Result<(), RecordsError> {
        let key = Key::new(Kind::Cluster, "", &self.name);
        let outcome = records.change::<(), std::convert::Infallible>(|change| {
            let record = change.get(&key).and_then(|document| super::read::<Cluster>(&document).ok());
            if let Some(record) = record.filter(|record| record.version != self.version) {
                let version = self.version.clone();
                change.put(key.clone(), super::written(&Cluster { version, ..record }));
            }
            Ok(())
        });
        match outcome {
            Ok(()) => Ok(()),
            Err(ChangeError::Records(error)) => Err(error),
            Err(ChangeError::Refused(never)) => match never {},
        }
    }

    /// Updates what the nodes of recorded groups run, which other processes may have changed. A group that is being changed
    /// by this one stays as it is.
    pub fn put_images(&self, records: &Records) -> Result<(), RecordsError> {
        let outcome = records.change::<(), std::convert::Infallible>(|change| {
            for found in &self.groups {
                let key = Key::new(Kind::NodeGroup, &self.name, &found.name);
                let record = change.get(&key).and_then(|document| super::read::<Nodegroup>(&document).ok());
                let rests =
                    |it: &Nodegroup| matches!(it.status, NodegroupStatus::Active | NodegroupStatus::Degraded);
                let Some(record) = record.filter(rests) else { continue };
                let changed = Nodegroup {
                    version: found.version.clone().or_else(|| record.version.clone()),
                    release_version: Some(found.release.clone()),
                    launch_template: found.launch_template.clone(),
                    ..record.clone()
                };
                if changed != record {
                    super::put_nodegroup(change, &changed);
                }
            }
            Ok(())
        });
        match outcome {
            Ok(()) => Ok(()),
            Err(ChangeError::Records(error)) => Err(error),
            Err(ChangeError::Refused(never)) => match never {},
        }
    }

    /// Records the cluster and its groups, unless it was recorded before, even if it was deleted since.
    pub fn put(&self, records: &Records) -> Result<(), RecordsError> {
        let outcome = records.change::<(), std::convert::Infallible>(|change| {
            // A cluster that was found once and is not on record any more was deleted since.
            let found = Key::new(Kind::Installation, "", &format!("found {}", self.name));
            if change.get(&found).is_none() {
                change.put(found, json!({ "at": seconds(self.at) }));
                self.write(change);
            }
            Ok(())
        });
        match outcome {
            Ok(()) => Ok(()),
            Err(ChangeError::Records(error)) => Err(error),
            Err(ChangeError::Refused(never)) => match never {},
        }
    }

    fn write(&self, change: &mut Change<'_>) {
        let zones = self.groups.iter().flat_map(|group| &group.zones);
        let subnets: Vec<String> = zones
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .map(|zone| subnet(&self.name, zone))
            .collect();
        let cluster = Cluster {
            name: self.name.clone(),
            arn: self.identity.arn(&format!("cluster/{}", self.name)),
            created_at: seconds(self.at),
            version: self.version.clone(),
            platform_version: "eks.1".into(),
            status: ClusterStatus::Active,
            tags: Map::new(),
            rest: rest(&self.name, &self.identity, &subnets),
        };
        change.put(Key::new(Kind::Cluster, "", &self.name), super::written(&cluster));
        for group in &self.groups {
            super::put_nodegroup(change, &self.nodegroup(group));
        }
    }

    fn nodegroup(&self, found: &FoundGroup) -> Nodegroup {
        // The scaling group is named after the node group and its id (EKS: `eks-<group>-<uuid>`).
        let named = found.scaling_group.strip_prefix(&format!("eks-{}-", found.name));
        let id = named.filter(|id| is_uuid(id)).map_or_else(uuid, str::to_owned);
        Nodegroup {
            nodegroup_name: found.name.clone(),
            nodegroup_arn: self.identity.arn(&format!("nodegroup/{}/{}/{id}", self.name, found.name)),
            cluster_name: self.name.clone(),
            version: Some(found.version.clone().unwrap_or_else(|| self.version.clone())),
            release_version: Some(found.release.clone()),
            created_at: seconds(self.at),
            modified_at: seconds(self.at),
            status: NodegroupStatus::Active,
            capacity_type: found.capacity_type.clone(),
            scaling_config: found.sizes,
            instance_types: found.launch_template.is_none().then(|| vec![found.instance_type.clone()]),
            subnets: found.zones.iter().map(|zone| subnet(&self.name, zone)).collect(),
            remote_access: None,
            ami_type: found.ami_type.clone(),
            node_role: format!("arn:aws:iam::{}:role/{}-node", self.identity.account, self.name),
            labels: found.labels.clone(),
            taints: found.taints.clone(),
            resources: Some(json!({ "autoScalingGroups": [{ "name": found.scaling_group }] })),
            disk_size: found.launch_template.is_none().then_some(20),
            health: Health::default(),
            update_config: found.update_config.clone(),
            node_repair_config: None,
            launch_template: found.launch_template.clone(),
            tags: found.tags.clone(),
            warm_pool_config: None,
        }
    }
}

/// Members of a cluster that decide nothing here, as EKS would have set them.
pub fn rest(name: &str, identity: &Identity, subnets: &[String]) -> Map<String, Value> {
    let id = |kind: &str| format!("{kind}-{}", digits(&format!("{kind} {name}")));
    let oidc = digits(&format!("oidc {name}")).to_uppercase();
    let rest = json!({
        "roleArn": format!("arn:aws:iam::{}:role/{name}-cluster", identity.account),
        "resourcesVpcConfig": {
            "subnetIds": subnets,
            "securityGroupIds": [],
            "clusterSecurityGroupId": id("sg"),
            "vpcId": id("vpc"),
            "endpointPublicAccess": true,
            "endpointPrivateAccess": false,
            "publicAccessCidrs": ["0.0.0.0/0"],
        },
        "kubernetesNetworkConfig": {
            "serviceIpv4Cidr": "10.100.0.0/16",
            "ipFamily": "ipv4",
            "elasticLoadBalancing": { "enabled": false },
        },
        "logging": { "clusterLogging": [{
            "types": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
            "enabled": false,
        }] },
        "identity": { "oidc": {
            "issuer": format!("https://oidc.eks.{}.amazonaws.com/id/{oidc}", identity.region),
        } },
        "health": { "issues": [] },
        "accessConfig": {
            "bootstrapClusterCreatorAdminPermissions": true,
            "authenticationMode": "API_AND_CONFIG_MAP",
        },
        "upgradePolicy": { "supportType": "EXTENDED" },
        "deletionProtection": false,
    });
    match rest {
        Value::Object(rest) => rest,
        _ => Map::new(),
    }
}

/// Id of the subnet of a zone of a cluster, derived from their names.
pub fn subnet(cluster: &str, zone: &str) -> String {
    format!("subnet-{}", digits(&format!("subnet {cluster} {zone}")))
}

/// Whether a text has the form of a UUID.
fn is_uuid(text: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| part.bytes().all(hex))
}

/// 17 hexadecimal digits derived from a text, as in ids of EC2.
fn digits(text: &str) -> String {
    format!("0{:016x}", stable_hash(text.bytes()))
}
