//! EC2 Auto Scaling, over the groups of the account. Query protocol, version 2011-01-01.
//!
//! [`OPERATIONS`] is what is served; every other operation is refused in words that say so.

mod activities;
mod change;
mod create;
mod describe;
mod failure;
mod hooks;
mod launch;
mod none;
mod pages;
mod policy;
mod tags;

use replank_service::ports::Account;

use crate::app::App;
use crate::given::Given;
use crate::wire::{Reply, Request};
use crate::xml;
use failure::AutoScalingError;

/// XML namespace of responses.
const NAMESPACE: &str = "http://autoscaling.amazonaws.com/doc/2011-01-01/";

/// Every operation that is served, by name, and what it does here.
pub(crate) const OPERATIONS: &[(&str, &str)] = &[
    ("CompleteLifecycleAction", "acts"),
    ("CreateAutoScalingGroup", "acts"),
    ("CreateOrUpdateTags", "acts"),
    ("DeleteAutoScalingGroup", "acts"),
    ("DeleteLifecycleHook", "acts"),
    ("DeleteTags", "acts"),
    ("DescribeAccountLimits", "acts"),
    ("DescribeAccountSettings", "none"),
    ("DescribeAutoScalingGroups", "acts"),
    ("DescribeAutoScalingInstances", "acts"),
    ("DescribeInstanceRefreshes", "none"),
    ("DescribeLaunchConfigurations", "none"),
    ("DescribeLifecycleHooks", "acts"),
    ("DescribePolicies", "none"),
    ("DescribeScalingActivities", "acts"),
    ("DescribeScalingProcessTypes", "acts"),
    ("DescribeScheduledActions", "none"),
    ("DescribeTags", "acts"),
    ("DescribeWarmPool", "none"),
    ("LaunchInstances", "acts"),
    ("PutLifecycleHook", "acts"),
    ("RecordLifecycleActionHeartbeat", "acts"),
    ("ResumeProcesses", "acts"),
    ("SetDesiredCapacity", "acts"),
    ("SetInstanceProtection", "acts"),
    ("SuspendProcesses", "acts"),
    ("TerminateInstanceInAutoScalingGroup", "acts"),
    ("UpdateAutoScalingGroup", "acts"),
];

/// Result of an operation: the content of its result element.
type Answer = Result<String, AutoScalingError>;

/// Answers a call of the query protocol in XML, refusals too.
pub(crate) async fn answer<A: Account>(app: &App<A>, request: &Request) -> Reply {
    let given = Given::read(request);
    let action = given.text("Action");
    match operate(app, &given, action).await {
        Ok(inner) => xml::answered(NAMESPACE, action, &inner),
        Err(failure) => failure.reply(),
    }
}

async fn operate<A: Account>(app: &App<A>, given: &Given, action: &str) -> Answer {
    match action {
        "CompleteLifecycleAction" => hooks::hooked(app, given, true).await,
        "CreateAutoScalingGroup" => create::create(app, given).await,
        "CreateOrUpdateTags" => tags::put(app, given).await,
        "DeleteAutoScalingGroup" => change::delete(app, given).await,
        "DeleteLifecycleHook" => hooks::delete(app, given).await,
        "DeleteTags" => tags::delete(app, given).await,
        "DescribeAccountLimits" => describe::limits(app).await,
        "DescribeAutoScalingGroups" => describe::groups(app, given).await,
        "DescribeAutoScalingInstances" => describe::instances(app, given).await,
        "DescribeLifecycleHooks" => hooks::describe(app, given).await,
        "DescribeScalingActivities" => activities::describe(app, given).await,
        "DescribeScalingProcessTypes" => Ok(describe::process_types()),
        "DescribeTags" => tags::describe(app, given).await,
        "LaunchInstances" => launch::launch(app, given).await,
        "PutLifecycleHook" => hooks::put(app, given).await,
        "RecordLifecycleActionHeartbeat" => hooks::hooked(app, given, false).await,
        "ResumeProcesses" => change::processes(app, given, false).await,
        "SetDesiredCapacity" => change::desired(app, given).await,
        "SetInstanceProtection" => change::protect(app, given).await,
        "SuspendProcesses" => change::processes(app, given, true).await,
        "TerminateInstanceInAutoScalingGroup" => change::terminate(app, given).await,
        "UpdateAutoScalingGroup" => change::update(app, given).await,
        action => none::answer(app, given, action).await,
    }
}

#[cfg(test)]
mod tests;
