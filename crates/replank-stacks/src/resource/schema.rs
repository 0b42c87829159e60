//! The types of EKS that act: their operations, their properties, and which of them are fixed.
//!
//! From CloudFormation's resource reference: "Update requires: Replacement" makes a property fixed.

use serde_json::Value;

/// A type of EKS.
#[derive(Debug)]
pub(super) struct Schema {
    /// The type.
    pub(super) kind: &'static str,
    /// The end of the names of its operations: `CreateNodegroup`.
    pub(super) noun: &'static str,
    /// The member of answers that is the resource.
    pub(super) answer: &'static str,
    /// The property that is its name.
    pub(super) name: &'static str,
    /// Whether a name is made up when none is given.
    pub(super) may_be_nameless: bool,
    /// The member of the resource that is its ARN.
    pub(super) arn: &'static str,
    /// What stands between the cluster and the name in its physical id; a cluster has its name alone.
    pub(super) between: &'static str,
    /// Properties that have to be given.
    required: &'static [&'static str],
    /// Properties whose change takes another resource.
    pub(super) fixed: &'static [&'static str],
    /// Properties that can be changed.
    pub(super) free: &'static [&'static str],
    /// Whether its tags are a map; others have a list.
    pub(super) has_tag_map: bool,
}

pub(super) const ALL: [Schema; 6] = [
    Schema {
        kind: "AWS::EKS::Nodegroup",
        noun: "Nodegroup",
        answer: "nodegroup",
        name: "NodegroupName",
        may_be_nameless: true,
        arn: "nodegroupArn",
        between: "/",
        required: &["ClusterName", "NodeRole", "Subnets"],
        fixed: &[
            "AmiType",
            "CapacityType",
            "ClusterName",
            "DiskSize",
            "InstanceTypes",
            "NodeRole",
            "NodegroupName",
            "RemoteAccess",
            "Subnets",
        ],
        free: &[
            "ForceUpdateEnabled",
            "Labels",
            "LaunchTemplate",
            "NodeRepairConfig",
            "ReleaseVersion",
            "ScalingConfig",
            "Tags",
            "Taints",
            "UpdateConfig",
            "Version",
            "WarmPoolConfig",
        ],
        has_tag_map: true,
    },
    Schema {
        kind: "AWS::EKS::Cluster",
        noun: "Cluster",
        answer: "cluster",
        name: "Name",
        may_be_nameless: true,
        arn: "arn",
        between: "",
        required: &["ResourcesVpcConfig", "RoleArn"],
        fixed: &[
            "BootstrapSelfManagedAddons",
            "EncryptionConfig",
            "KubernetesNetworkConfig",
            "Name",
            "OutpostConfig",
            "RoleArn",
        ],
        free: &[
            "AccessConfig",
            "ComputeConfig",
            "ControlPlaneScalingConfig",
            "DeletionProtection",
            "Force",
            "Logging",
            "RemoteNetworkConfig",
            "ResourcesVpcConfig",
            "StorageConfig",
            "Tags",
            "UpgradePolicy",
            "Version",
            "ZonalShiftConfig",
        ],
        has_tag_map: false,
    },
    Schema {
        kind: "AWS::EKS::Addon",
        noun: "Addon",
        answer: "addon",
        name: "AddonName",
        may_be_nameless: false,
        arn: "addonArn",
        between: "|",
        required: &["AddonName", "ClusterName"],
        fixed: &["AddonName", "ClusterName", "NamespaceConfig"],
        free: &[
            "AddonVersion",
            "ConfigurationValues",
            "PodIdentityAssociations",
            "PreserveOnDelete",
            "ResolveConflicts",
            "ServiceAccountRoleArn",
            "Tags",
        ],
        has_tag_map: false,
    },
    Schema {
        kind: "AWS::EKS::FargateProfile",
        noun: "FargateProfile",
        answer: "fargateProfile",
        name: "FargateProfileName",
        may_be_nameless: true,
        arn: "fargateProfileArn",
        between: "|",
        required: &["ClusterName", "PodExecutionRoleArn", "Selectors"],
        fixed: &["ClusterName", "FargateProfileName", "PodExecutionRoleArn", "Selectors", "Subnets"],
        free: &["Tags"],
        has_tag_map: false,
    },
    Schema {
        kind: "AWS::EKS::AccessEntry",
        noun: "AccessEntry",
        answer: "accessEntry",
        name: "PrincipalArn",
        may_be_nameless: false,
        arn: "accessEntryArn",
        between: "|",
        required: &["ClusterName", "PrincipalArn"],
        fixed: &["ClusterName", "PrincipalArn", "Type"],
        free: &["AccessPolicies", "KubernetesGroups", "Tags", "Username"],
        has_tag_map: false,
    },
    Schema {
        kind: "AWS::EKS::PodIdentityAssociation",
        noun: "PodIdentityAssociation",
        answer: "association",
        name: "ServiceAccount",
        may_be_nameless: false,
        arn: "associationArn",
        between: "|",
        required: &["ClusterName", "Namespace", "RoleArn", "ServiceAccount"],
        fixed: &["ClusterName", "Namespace", "ServiceAccount"],
        free: &["DisableSessionTags", "RoleArn", "Tags", "TargetRoleArn"],
        has_tag_map: false,
    },
];

/// The schema of a type.
pub(super) fn of(kind: &str) -> Option<&'static Schema> {
    ALL.iter().find(|it| it.kind == kind)
}

impl Schema {
    /// What is wrong with properties, in the words of the schema validation.
    pub(super) fn wrong(&self, properties: &Value) -> Option<String> {
        let given = properties.as_object()?;
        let missing = self.required.iter().find(|name| !given.contains_key(**name));
        let missing = missing.map(|name| format!("#: required key [{name}] not found"));
        let is_known = |name: &str| self.fixed.contains(&name) || self.free.contains(&name);
        let extra = given.keys().find(|name| !is_known(name));
        let extra = extra.map(|name| format!("#: extraneous key [{name}] is not permitted"));
        missing.or(extra)
    }
}
