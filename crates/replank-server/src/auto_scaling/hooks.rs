//! Lifecycle hooks.

use std::ops::RangeInclusive;

use replank_service::ports::Account;
use replank_service::ports::auto_scaling::{Call, Group, Hook, HookResult};

use super::change::{carried_out, count, named};
use super::failure::AutoScalingError;
use super::{Answer, xml};
use crate::app::App;
use crate::given::Given;

const LAUNCHING: &str = "autoscaling:EC2_INSTANCE_LAUNCHING";
const TERMINATING: &str = "autoscaling:EC2_INSTANCE_TERMINATING";
/// The time-out by default, and what is accepted, in seconds.
const HEARTBEAT: u32 = 3_600;
const HEARTBEATS: RangeInclusive<u32> = 30..=7_200;
/// The longest that an action takes altogether, in seconds.
const LONGEST: u64 = 48 * 3_600;

/// `DescribeLifecycleHooks`.
pub(super) async fn describe<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let name = named(given)?;
    let wanted = given.list("LifecycleHookNames.member");
    let groups = app.service.account.auto_scaling_groups().await?;
    let group =
        groups.iter().find(|group| group.name == name).ok_or_else(|| AutoScalingError::no_group(name))?;
    let hooks = group.hooks.iter().filter(|hook| wanted.is_empty() || wanted.contains(&&*hook.name));
    Ok(xml::list("LifecycleHooks", hooks.map(|hook| shown(group, hook))))
}

fn shown(group: &Group, hook: &Hook) -> String {
    let by_default = match hook.by_default {
        HookResult::Continue => "CONTINUE",
        HookResult::Abandon => "ABANDON",
    };
    [
        xml::text("LifecycleHookName", &hook.name),
        xml::text("AutoScalingGroupName", &group.name),
        xml::text("LifecycleTransition", if hook.is_of_launch { LAUNCHING } else { TERMINATING }),
        xml::text("HeartbeatTimeout", hook.heartbeat_seconds),
        xml::text("GlobalTimeout", (u64::from(hook.heartbeat_seconds) * 100).min(LONGEST)),
        xml::text("DefaultResult", by_default),
    ]
    .concat()
}

/// `PutLifecycleHook`. Members that are left out keep what the hook has.
pub(super) async fn put<A: Account>(app: &App<A>, given: &Given) -> Answer {
    for name in ["NotificationTargetARN", "RoleARN", "NotificationMetadata"] {
        if given.has(name) {
            return Err(AutoScalingError::not_here(name));
        }
    }
    let (group, name) = (named(given)?, hook(given)?);
    let groups = app.service.account.auto_scaling_groups().await?;
    let before = groups.iter().find(|one| one.name == group);
    let before = before.and_then(|one| one.hooks.iter().find(|hook| hook.name == name));
    let is_of_launch = match (given.given("LifecycleTransition"), before) {
        (Some(LAUNCHING), _) => true,
        (Some(TERMINATING), _) => false,
        (Some(other), _) => {
            let said = format!("LifecycleTransition: {other} is not one of {LAUNCHING}, {TERMINATING}.");
            return Err(AutoScalingError::invalid(said));
        }
        (None, Some(before)) => before.is_of_launch,
        (None, None) => return Err(AutoScalingError::missing("LifecycleTransition")),
    };
    let heartbeat_seconds = count(given, "HeartbeatTimeout")?
        .unwrap_or(before.map_or(HEARTBEAT, |before| before.heartbeat_seconds));
    if !HEARTBEATS.contains(&heartbeat_seconds) {
        let (least, most) = (HEARTBEATS.start(), HEARTBEATS.end());
        let said =
            format!("HeartbeatTimeout: {heartbeat_seconds} is not accepted; give {least} to {most} seconds.");
        return Err(AutoScalingError::invalid(said));
    }
    let by_default = match given.given("DefaultResult") {
        Some(text) => result("DefaultResult", text)?,
        None => before.map_or(HookResult::Abandon, |before| before.by_default),
    };
    let hook = Hook { name: name.to_owned(), is_of_launch, heartbeat_seconds, by_default };
    carried_out(app, group, &Call::PutHook(hook)).await.map(|_| String::new())
}

/// `DeleteLifecycleHook`.
pub(super) async fn delete<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let call = Call::DeleteHook(hook(given)?.to_owned());
    carried_out(app, named(given)?, &call).await.map(|_| String::new())
}

/// `CompleteLifecycleAction` and `RecordLifecycleActionHeartbeat`.
pub(super) async fn hooked<A: Account>(app: &App<A>, given: &Given, completes: bool) -> Answer {
    let instance = given.given("InstanceId").ok_or_else(|| match given.given("LifecycleActionToken") {
        // Tokens are told in notifications, which nobody gets here.
        Some(token) => {
            AutoScalingError::invalid(format!("No active Lifecycle Action found with token {token}"))
        }
        None => AutoScalingError::missing("InstanceId"),
    })?;
    let result = match given.given("LifecycleActionResult") {
        _ if !completes => None,
        Some(text) => Some(result("LifecycleActionResult", text)?),
        None => return Err(AutoScalingError::missing("LifecycleActionResult")),
    };
    let call = Call::Hooked { hook: hook(given)?.to_owned(), instance: instance.to_owned(), result };
    carried_out(app, named(given)?, &call).await.map(|_| String::new())
}

fn hook(given: &Given) -> Result<&str, AutoScalingError> {
    given.given("LifecycleHookName").ok_or_else(|| AutoScalingError::missing("LifecycleHookName"))
}

fn result(member: &str, text: &str) -> Result<HookResult, AutoScalingError> {
    match text {
        "CONTINUE" => Ok(HookResult::Continue),
        "ABANDON" => Ok(HookResult::Abandon),
        _ => Err(AutoScalingError::invalid(format!("{member}: {text} is not one of CONTINUE, ABANDON."))),
    }
}
