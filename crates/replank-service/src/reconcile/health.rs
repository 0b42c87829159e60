//! Health issues of node groups, raised and cleared by what the cloud shows (EKS: node group health).

use std::collections::BTreeMap;

use crate::ports::Account;
use crate::ports::launch_templates::OwnTemplate;
use crate::ports::node_groups::GroupNodes;
use crate::records::Kind;
use replank_core::observed::{LaunchFailure, LaunchTrouble};

use tracing::warn;

use crate::records::{self, Issue, Nodegroup, NodegroupStatus};
use crate::refusal::Refusal;
use crate::service::Service;

/// Records the health issues of every group that is active, degraded or being updated.
pub(super) async fn look<A: Account>(service: &Service<A>) {
    let Ok(own) = service.account.own_templates().await else { return };
    for (_, record) in service.records.all(Kind::NodeGroup) {
        let Ok(group) = records::read::<Nodegroup>(&record.document) else { continue };
        let (cluster, name) = (&group.cluster_name, &group.nodegroup_name);
        // A cloud that cannot be read says nothing of health.
        let Ok(nodes) = service.account.group_nodes(cluster, name).await else { continue };
        let mut issues = issues(&group, nodes.as_ref());
        issues.extend(source_issue(&group, &own));
        if !is_judged(group.status) || issues == group.health.issues {
            continue;
        }
        let outcome = service.records.change(|change| {
            let mut group = records::nodegroup_in(change, cluster, name)?;
            if is_judged(group.status) {
                group.health.issues = issues;
                group.status = match (group.status, group.health.issues.is_empty()) {
                    (NodegroupStatus::Updating, _) => NodegroupStatus::Updating,
                    (_, true) => NodegroupStatus::Active,
                    (_, false) => NodegroupStatus::Degraded,
                };
                records::put_nodegroup(change, &group);
            }
            Ok::<(), Refusal>(())
        });
        if outcome.is_err() {
            warn!(cluster = %cluster, group = %name, "the health of the node group is not on record");
        }
    }
}

fn is_judged(status: NodegroupStatus) -> bool {
    matches!(status, NodegroupStatus::Active | NodegroupStatus::Degraded | NodegroupStatus::Updating)
}

fn issues(group: &Nodegroup, nodes: Option<&GroupNodes>) -> Vec<Issue> {
    let scaling = group.resources.as_ref().map(|it| it["autoScalingGroups"][0]["name"].clone());
    let ids: Vec<String> = scaling.and_then(|name| name.as_str().map(str::to_owned)).into_iter().collect();
    let Some(nodes) = nodes else {
        let message = format!(
            "The Autoscaling group associated with node group {} could not be found",
            group.nodegroup_name
        );
        return vec![Issue { code: "AutoScalingGroupNotFound".into(), message, resource_ids: ids }];
    };
    if let Some(template) = &nodes.template_gone {
        let code = "Ec2LaunchTemplateNotFound".to_owned();
        let message = format!("The Amazon EC2 Launch Template : {template} could not be found.");
        return vec![Issue { code, message, resource_ids: vec![template.clone()] }];
    }
    let mut issues = launch_issues(&nodes.failures, &ids);
    if let Some((template, version)) = &nodes.foreign_version {
        let message = format!(
            "The Amazon EC2 launch template version {version} of {template} does not match the version that \
             Amazon EKS created for node group {}; revert to that version to recover.",
            group.nodegroup_name
        );
        let code = "Ec2LaunchTemplateVersionMismatch".to_owned();
        issues.push(Issue { code, message, resource_ids: vec![template.clone()] });
    }
    issues.extend(join_issues(nodes));
    issues
}

/// Issues for instances that did not join in time and for those that never became Ready; EKS has one code for both.
pub(super) fn join_issues(nodes: &GroupNodes) -> Vec<Issue> {
    let kinds = [
        (&nodes.late, "Instances failed to join the kubernetes cluster"),
        (&nodes.unready, "Unhealthy nodes in the kubernetes cluster"),
    ];
    let issue = |(ids, message): (&Vec<String>, &str)| Issue {
        code: "NodeCreationFailure".into(),
        message: message.into(),
        resource_ids: ids.clone(),
    };
    kinds.into_iter().filter(|(ids, _)| !ids.is_empty()).map(issue).collect()
}

/// The issue of a user's launch template that is gone, or whose version is gone.
fn source_issue(group: &Nodegroup, own: &[OwnTemplate]) -> Option<Issue> {
    let source = group.launch_template.as_ref()?;
    let found = own.iter().find(|template| template.id == source.id);
    let number = source.version.parse().unwrap_or_default();
    let said = match found {
        Some(found) if found.versions.contains_key(&number) => return None,
        Some(_) => format!("version {} of launch template {}", source.version, source.id),
        None => format!("launch template {}", source.id),
    };
    let message = format!("The {said} that the node group was created with could not be found.");
    let code = "SourceEc2LaunchTemplateNotFound".to_owned();
    Some(Issue { code, message, resource_ids: vec![source.id.clone()] })
}

/// One issue per kind of launch failure, with the message of the last one.
pub(super) fn launch_issues(failures: &[LaunchFailure], ids: &[String]) -> Vec<Issue> {
    let last: BTreeMap<&str, &LaunchFailure> = failures.iter().map(|it| (code(it.trouble), it)).collect();
    let issue = |(code, failure): (&str, &LaunchFailure)| Issue {
        code: code.to_owned(),
        message: failure.message.to_string(),
        resource_ids: ids.to_vec(),
    };
    last.into_iter().map(issue).collect()
}

/// Code of the issue for a launch failure (EKS: `NodegroupIssueCode`).
fn code(trouble: LaunchTrouble) -> &'static str {
    match trouble {
        LaunchTrouble::NoCapacity | LaunchTrouble::Other => "AsgInstanceLaunchFailures",
        LaunchTrouble::Quota => "InstanceLimitExceeded",
        LaunchTrouble::NoAddresses => "InsufficientFreeAddresses",
        LaunchTrouble::ImageGone => "AmiIdNotFound",
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn every_trouble_is_told_once_in_its_last_words() {
        let failure = |trouble, message: &str| LaunchFailure {
            at: Timestamp::UNIX_EPOCH,
            zone: None,
            trouble,
            message: message.into(),
        };
        let failures = [
            failure(LaunchTrouble::NoCapacity, "first"),
            failure(LaunchTrouble::Quota, "limit"),
            failure(LaunchTrouble::NoCapacity, "last"),
        ];
        let found = launch_issues(&failures, &["asg".to_owned()]);
        let found: Vec<_> = found.iter().map(|it| (&*it.code, &*it.message)).collect();
        assert_eq!(found, [("AsgInstanceLaunchFailures", "last"), ("InstanceLimitExceeded", "limit")]);
        assert!(launch_issues(&[], &[]).is_empty());
    }
}
