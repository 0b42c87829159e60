//! What the groups here have none of, and what is not served.

use replank_service::ports::Account;

use super::failure::AutoScalingError;
use super::{Answer, OPERATIONS, xml};
use crate::app::App;
use crate::given::Given;

/// Empty lists of what no group here has; for other operations, what there is.
pub(super) async fn answer<A: Account>(app: &App<A>, given: &Given, action: &str) -> Answer {
    let list = match action {
        "DescribeAccountSettings" => "Settings",
        "DescribeInstanceRefreshes" => "InstanceRefreshes",
        "DescribeLaunchConfigurations" => "LaunchConfigurations",
        "DescribePolicies" => "ScalingPolicies",
        "DescribeScheduledActions" => "ScheduledUpdateGroupActions",
        "DescribeWarmPool" => "Instances",
        _ => {
            let served: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
            let said = format!(
                "Could not find operation {action} for version 2011-01-01. Served here are {}.",
                served.join(", ")
            );
            return Err(AutoScalingError { code: "InvalidAction".into(), message: said });
        }
    };
    // A list of a group that is not there is no empty list.
    if let Some(name) = given.given("AutoScalingGroupName") {
        let groups = app.service.account.auto_scaling_groups().await?;
        if !groups.iter().any(|group| group.name == name) {
            return Err(AutoScalingError::no_group(name));
        }
    }
    Ok(xml::list(list, []))
}
