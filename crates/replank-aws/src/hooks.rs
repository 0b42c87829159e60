//! Lifecycle hooks that hold instances which terminate. An update drains a node before it terminates the instance, so
//! there is nothing left to wait for: without an answer AWS would hold each for the whole time-out of the hook, an hour
//! where nobody says otherwise.
//!
//! Only instances that the update terminated itself are answered for. Whoever else answers, such as a node termination
//! handler, does no harm: the second answer is refused (`No active Lifecycle Action found`), which counts as done. No
//! heartbeat is needed, since the hook begins when the drain is over.

use aws_sdk_autoscaling::types::LifecycleHook;

use crate::cloud::AwsCloud;
use crate::failure::{CallError, FailureKind};
use crate::group::ScalingGroup;

/// AWS's state of an instance that a hook holds at its end.
const HELD: &str = "Terminating:Wait";
/// End of the name of the transition of these hooks.
const TERMINATING: &str = "TERMINATING";
/// Words of AWS about a hook that was answered already.
const ANSWERED: &str = "No active Lifecycle Action found";

/// Answers for the instances of ours that hooks hold. What AWS refuses is asked again at the next look.
pub(crate) async fn answer(cloud: &AwsCloud, group: &ScalingGroup) -> Result<(), CallError> {
    let held: Vec<&str> = {
        let view = cloud.view();
        let ours = group.instances.iter().filter(|it| it.state == HELD && view.ended.contains(&it.id));
        ours.map(|instance| instance.id.as_str()).collect()
    };
    if held.is_empty() {
        return Ok(());
    }
    for hook in names(cloud).await? {
        for instance in &held {
            complete(cloud, &hook, instance).await?;
        }
    }
    Ok(())
}

/// Answers for an instance that was just told to terminate, if the hooks are known. What fails is asked again at the next
/// look.
pub(crate) async fn at_once(cloud: &AwsCloud, instance: &str) {
    let known = cloud.view().hooks.clone().unwrap_or_default();
    for hook in known {
        if let Err(failure) = complete(cloud, &hook, instance).await {
            tracing::debug!("{failure}");
        }
    }
}

/// Names of the hooks, read once.
async fn names(cloud: &AwsCloud) -> Result<Vec<String>, CallError> {
    if let Some(known) = cloud.view().hooks.clone() {
        return Ok(known);
    }
    let call = cloud.aws.autoscaling.describe_lifecycle_hooks().auto_scaling_group_name(&*cloud.name);
    let answer = cloud.aws.ask("DescribeLifecycleHooks", call.send()).await?;
    Ok(note(cloud, answer.lifecycle_hooks()))
}

/// Keeps the names of those that hold instances which terminate.
pub(crate) fn note(cloud: &AwsCloud, hooks: &[LifecycleHook]) -> Vec<String> {
    let ends = hooks.iter().filter(|hook| {
        hook.lifecycle_transition().is_some_and(|transition| transition.ends_with(TERMINATING))
    });
    let names: Vec<String> = ends.filter_map(|hook| hook.lifecycle_hook_name().map(str::to_owned)).collect();
    cloud.view().hooks = Some(names.clone());
    names
}

async fn complete(cloud: &AwsCloud, hook: &str, instance: &str) -> Result<(), CallError> {
    let call = cloud.aws.autoscaling.complete_lifecycle_action().auto_scaling_group_name(&*cloud.name);
    let call = call.lifecycle_hook_name(hook).instance_id(instance).lifecycle_action_result("CONTINUE");
    match cloud.aws.ask("CompleteLifecycleAction", call.send()).await {
        Ok(_) => Ok(()),
        Err(failure) if failure.says(ANSWERED) => Ok(()),
        Err(failure) => match failure.kind {
            // It takes longer then, and nothing else is lost.
            FailureKind::Denied | FailureKind::Refused | FailureKind::Unknown => Ok(()),
            FailureKind::Throttled | FailureKind::Busy | FailureKind::Credentials => Err(failure),
        },
    }
}
