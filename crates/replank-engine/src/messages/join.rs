//! Why an instance does not become a node, in words, and what to do about it.

use replank_core::names::InstanceId;
use replank_core::observed::JoinTrouble;

/// What keeps it, as the rest of a sentence that begins with the instance.
pub(super) fn trouble(trouble: &JoinTrouble) -> String {
    match trouble {
        JoinTrouble::NotRunning { state, reason } if reason.is_empty() => format!("EC2 has it {state}"),
        JoinTrouble::NotRunning { state, reason } => format!("EC2 has it {state} ({reason})"),
        JoinTrouble::StatusCheck { check } => format!("its {check} status check fails"),
        JoinTrouble::NoProfile => "it has no instance profile, so no role by which it could join".to_owned(),
        JoinTrouble::NotMapped { role } => {
            format!("its role {role} has no access entry of the cluster and is not in ConfigMap aws-auth")
        }
        JoinTrouble::NoUserData => {
            "its launch template has no user data, so nothing tells it which cluster to join".to_owned()
        }
        JoinTrouble::OtherCluster { named, cluster } => {
            format!("its user data names cluster {named}, and it is to join {cluster}")
        }
        JoinTrouble::OtherEndpoint { named, endpoint } => {
            format!("its user data names API server {named}, and the cluster's is {endpoint}")
        }
        JoinTrouble::NoAddresses { subnet } => {
            format!("its subnet {subnet} has no free address, and its pods need some")
        }
        JoinTrouble::Console { line } => format!("its console says: {line}"),
        JoinTrouble::NotReady { node } => format!("its node {node} has registered and is not Ready"),
        JoinTrouble::Unregistered => {
            "no kubelet has registered a node for it, and nothing that AWS shows tells why".to_owned()
        }
    }
}

/// What a person can do.
pub fn advice(trouble: &JoinTrouble, instance: &InstanceId) -> String {
    let console = format!("`aws ec2 get-console-output --latest --instance-id {instance}`");
    match trouble {
        JoinTrouble::NotRunning { .. } => {
            format!("See who stopped {instance}, or what it lacked at its start: `aws ec2 describe-instances --instance-ids {instance}`.")
        }
        JoinTrouble::StatusCheck { .. } => {
            format!("Wait for its replacement, or look at its start: {console}.")
        }
        JoinTrouble::NoProfile => {
            "Give the launch template an instance profile with the role of the nodes.".to_owned()
        }
        JoinTrouble::NotMapped { role } => format!(
            "Let the role in: `aws eks create-access-entry --type EC2_LINUX --principal-arn {role} --cluster-name …`, or add \
             it to mapRoles of ConfigMap kube-system/aws-auth."
        ),
        JoinTrouble::NoUserData => {
            "Use an image that knows its cluster, or user data that names it (NodeConfig, bootstrap.sh).".to_owned()
        }
        JoinTrouble::OtherCluster { .. } | JoinTrouble::OtherEndpoint { .. } => {
            "Make a launch template version with the cluster's own name, endpoint and authority in its user data, and \
             update to that: --launch-template-version."
                .to_owned()
        }
        JoinTrouble::NoAddresses { subnet } => {
            format!("Free addresses of {subnet}, or give the group another subnet.")
        }
        JoinTrouble::Console { .. } => format!("Read the rest: {console}."),
        JoinTrouble::NotReady { node } => format!(
            "See its conditions and the pods of its network plugin: `kubectl describe node {node}`."
        ),
        JoinTrouble::Unregistered => format!(
            "Look at {console}; from its subnet the API server, ECR, S3 and STS have to be reachable, and the security \
             group of the control plane has to let it in."
        ),
    }
}
