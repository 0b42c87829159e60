//! The policies that the adapter needs, as `replank rbac` has the roles of a cluster.

use serde_json::{Value, json};

/// What plans and lists read.
const LOOKS: [&str; 30] = [
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeInstanceRefreshes",
    "autoscaling:DescribeLaunchConfigurations",
    "autoscaling:DescribeLifecycleHooks",
    "autoscaling:DescribePolicies",
    "autoscaling:DescribeScalingActivities",
    "autoscaling:DescribeScheduledActions",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeSubnets",
    "ec2:GetConsoleOutput",
    "eks:DescribeAddon",
    "eks:DescribeAddonVersions",
    "eks:DescribeCluster",
    "eks:DescribeClusterVersions",
    "eks:DescribeNodegroup",
    "eks:DescribeUpdate",
    "eks:ListAccessEntries",
    "eks:ListAddons",
    "eks:ListFargateProfiles",
    "eks:ListInsights",
    "eks:ListUpdates",
    "iam:GetInstanceProfile",
    "iam:SimulatePrincipalPolicy",
    "servicequotas:GetServiceQuota",
    "ssm:GetParameter",
];
/// What an update does to a scaling group.
const ACTS: [&str; 9] = [
    "autoscaling:CompleteLifecycleAction",
    "autoscaling:CreateOrUpdateTags",
    "autoscaling:DeleteTags",
    "autoscaling:LaunchInstances",
    "autoscaling:RecordLifecycleActionHeartbeat",
    "autoscaling:ResumeProcesses",
    "autoscaling:SuspendProcesses",
    "autoscaling:TerminateInstanceInAutoScalingGroup",
    "autoscaling:UpdateAutoScalingGroup",
];

/// Read-only: enough for `get nodegroups` and for plans. AWS has no narrower resource for lists than all.
pub fn look() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "ReplankLooks", "Effect": "Allow", "Action": LOOKS, "Resource": "*" }],
    })
}

/// What an update does to a scaling group.
pub(crate) fn on_groups() -> [&'static str; 9] {
    ACTS
}

/// What updates need beside [`look`], for the groups and templates with the tag of one cluster.
pub fn act(cluster: &str) -> Value {
    let tag = format!("kubernetes.io/cluster/{cluster}");
    let of_cluster = |service: &str| json!({ "StringEquals": { format!("{service}:ResourceTag/{tag}"): ["owned", "shared"] } });
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReplankChangesGroups", "Effect": "Allow", "Action": ACTS,
                "Resource": "arn:*:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/*",
                "Condition": of_cluster("autoscaling"),
            },
            {
                "Sid": "ReplankMakesVersions", "Effect": "Allow", "Action": ["ec2:CreateLaunchTemplateVersion", "ec2:DeleteLaunchTemplateVersions"],
                "Resource": "arn:*:ec2:*:*:launch-template/*",
                "Condition": of_cluster("ec2"),
            },
            {
                // A group that is pointed at a version is checked for what its launches may do (Auto Scaling: launch
                // template support).
                "Sid": "ReplankMayLaunch", "Effect": "Allow", "Action": ["ec2:CreateFleet", "ec2:CreateTags", "ec2:RunInstances"],
                "Resource": "*",
            },
            {
                "Sid": "ReplankStartsUpdatesOfEks", "Effect": "Allow", "Action": ["eks:UpdateNodegroupVersion"],
                "Resource": format!("arn:*:eks:*:*:nodegroup/{cluster}/*/*"),
            },
            {
                "Sid": "ReplankMovesControlPlanes", "Effect": "Allow", "Action": ["eks:UpdateClusterVersion"],
                "Resource": format!("arn:*:eks:*:*:cluster/{cluster}"),
            },
            {
                "Sid": "ReplankUpdatesAddOnsOfEks", "Effect": "Allow", "Action": ["eks:UpdateAddon"],
                "Resource": format!("arn:*:eks:*:*:addon/{cluster}/*/*"),
            },
            {
                // For --events-queue; narrow it to the queue.
                "Sid": "ReplankTakesEvents", "Effect": "Allow", "Action": ["sqs:DeleteMessageBatch", "sqs:ReceiveMessage"],
                "Resource": "arn:*:sqs:*:*:*",
            },
            {
                "Sid": "ReplankPassesNodeRoles", "Effect": "Allow", "Action": ["iam:PassRole"], "Resource": "*",
                "Condition": { "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com" } },
            },
        ],
    })
}

/// The statement that permits an operation, for whoever lacks it; `None` for one that needs no permission.
pub(crate) fn statement(operation: &str) -> Option<String> {
    [look(), act("CLUSTER")].iter().find_map(|policy| {
        policy["Statement"].as_array().into_iter().flatten().find_map(|statement| {
            let mut actions = statement["Action"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let is_it = |action: &&str| action.split_once(':').is_some_and(|(_, own)| own == operation);
            actions.find(is_it).map(|action| permit(&[action], &statement["Resource"]))
        })
    })
}

/// A statement that permits these actions on a resource.
pub(crate) fn permit(actions: &[&str], resource: &Value) -> String {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Operations that the sources of this crate name, in the order of their names.
    fn asked() -> Vec<String> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut folders = vec![root];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let text = std::fs::read_to_string(entry.path()).unwrap();
                for call in [".ask(\"", ".call(\"", ".list(\""] {
                    let named = text.split(call).skip(1).filter_map(|rest| rest.split('"').next());
                    found.extend(named.map(str::to_owned));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }

    #[test]
    fn whoever_lacks_a_permission_is_told_the_statement_for_it() {
        let told = statement("UpdateAutoScalingGroup").unwrap();
        assert!(told.contains("\"Action\":[\"autoscaling:UpdateAutoScalingGroup\"]"), "{told}");
        assert!(told.contains("arn:*:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/*"), "{told}");
        assert!(statement("DescribeImages").unwrap().contains("\"Resource\":\"*\""));
        assert_eq!(statement("GetCallerIdentity"), None);
        for operation in asked().iter().filter(|operation| *operation != "GetCallerIdentity") {
            assert!(statement(operation).is_some(), "{operation}");
        }
    }

    #[test]
    fn every_call_is_permitted_by_the_policies() {
        let policies = format!("{} {}", look(), act("shop"));
        let asked = asked();
        assert!(asked.len() > 12, "{asked:?}");
        for operation in asked.iter().filter(|operation| *operation != "GetCallerIdentity") {
            assert!(policies.contains(&format!(":{operation}\"")), "{operation} is in no policy");
        }
    }
}
