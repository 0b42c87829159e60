//! Roles, as far as they tell who may join a cluster and what the caller may do.
//!
//! Not `aws-sdk-iam`: two of its 170 operations are used.

use std::sync::Arc;

use aws_config::SdkConfig;

use crate::calls::Calls;
use crate::ec2::Tree;
use crate::failure::{CallError, if_there};
use crate::query::Query;
use crate::rights;

/// Version of the API.
const API: &str = "2010-05-08";

/// A client of IAM.
#[derive(Debug)]
pub(crate) struct Iam(Query);

impl Iam {
    /// The client for the partition of a region.
    pub(crate) async fn new(config: &SdkConfig, region: &str, calls: Arc<Calls>) -> Self {
        Self(Query::new(config, ("iam", API), home(region), calls).await)
    }

    /// ARN of the role in an instance profile, by the profile's ARN; `None` when there is no such profile, or no role in
    /// it.
    pub(crate) async fn role_of(&self, profile: &str) -> Result<Option<String>, CallError> {
        let name = profile.rsplit('/').next().unwrap_or_default();
        let asked = vec![("InstanceProfileName".to_owned(), name.to_owned())];
        let answer = if_there("NoSuchEntity", self.0.call("GetInstanceProfile", asked).await)?;
        let role = |answer: &Tree| {
            let profile = answer.get("GetInstanceProfileResult")?.get("InstanceProfile")?;
            Some(profile.get("Roles")?.get("member")?.text("Arn")?.to_owned())
        };
        Ok(answer.as_ref().and_then(role))
    }
}

impl Iam {
    /// Those of `actions` on a resource that the policies of a user or role do not allow, with these keys of conditions.
    pub(crate) async fn denied(
        &self,
        source: &str,
        actions: &[&str],
        resource: &str,
        context: &[(String, String)],
    ) -> Result<Vec<String>, CallError> {
        let mut asked = vec![("PolicySourceArn".to_owned(), source.to_owned())];
        asked.extend(
            actions
                .iter()
                .zip(1..)
                .map(|(action, at)| (format!("ActionNames.member.{at}"), (*action).to_owned())),
        );
        asked.push(("ResourceArns.member.1".to_owned(), resource.to_owned()));
        for ((key, value), at) in context.iter().zip(1..) {
            let entry = format!("ContextEntries.member.{at}");
            asked.push((format!("{entry}.ContextKeyName"), key.clone()));
            asked.push((format!("{entry}.ContextKeyType"), "string".to_owned()));
            asked.push((format!("{entry}.ContextKeyValues.member.1"), value.clone()));
        }
        Ok(rights::denied(&self.0.call("SimulatePrincipalPolicy", asked).await?))
    }
}

/// The region that IAM of a region's partition is signed for (IAM: one endpoint for a partition).
fn home(region: &str) -> &str {
    match region {
        region if region.starts_with("cn-") => "cn-north-1",
        region if region.starts_with("us-gov-") => "us-gov-west-1",
        region if region.starts_with("us-iso") => region,
        _ => "us-east-1",
    }
}
