//! The scaling activities of an Auto Scaling group with the messages of the real service: a bounded history.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use replank_core::names::Zone;
use replank_core::observed::{LaunchFailure, LaunchTrouble};
use replank_core::sizes::Sizes;

use crate::time::Time;

/// How many activities are kept (Auto Scaling keeps six weeks; this follows a large batch).
const KEPT_MAX: usize = 1_000;
/// How many failed launches are kept besides.
const FAILURES_MAX: usize = 50;

/// A scaling activity (`DescribeScalingActivities`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// What is done, such as `Launching a new EC2 instance: i-0123456789abcdef0`.
    pub description: String,
    /// What made it necessary, in sentences with times, as Auto Scaling writes them.
    pub cause: String,
    /// `StatusCode`.
    pub status: Status,
    /// `StartTime`.
    pub started_at: Time,
    /// `EndTime`.
    pub ended_at: Option<Time>,
    /// Zone that it is about (`Details`).
    pub zone: Arc<str>,
}

/// `StatusCode`; a failure with its `StatusMessage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Under way; it has no end yet.
    InProgress,
    /// Done as it was meant.
    Successful,
    /// Not done; with the `StatusMessage`.
    Failed(Arc<str>),
}

/// The number of an activity in its group; never used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActivityNo(u64);

/// The activities of one group.
#[derive(Clone, Debug, Default)]
pub struct Activities {
    kept: VecDeque<Activity>,
    forgotten: u64,
    failures: VecDeque<LaunchFailure>,
}

impl Activities {
    /// The activities kept, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Activity> {
        self.kept.iter()
    }

    /// The same with their numbers.
    pub fn numbered(&self) -> impl DoubleEndedIterator<Item = (ActivityNo, &Activity)> {
        (self.forgotten..).map(ActivityNo).zip(&self.kept).collect::<Vec<_>>().into_iter()
    }

    /// The failed launches kept, oldest first.
    pub fn failures(&self) -> impl Iterator<Item = &LaunchFailure> {
        self.failures.iter()
    }

    /// Starts an activity with status `InProgress`.
    pub(super) fn begin(
        &mut self,
        now: Time,
        zone: &Arc<str>,
        description: String,
        cause: String,
    ) -> ActivityNo {
        if self.kept.len() == KEPT_MAX {
            self.kept.pop_front();
            self.forgotten += 1;
        }
        let status = Status::InProgress;
        let zone = zone.clone();
        self.kept.push_back(Activity { description, cause, status, started_at: now, ended_at: None, zone });
        ActivityNo(self.forgotten + self.kept.len() as u64 - 1)
    }

    /// Ends an activity with status `Successful`; one that is no longer kept is ignored.
    pub(super) fn succeed(&mut self, number: ActivityNo, now: Time) {
        let place = number.0.checked_sub(self.forgotten).map(|place| place as usize);
        if let Some(activity) = place.and_then(|place| self.kept.get_mut(place)) {
            activity.status = Status::Successful;
            activity.ended_at = Some(now);
        }
    }

    /// Records a failed launch as an activity and in the list of failures.
    pub(super) fn fail(
        &mut self,
        now: Time,
        zone: &Arc<str>,
        trouble: LaunchTrouble,
        words: &str,
        cause: String,
    ) {
        let message: Arc<str> = words.into();
        let description = format!("Launching a new EC2 instance.  Status Reason: {words}");
        self.begin(now, zone, description, cause);
        if let Some(activity) = self.kept.back_mut() {
            activity.status = Status::Failed(message.clone());
            activity.ended_at = Some(now);
        }
        if self.failures.len() == FAILURES_MAX {
            self.failures.pop_front();
        }
        let zone = Some(Zone::new(zone.clone()));
        self.failures.push_back(LaunchFailure { at: now.into(), zone, trouble, message });
    }
}

/// `At 2026-11-21T10:00:00Z`, the beginning of a cause, in whole seconds.
fn at(time: Time) -> String {
    let seconds = Timestamp::from_second(time.0.div_euclid(1_000_000)).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("At {seconds}")
}

/// The cause after a client changed the sizes.
pub(super) fn sizes_changed(now: Time, from: Sizes, to: Sizes) -> String {
    let Sizes { min, desired, max } = to;
    let change = if from.desired == to.desired {
        String::new()
    } else {
        format!(" changing the desired capacity from {} to {desired}", from.desired)
    };
    format!(
        "{} a user request update of AutoScalingGroup constraints to min: {min}, max: {max}, desired: {desired}{change}.",
        at(now)
    )
}

/// The cause after a group was created.
pub(super) fn created(now: Time, desired: u32) -> String {
    format!(
        "{} a user request created an AutoScalingGroup changing the desired capacity from 0 to {desired}.",
        at(now)
    )
}

/// The cause after a client set the desired capacity alone.
pub(super) fn desired_set(now: Time, from: u32, to: u32) -> String {
    format!(
        "{} a user request explicitly set group desired capacity changing the desired capacity from {from} to {to}.",
        at(now)
    )
}

/// The cause of a launch that a client asked for by itself.
pub(super) fn launch_asked(now: Time, from: u32, to: u32) -> String {
    format!(
        "{} an instance was launched in response to a user request, increasing the capacity from {from} to {to}.",
        at(now)
    )
}

/// The cause of a launch because capacity was missing.
pub(super) fn started(now: Time, from: u32, to: u32) -> String {
    format!(
        "{} an instance was started in response to a difference between desired and actual capacity, increasing the \
         capacity from {from} to {to}.",
        at(now)
    )
}

/// The cause of a launch in place of an unhealthy instance.
pub(super) fn replaced(now: Time) -> String {
    format!(
        "{} an instance was launched in response to an unhealthy instance needing to be replaced.",
        at(now)
    )
}

/// The cause of a launch that balances zones.
pub(super) fn balanced(now: Time, zone: &str) -> String {
    format!(
        "{} instances were launched to balance instances in zones {zone} with other zones resulting in more than \
         desired number of instances in the group.",
        at(now)
    )
}

/// The cause of a termination because of surplus capacity.
pub(super) fn shrunk(now: Time, from: u32, to: u32, id: &str) -> String {
    format!(
        "{0} an instance was taken out of service in response to a difference between desired and actual capacity, \
         shrinking the capacity from {from} to {to}.  {0} instance {id} was selected for termination.",
        at(now)
    )
}

/// The cause of a termination that a client requested, with the change of capacity if it was decremented.
pub(super) fn requested(now: Time, id: &str, shrink: Option<(u32, u32)>) -> String {
    let tail =
        shrink.map_or(String::new(), |(from, to)| format!(", shrinking the capacity from {from} to {to}"));
    format!("{} instance {id} was taken out of service in response to a user request{tail}.", at(now))
}

/// The cause of a termination because a lifecycle action was abandoned.
pub(super) fn abandoned(now: Time, id: &str) -> String {
    format!(
        "{} an instance was taken out of service in response to a launch failure: the lifecycle action of {id} was \
         completed with ABANDON.",
        at(now)
    )
}

/// The cause of a termination after a failed health check.
pub(super) fn unhealthy(now: Time, why: super::instance::Death) -> String {
    use super::instance::Death;
    let check = match why {
        Death::Terminated => "EC2 health check indicating it has been terminated or stopped",
        Death::Impaired => "EC2 instance status checks failure",
    };
    format!("{} an instance was taken out of service in response to an {check}.", at(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_read_as_those_of_auto_scaling() {
        let now: Time = "2026-11-21T10:00:00.7Z".parse::<Timestamp>().unwrap().into();
        let from = Sizes { min: 3, desired: 3, max: 3 };
        let to = Sizes { min: 3, desired: 6, max: 6 };
        assert_eq!(
            sizes_changed(now, from, to),
            "At 2026-11-21T10:00:00Z a user request update of AutoScalingGroup constraints to min: 3, max: 6, desired: \
             6 changing the desired capacity from 3 to 6."
        );
        assert_eq!(
            requested(now, "i-1", Some((4, 3))),
            "At 2026-11-21T10:00:00Z instance i-1 was taken out of service in response to a user request, shrinking \
             the capacity from 4 to 3."
        );
    }

    #[test]
    fn the_history_is_bounded_and_late_ends_find_their_activity() {
        let mut activities = Activities::default();
        let first = activities.begin(Time(0), &"z".into(), "first".into(), String::new());
        let second = activities.begin(Time(1), &"z".into(), "second".into(), String::new());
        for at in 2..=KEPT_MAX as i64 {
            activities.fail(Time(at), &"z".into(), LaunchTrouble::NoCapacity, "no", String::new());
        }
        activities.succeed(first, Time(9));
        activities.succeed(second, Time(9));
        let kept: Vec<&Activity> = activities.iter().collect();
        assert_eq!((kept.len(), &*kept[0].description), (KEPT_MAX, "second"));
        assert_eq!((kept[0].ended_at, kept[1].status == Status::Failed("no".into())), (Some(Time(9)), true));
        assert_eq!(activities.failures().count(), FAILURES_MAX);
    }
}
