//! What a group did and why it failed to (Auto Scaling: scaling activities).

use aws_sdk_autoscaling::types::{Activity, ScalingActivityStatusCode as Status};
use jiff::{SignedDuration, Timestamp};
use replank_core::names::Zone;
use replank_core::observed::{LaunchFailure, LaunchTrouble};
use serde_json::Value;

/// Beginning of the description of a launch.
const LAUNCH: &str = "Launching a new EC2 instance";
/// What stands in a description before the reason of a failure.
const REASON: &str = "Status Reason: ";
/// Words in the messages of failed launches, with what they mean. EC2's error codes where it puts them, its sentences
/// otherwise.
const TROUBLES: [(&str, LaunchTrouble); 18] = [
    ("InsufficientInstanceCapacity", LaunchTrouble::NoCapacity),
    ("do not have sufficient", LaunchTrouble::NoCapacity),
    ("Insufficient capacity", LaunchTrouble::NoCapacity),
    ("no Spot capacity available", LaunchTrouble::NoCapacity),
    ("UnfulfillableCapacity", LaunchTrouble::NoCapacity),
    ("InsufficientHostCapacity", LaunchTrouble::NoCapacity),
    ("ReservationCapacityExceeded", LaunchTrouble::NoCapacity),
    ("VcpuLimitExceeded", LaunchTrouble::Quota),
    ("InstanceLimitExceeded", LaunchTrouble::Quota),
    ("MaxSpotInstanceCountExceeded", LaunchTrouble::Quota),
    ("vCPU capacity than your current vCPU limit", LaunchTrouble::Quota),
    ("instance limit", LaunchTrouble::Quota),
    ("InsufficientFreeAddressesInSubnet", LaunchTrouble::NoAddresses),
    ("enough free addresses", LaunchTrouble::NoAddresses),
    ("InvalidAMIID", LaunchTrouble::ImageGone),
    ("AMI cannot be described", LaunchTrouble::ImageGone),
    ("The image id", LaunchTrouble::ImageGone),
    ("is pending, and cannot be run", LaunchTrouble::ImageGone),
];

/// Recent launches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Launched {
    /// When the last one succeeded.
    pub(crate) succeeded_at: Option<Timestamp>,
    /// Those that failed, oldest first.
    pub(crate) failures: Vec<LaunchFailure>,
}

impl Launched {
    /// What a list of activities tells of launches.
    pub(crate) fn of(activities: &[Activity]) -> Self {
        let mut launched = Self::default();
        let launches =
            activities.iter().filter(|one| one.description().unwrap_or_default().starts_with(LAUNCH));
        for activity in launches {
            let Some(at) = activity.end_time().or(activity.start_time()).and_then(time) else { continue };
            match activity.status_code() {
                Some(Status::Successful) => launched.succeeded_at = launched.succeeded_at.max(Some(at)),
                Some(Status::Failed | Status::Cancelled) => launched.failures.push(failure(activity, at)),
                _ => {}
            }
        }
        launched.failures.sort_by_key(|failure| failure.at);
        launched
    }

    /// How long launches took that succeeded, from the request to the instance in service.
    pub(crate) fn durations(activities: &[Activity]) -> Vec<SignedDuration> {
        let launches = activities.iter().filter(|one| one.status_code() == Some(&Status::Successful));
        let launches = launches.filter(|one| one.description().unwrap_or_default().starts_with(LAUNCH));
        launches
            .filter_map(|one| Some(time(one.end_time()?)?.duration_since(time(one.start_time()?)?)))
            .filter(SignedDuration::is_positive)
            .collect()
    }
}

fn failure(activity: &Activity, at: Timestamp) -> LaunchFailure {
    // The reason stands in either place, or in both.
    let described = activity.description().and_then(|text| Some(text.split_once(REASON)?.1));
    let message = activity.status_message().or(described).unwrap_or("AWS gives no reason");
    let details: Value = serde_json::from_str(activity.details().unwrap_or_default()).unwrap_or_default();
    LaunchFailure {
        at,
        zone: details["Availability Zone"].as_str().filter(|zone| !zone.is_empty()).map(Zone::new),
        trouble: trouble(message),
        message: message.into(),
    }
}

/// What AWS's message of a failed launch means.
pub(crate) fn trouble(message: &str) -> LaunchTrouble {
    let found = TROUBLES.iter().find(|(words, _)| message.contains(words));
    found.map_or(LaunchTrouble::Other, |(_, trouble)| *trouble)
}

/// A time of AWS.
pub(crate) fn time(at: &aws_smithy_types::DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;

    fn activity(description: &str, status: Status, at: i64, message: &str) -> Activity {
        Activity::builder()
            .activity_id("a")
            .auto_scaling_group_name("workers")
            .cause("c")
            .description(description)
            .status_code(status)
            .start_time(DateTime::from_secs(at))
            .status_message(message)
            .details(r#"{"Subnet ID":"subnet-1","Availability Zone":"us-west-2b"}"#)
            .build()
    }

    #[test]
    fn failed_launches_are_told_with_zone_and_kind() {
        let no_capacity = "We currently do not have sufficient m5.large capacity in the Availability Zone you \
                           requested (us-west-2b).";
        let image =
            "You must use a valid fully-formed launch template. The image id '[ami-1]' does not exist";
        let launched = Launched::of(&[
            activity("Launching a new EC2 instance", Status::Failed, 30, no_capacity),
            activity("Launching a new EC2 instance.  Status Reason: x", Status::Failed, 20, image),
            activity("Launching a new EC2 instance: i-1", Status::Successful, 10, ""),
            activity("Terminating EC2 instance: i-2", Status::Failed, 40, "other"),
        ]);
        assert_eq!(launched.succeeded_at, Timestamp::from_second(10).ok());
        let told: Vec<_> = launched.failures.iter().map(|it| (it.trouble, it.at.as_second())).collect();
        assert_eq!(told, [(LaunchTrouble::ImageGone, 20), (LaunchTrouble::NoCapacity, 30)]);
        assert_eq!(launched.failures[1].zone, Some(Zone::new("us-west-2b")));
    }
}
