//! The version that a group launches from.

use aws_sdk_autoscaling::types as sdk;
use replank_core::observed::Answer;

use super::again;
use crate::answer;
use crate::cloud::AwsCloud;
use crate::failure::CallError;
use crate::group::launched::Launches;
use crate::group::{ScalingGroup, Source};

/// Makes the group launch from version `to`, if it still launches from `from`. A group that says `$Latest` or
/// `$Default` says the number afterwards: only that is certain to launch the same tomorrow.
pub(crate) async fn point(cloud: &AwsCloud, from: u64, to: u64) -> Answer {
    let group = match again(cloud).await {
        Ok(group) => group,
        Err(answer) => return answer,
    };
    let Source::Template { base, .. } = &group.source else { return no_template(&group) };
    if base.version == to.to_string() {
        return Answer::Done;
    }
    match version(cloud, &group) {
        Some(now) if now == from || now == to => {}
        now => {
            let now = now.map_or_else(|| base.version.clone(), |now| now.to_string());
            return answer::changed(format!("the group launches from version {now} by now, not {from}"));
        }
    }
    let asked = cloud.launch_from(&group, &base.id, &to.to_string()).await;
    asked.map_or_else(|failure| answer::of(&failure), |()| Answer::Done)
}

impl AwsCloud {
    /// Makes the group launch from a version of a template, written as given.
    pub(crate) async fn launch_from(
        &self,
        group: &ScalingGroup,
        template: &str,
        version: &str,
    ) -> Result<(), CallError> {
        let call = self.aws.autoscaling.update_auto_scaling_group().auto_scaling_group_name(&*self.name);
        let named =
            sdk::LaunchTemplateSpecification::builder().launch_template_id(template).version(version).build();
        let call = match group.described.mixed_instances_policy() {
            // All of it is sent: what a policy leaves out is not the same to every reader of the API.
            Some(policy) => call.mixed_instances_policy(pointed(policy, named)),
            None => call.launch_template(named),
        };
        let asked = self.aws.ask("UpdateAutoScalingGroup", call.send()).await;
        self.look_soon();
        asked.map(drop)
    }
}

fn version(cloud: &AwsCloud, group: &ScalingGroup) -> Option<u64> {
    let view = cloud.view();
    let (images, templates) = (&view.images, &view.templates);
    Launches { group, templates, images, configured: view.configured.as_ref() }.version()
}

fn pointed(
    policy: &sdk::MixedInstancesPolicy,
    named: sdk::LaunchTemplateSpecification,
) -> sdk::MixedInstancesPolicy {
    let overrides = policy.launch_template().map(|launch| launch.overrides().to_vec());
    let launch =
        sdk::LaunchTemplate::builder().launch_template_specification(named).set_overrides(overrides).build();
    let distribution = policy.instances_distribution().cloned();
    sdk::MixedInstancesPolicy::builder()
        .launch_template(launch)
        .set_instances_distribution(distribution)
        .build()
}

/// The answer for a group that has no launch template.
pub(super) fn no_template(group: &ScalingGroup) -> Answer {
    Answer::Impossible(format!(
        "Auto Scaling group {} launches from a launch configuration, which has no versions; give it a launch template \
         (aws autoscaling update-auto-scaling-group --auto-scaling-group-name {} --launch-template …), then update it",
        group.name, group.name
    ))
}
