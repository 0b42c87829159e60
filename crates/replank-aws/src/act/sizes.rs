//! Changes of a group's sizes.

use std::time::{Duration, Instant};

use replank_core::observed::Answer;
use replank_core::sizes::Sizes;

use super::{again, surge};
use crate::answer;
use crate::cloud::AwsCloud;
use crate::failure::{CallError, FailureKind};
use crate::group::ScalingGroup;

/// How long AWS's readings may lag behind a change that it accepted.
const LAG: Duration = Duration::from_secs(30);

/// Sets the sizes if the group still has those it is meant to have. All three go in one call: lowering the maximum
/// alone would lower the desired capacity with it, and raising the minimum would raise it.
pub(crate) async fn set_sizes(cloud: &AwsCloud, from: Sizes, to: Sizes) -> Answer {
    let group = match again(cloud).await {
        Ok(group) => group,
        Err(answer) => return answer,
    };
    if group.sizes == to {
        return Answer::Done;
    }
    if let Some(lagging) = lagging(cloud, group.sizes) {
        return lagging;
    }
    if group.sizes != from {
        return answer::changed(format!("the sizes are {} by now, not {}", text(group.sizes), text(from)));
    }
    // AWS would choose itself who goes, and would not ask its pods: an instance may just have come.
    if to.desired < from.desired && group.standing() > to.desired {
        return answer::changed(format!(
            "{} instances stand by now, more than {}",
            group.standing(),
            to.desired
        ));
    }
    let asked = change(cloud, &group, to).await;
    let mut view = cloud.view();
    view.is_stale = true;
    match asked {
        Ok(()) => {
            view.resized = Some((from, to, Instant::now()));
            Answer::Done
        }
        Err(failure) => answer::of(&failure),
    }
}

/// Grows the group zone by zone where that can be, and sets what is left.
async fn change(cloud: &AwsCloud, group: &ScalingGroup, to: Sizes) -> Result<(), CallError> {
    let by_zone =
        to.desired > group.sizes.desired && surge::can_be_used(group) && cloud.view().launches_by_zone;
    if !by_zone {
        return write(cloud, to).await;
    }
    match surge::launch(cloud, group, to).await {
        Ok(true) => Ok(()),
        // What some zones did not give.
        Ok(false) => write(cloud, to).await,
        Err(failure) if surge::is_no_use(&failure) => {
            cloud.view().launches_by_zone = false;
            if failure.kind == FailureKind::Unknown { Err(failure) } else { write(cloud, to).await }
        }
        Err(failure) => Err(failure),
    }
}

/// Sets all three sizes.
pub(super) async fn write(cloud: &AwsCloud, to: Sizes) -> Result<(), CallError> {
    let call = cloud.aws.autoscaling.update_auto_scaling_group().auto_scaling_group_name(&*cloud.name);
    let number = |size: u32| i32::try_from(size).unwrap_or(i32::MAX);
    let call = call.min_size(number(to.min)).desired_capacity(number(to.desired)).max_size(number(to.max));
    cloud.aws.ask("UpdateAutoScalingGroup", call.send()).await.map(drop)
}

/// The answer while AWS still shows the sizes from before a change that it accepted. Writing again could undo what
/// somebody else, such as an autoscaler, changed after it.
fn lagging(cloud: &AwsCloud, seen: Sizes) -> Option<Answer> {
    let (from, to, at) = cloud.view().resized?;
    let lags = seen == from && seen != to && at.elapsed() < LAG;
    lags.then(|| answer::changed(format!("AWS does not show yet that the sizes are {}", text(to))))
}

fn text(sizes: Sizes) -> String {
    format!("min {}, desired {}, max {}", sizes.min, sizes.desired, sizes.max)
}
