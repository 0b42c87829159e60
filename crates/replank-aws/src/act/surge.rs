//! More nodes in chosen zones, with the capacity error known at once (Auto Scaling: `LaunchInstances`).
//!
//! It raises the desired capacity by what it launched. What it does beyond the maximum is in no source, so the maximum is
//! raised before; what it could not launch is left to the group, which goes on trying. Groups that it is not for, and
//! endpoints that do not have it, have their sizes raised in one call instead.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::{LaunchInstancesError, RetryStrategy};
use jiff::Timestamp;
use replank_core::names::Zone;
use replank_core::observed::{LaunchFailure, Lifecycle};
use replank_core::sizes::Sizes;

use crate::cloud::AwsCloud;
use crate::failure::{CallError, FailureKind};
use crate::group::activities::trouble;
use crate::group::{ScalingGroup, Source};

/// Most instances of one call (Auto Scaling).
const AT_ONCE: u32 = 100;

/// Whether the group's launches can be asked for by zone: a launch template, and all On-Demand or all Spot.
pub(super) fn can_be_used(group: &ScalingGroup) -> bool {
    let Source::Template { overrides, .. } = &group.source else { return false };
    let distribution =
        group.described.mixed_instances_policy().and_then(|policy| policy.instances_distribution());
    let is_pure = distribution.is_none_or(|it| {
        let (base, share) = (it.on_demand_base_capacity(), it.on_demand_percentage_above_base_capacity());
        share.is_none_or(|share| share == 100) || (share == Some(0) && base.unwrap_or_default() == 0)
    });
    overrides.is_none() || is_pure
}

/// Launches as many as `to` has more than the group, by zone. The failures of zones are kept for the next reading. Whether
/// all were launched, so that the group has the sizes.
pub(super) async fn launch(cloud: &AwsCloud, group: &ScalingGroup, to: Sizes) -> Result<bool, CallError> {
    if to.max > group.sizes.max {
        super::sizes::write(cloud, Sizes { max: to.max, ..group.sizes }).await?;
    }
    let more = to.desired.saturating_sub(group.sizes.desired);
    let mut launched = 0;
    for (zone, count) in by_zone(cloud, group, more) {
        let call = cloud.aws.autoscaling.launch_instances().auto_scaling_group_name(&*cloud.name);
        let call = call.requested_capacity(i32::try_from(count).unwrap_or(1)).availability_zones(&zone);
        // A lost answer is not repeated but looked up, so no two calls are meant to be the same.
        let token = format!("replank-{}-{}-{zone}", std::process::id(), Timestamp::now().as_nanosecond());
        let call = call.client_token(token).retry_strategy(RetryStrategy::None);
        let answer = cloud.aws.ask("LaunchInstances", call.send()).await?;
        launched += answer.instances().iter().map(|one| one.instance_ids().len()).sum::<usize>();
        let failed = answer.errors().iter().map(|error| failure(error, &zone));
        cloud.view().launched.failures.extend(failed);
    }
    Ok(launched == more as usize && to.min == group.sizes.min)
}

/// Whether what failed means that it is of no use to ask for launches like this again.
pub(super) fn is_no_use(failure: &CallError) -> bool {
    failure.operation == "LaunchInstances"
        && matches!(failure.kind, FailureKind::Refused | FailureKind::Denied | FailureKind::Unknown)
}

/// How many go into each zone: the next one always where fewest new instances are, then fewest at all.
fn by_zone(cloud: &AwsCloud, group: &ScalingGroup, more: u32) -> BTreeMap<String, u32> {
    let view = cloud.view();
    let launches = view.launches();
    let now = launches.as_ref().and_then(crate::group::launched::Launches::version);
    let is_new = |instance| launches.as_ref().map(|launches| launches.version_of(instance)) == now;
    let stands = |zone: &str| {
        let here =
            group.instances.iter().filter(|it| it.zone == zone && it.lifecycle != Lifecycle::Terminating);
        let (new, old): (Vec<_>, Vec<_>) = here.partition(|instance| is_new(instance));
        (new.len() as u32, (new.len() + old.len()) as u32)
    };
    let mut standing: Vec<(u32, u32, &String)> = group
        .zones
        .iter()
        .map(|zone| {
            let (new, all) = stands(zone);
            (new, all, zone)
        })
        .collect();
    let mut wanted = BTreeMap::new();
    for _ in 0..more {
        let Some((new, all, zone)) = standing.iter_mut().min() else { break };
        (*new, *all) = (*new + 1, *all + 1);
        let count: &mut u32 = wanted.entry((*zone).clone()).or_default();
        *count = (*count + 1).min(AT_ONCE);
    }
    wanted
}

fn failure(error: &LaunchInstancesError, zone: &str) -> LaunchFailure {
    let (code, message) = (error.error_code().unwrap_or_default(), error.error_message().unwrap_or_default());
    let said = format!("{code}: {message}");
    LaunchFailure {
        at: Timestamp::now(),
        zone: Some(Zone::new(error.availability_zone().unwrap_or(zone))),
        trouble: trouble(&said),
        message: said.into(),
    }
}
