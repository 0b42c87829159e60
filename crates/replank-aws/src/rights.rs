//! Which permissions an update would lack, asked before it begins and changing nothing: EC2's own dry run, and IAM's
//! simulation of the caller's policies for what has no dry run. A simulation knows neither the policies of an
//! organisation nor those of a session, so it forbids nothing: it names.

use crate::cloud::AwsCloud;
use crate::ec2::Tree;
use crate::failure::{CallError, FailureKind};
use crate::group::{ScalingGroup, Source};
use crate::policies;
use crate::preflight::Concern;
use crate::read::ReadGroupError;

/// Code of EC2 for a dry run of what is permitted.
const WOULD_DO: &str = "DryRunOperation";
/// Where the policies come from that permit an update.
const PERMIT: &str = "`replank iam --cluster NAME` prints the statements that permit it";

impl AwsCloud {
    /// Permissions that whoever asks lacks for an update of the group. `makes_version` says whether a version of its
    /// template would be made.
    pub async fn missing_rights(
        &self,
        cluster: &str,
        makes_version: bool,
    ) -> Result<Vec<Concern>, ReadGroupError> {
        let group = self.group_now().await?;
        let mut found = Vec::new();
        if makes_version {
            found.extend(self.dry_run(&group).await?);
        }
        match self.simulated(&group, cluster).await {
            Ok(denied) if denied.is_empty() => {}
            Ok(denied) => found.push(Concern::note(
                format!("IAM's simulation denies {} on {}", denied.join(", "), group.name),
                permission(&group, &denied),
            )),
            Err(failure) => found.push(Concern::not_looked_at(&failure)),
        }
        Ok(found)
    }

    /// Has EC2 say whether a version of the template may be made.
    async fn dry_run(&self, group: &ScalingGroup) -> Result<Option<Concern>, CallError> {
        let Source::Template { base, .. } = &group.source else { return Ok(None) };
        let asked = [
            ("DryRun", "true"),
            ("LaunchTemplateId", base.id.as_str()),
            ("SourceVersion", base.version.as_str()),
            // A request has to change something; nothing is made of it.
            ("LaunchTemplateData.EbsOptimized", "true"),
        ];
        let asked = asked.map(|(key, value)| (key.to_owned(), value.to_owned()));
        match self.aws.ec2.call("CreateLaunchTemplateVersion", asked.into()).await {
            Err(failure) if failure.code == WOULD_DO => Ok(None),
            Err(failure) if failure.kind == FailureKind::Denied => Ok(Some(Concern::blocks(
                format!("no version of launch template {} may be made: {failure}", base.id),
                PERMIT,
            ))),
            Err(failure) if matches!(failure.kind, FailureKind::Refused | FailureKind::Unknown) => {
                Ok(Some(Concern::not_looked_at(&failure)))
            }
            Err(failure) => Err(failure),
            Ok(_) => Ok(None),
        }
    }

    /// Actions on the group that the caller's policies do not allow.
    async fn simulated(&self, group: &ScalingGroup, cluster: &str) -> Result<Vec<String>, CallError> {
        let caller = self.aws.sts.get_caller_identity().send();
        let caller = self.aws.ask("GetCallerIdentity", caller).await?;
        let Some(source) = caller.arn().and_then(policy_source) else { return Ok(Vec::new()) };
        let resource = group.described.auto_scaling_group_arn().unwrap_or("*");
        let tag = format!("kubernetes.io/cluster/{cluster}");
        let context = ["autoscaling", "aws"].map(|service| {
            let value = group.tags.get(&tag).cloned().unwrap_or_default();
            (format!("{service}:ResourceTag/{tag}"), value)
        });
        self.aws.iam.denied(&source, &policies::on_groups(), resource, &context).await
    }
}

/// The user or role whose policies count for a caller; `None` for the root user, who may do all, and for callers without
/// policies of their own. The path of an assumed role is not told, so one with a path is not found.
fn policy_source(arn: &str) -> Option<String> {
    let (account, who) = arn.rsplit_once(':')?;
    match who.split_once('/')? {
        ("user", _) => Some(arn.to_owned()),
        ("assumed-role", rest) => {
            let role = rest.split('/').next()?;
            Some(format!("{}:role/{role}", account.replacen(":sts:", ":iam:", 1)))
        }
        _ => None,
    }
}

/// What permits these actions on a group.
fn permission(group: &ScalingGroup, denied: &[String]) -> String {
    let resource = group.described.auto_scaling_group_arn().unwrap_or("*");
    let actions: Vec<&str> = denied.iter().map(String::as_str).collect();
    format!("add {}; {PERMIT}", policies::permit(&actions, &resource.into()))
}

/// Actions that a simulation does not allow (IAM: `EvalDecision`).
pub(crate) fn denied(answer: &Tree) -> Vec<String> {
    let result = answer.get("SimulatePrincipalPolicyResult");
    let results = result.into_iter().flat_map(|result| result.members("EvaluationResults"));
    let is_denied = |result: &&Tree| result.text("EvalDecision").is_some_and(|said| said != "allowed");
    let denied = results.filter(is_denied);
    denied.filter_map(|result| result.text("EvalActionName").map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_those_of_the_user_or_of_the_assumed_role() {
        let of = |arn: &str| policy_source(arn);
        assert_eq!(of("arn:aws:iam::1:user/ann").as_deref(), Some("arn:aws:iam::1:user/ann"));
        let role = of("arn:aws:sts::1:assumed-role/ops/session-7");
        assert_eq!(role.as_deref(), Some("arn:aws:iam::1:role/ops"));
        assert_eq!(of("arn:aws:iam::1:root"), None);
        assert_eq!(of("arn:aws:sts::1:federated-user/ann"), None);
    }

    #[test]
    fn what_is_not_allowed_is_denied() {
        let member = |action: &str, decision: &str| {
            format!(
                "<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision></member>"
            )
        };
        let xml = format!(
            "<R><SimulatePrincipalPolicyResult><EvaluationResults>{}{}{}</EvaluationResults>\
             </SimulatePrincipalPolicyResult></R>",
            member("a:One", "allowed"),
            member("a:Two", "implicitDeny"),
            member("a:Three", "explicitDeny")
        );
        assert_eq!(denied(&Tree::read(&xml).unwrap()), ["a:Two", "a:Three"]);
        let one = Tree::read("<R><SimulatePrincipalPolicyResult/></R>").unwrap();
        assert!(denied(&one).is_empty());
    }
}
