//! Lifecycle hooks, which hold instances on their way into service and out of it until somebody answers.
//!
//! | An instance that a hook holds | gets |
//! | --- | --- |
//! | terminated by the update, which drained it before | an answer: nothing is left to wait for, and AWS would hold it for the whole time-out, an hour where nobody says otherwise |
//! | terminated by somebody else while the update drains it | a heartbeat at half the time-out, and the answer when it is drained |
//! | going, and never became a node while the group was watched | an answer: nobody could drain anything |
//! | coming, never became a node, and to be terminated | `ABANDON` where it is replaced; `CONTINUE` where the group shrinks with it, since an abandoned launch is repeated |
//!
//! Whoever else answers, such as a node termination handler, does no harm: the second answer is refused (`No active
//! Lifecycle Action found`), which counts as done. A hook at launch is otherwise for whoever it was made for.

use std::time::{Duration, Instant};

use aws_sdk_autoscaling::types::LifecycleHook;
use replank_core::names::InstanceId;
use replank_core::observed::{Lifecycle, Observation, Read};

use crate::cloud::AwsCloud;
use crate::failure::{CallError, FailureKind};
use crate::group::{GroupInstance, ScalingGroup};
use crate::view::View;

/// AWS's state of an instance that a hook holds at its end.
pub(crate) const HELD: &str = "Terminating:Wait";
/// The same at its launch.
pub(crate) const LAUNCHING: &str = "Pending:Wait";
/// Words of AWS about a hook that was answered already.
const ANSWERED: &str = "No active Lifecycle Action found";
/// The time-out by default (Auto Scaling: `HeartbeatTimeout`).
const TIMEOUT: Duration = Duration::from_hours(1);

/// A hook of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hook {
    name: String,
    pub(crate) way: Way,
    /// How long it holds an instance without a heartbeat.
    pub(crate) timeout: Duration,
}

/// On which way a hook holds instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Into service.
    Launching,
    /// Out of it.
    Terminating,
}

/// How an instance goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goes {
    /// As it was going.
    On,
    /// Away: its launch is given up, and repeated where the group wants as many.
    Away,
}

/// Answers for the instances of ours that hooks hold. What AWS refuses is asked again at the next look.
pub(crate) async fn answer(cloud: &AwsCloud, group: &ScalingGroup) -> Result<(), CallError> {
    let ours = |view: &View, instance: &GroupInstance| view.ended.contains(&instance.id);
    let held = held(cloud, group, HELD, ours);
    answer_all(cloud, Way::Terminating, &held, Goes::On).await
}

/// Keeps the hooks of instances that are drained from ending, and answers for those that never became nodes.
pub(crate) async fn beside(cloud: &AwsCloud, seen: &Observation) -> Result<(), CallError> {
    let Some(group) = cloud.view().group.clone() else { return Ok(()) };
    note_nodeless(&mut cloud.view(), &group, seen);
    // How long they hold decides when the next look is due, also for an update that goes on after a kill.
    known(cloud).await?;
    let nodeless = |view: &View, instance: &GroupInstance| view.nodeless.contains(&instance.id);
    let gone = held(cloud, &group, HELD, nodeless);
    answer_all(cloud, Way::Terminating, &gone, Goes::On).await?;
    let drained: Vec<String> = {
        let drains = |view: &View, instance: &GroupInstance| {
            !view.ended.contains(&instance.id) && is_drained(seen, &instance.id)
        };
        held(cloud, &group, HELD, drains)
    };
    beat(cloud, &drained).await
}

/// Whether an update is draining the node of an instance, by the cordon that it has put there.
fn is_drained(seen: &Observation, instance: &str) -> bool {
    let node = seen.members.node_of(&InstanceId::new(instance));
    node.is_some_and(|node| node.cordoned && node.ours.cordon)
}

/// Follows which instances came while the group was watched and have no node; nothing is known while the cluster cannot be
/// read.
fn note_nodeless(view: &mut View, group: &ScalingGroup, seen: &Observation) {
    if seen.cluster_read != Read::Fresh {
        return;
    }
    let has_node = |id: &str| seen.members.node_of(&InstanceId::new(id)).is_some();
    for instance in &group.instances {
        if instance.lifecycle == Lifecycle::Pending {
            view.nodeless.insert(instance.id.clone());
        }
    }
    view.nodeless.retain(|id| group.instance(id).is_some() && !has_node(id));
}

/// Ids of the instances in that state of which it is so.
fn held(
    cloud: &AwsCloud,
    group: &ScalingGroup,
    state: &str,
    is_so: impl Fn(&View, &GroupInstance) -> bool,
) -> Vec<String> {
    let view = cloud.view();
    let held = group.instances.iter().filter(|it| it.state == state && is_so(&view, it));
    held.map(|instance| instance.id.clone()).collect()
}

async fn answer_all(cloud: &AwsCloud, way: Way, held: &[String], goes: Goes) -> Result<(), CallError> {
    if held.is_empty() {
        return Ok(());
    }
    for hook in known(cloud).await?.iter().filter(|hook| hook.way == way) {
        for instance in held {
            complete(cloud, &hook.name, instance, goes).await?;
        }
    }
    Ok(())
}

/// Sends what is due of the heartbeats of these instances, and forgets all others.
async fn beat(cloud: &AwsCloud, held: &[String]) -> Result<(), CallError> {
    cloud.view().beats.retain(|id, _| held.contains(id));
    if held.is_empty() {
        return Ok(());
    }
    let hooks = known(cloud).await?;
    let due: Vec<&String> = {
        let view = cloud.view();
        let half = view.beat().unwrap_or(TIMEOUT);
        // Nobody knows since when one is held, so its first is sent at once.
        let is_due = |id: &&String| view.beats.get(*id).is_none_or(|at| at.elapsed() >= half);
        held.iter().filter(is_due).collect()
    };
    for instance in due {
        for hook in hooks.iter().filter(|hook| hook.way == Way::Terminating) {
            let call = cloud.aws.autoscaling.record_lifecycle_action_heartbeat();
            let call = call.auto_scaling_group_name(&*cloud.name).lifecycle_hook_name(&hook.name);
            let sent = call.instance_id(instance).send();
            forgiven(cloud.aws.ask("RecordLifecycleActionHeartbeat", sent).await.map(drop))?;
        }
        cloud.view().beats.insert(instance.clone(), Instant::now());
    }
    Ok(())
}

/// Answers for an instance that was just told to terminate, if the hooks are known. What fails is asked again at the next
/// look.
pub(crate) async fn at_once(cloud: &AwsCloud, instance: &str) {
    let known = cloud.view().hooks.clone().unwrap_or_default();
    for hook in known.iter().filter(|hook| hook.way == Way::Terminating) {
        if let Err(failure) = complete(cloud, &hook.name, instance, Goes::On).await {
            tracing::debug!("{failure}");
        }
    }
}

/// Lets an instance go that a hook holds at its launch and that cannot be terminated before. Whether there was one.
pub(crate) async fn let_go(cloud: &AwsCloud, instance: &str, goes: Goes) -> Result<bool, CallError> {
    let group = cloud.view().group.clone();
    let is_held = group.and_then(|group| group.instance(instance).map(|it| it.state == LAUNCHING));
    if is_held != Some(true) {
        return Ok(false);
    }
    answer_all(cloud, Way::Launching, &[instance.to_owned()], goes).await?;
    Ok(true)
}

/// The hooks, read once; none where nobody may read them.
async fn known(cloud: &AwsCloud) -> Result<Vec<Hook>, CallError> {
    if let Some(known) = cloud.view().hooks.clone() {
        return Ok(known);
    }
    let call = cloud.aws.autoscaling.describe_lifecycle_hooks().auto_scaling_group_name(&*cloud.name);
    match cloud.aws.ask("DescribeLifecycleHooks", call.send()).await {
        Ok(answer) => Ok(note(cloud, answer.lifecycle_hooks())),
        // Instances are held for longer then, and nothing else is lost.
        Err(failure) if matches!(failure.kind, FailureKind::Denied | FailureKind::Refused) => {
            Ok(note(cloud, &[]))
        }
        Err(failure) => Err(failure),
    }
}

/// Keeps what matters of them.
pub(crate) fn note(cloud: &AwsCloud, hooks: &[LifecycleHook]) -> Vec<Hook> {
    let hooks: Vec<Hook> = hooks.iter().filter_map(Hook::of).collect();
    cloud.view().hooks = Some(hooks.clone());
    hooks
}

impl Hook {
    fn of(hook: &LifecycleHook) -> Option<Self> {
        let way = match hook.lifecycle_transition()? {
            "autoscaling:EC2_INSTANCE_LAUNCHING" => Way::Launching,
            "autoscaling:EC2_INSTANCE_TERMINATING" => Way::Terminating,
            _ => return None,
        };
        let seconds = hook.heartbeat_timeout().and_then(|seconds| u64::try_from(seconds).ok());
        let timeout = seconds.filter(|seconds| *seconds > 0).map_or(TIMEOUT, Duration::from_secs);
        Some(Self { name: hook.lifecycle_hook_name()?.to_owned(), way, timeout })
    }
}

async fn complete(cloud: &AwsCloud, hook: &str, instance: &str, goes: Goes) -> Result<(), CallError> {
    let result = match goes {
        Goes::On => "CONTINUE",
        Goes::Away => "ABANDON",
    };
    let call = cloud.aws.autoscaling.complete_lifecycle_action().auto_scaling_group_name(&*cloud.name);
    let call = call.lifecycle_hook_name(hook).instance_id(instance).lifecycle_action_result(result);
    forgiven(cloud.aws.ask("CompleteLifecycleAction", call.send()).await.map(drop))
}

/// What was answered already is done, and what may not be answered only takes longer; the rest is asked again.
fn forgiven(answer: Result<(), CallError>) -> Result<(), CallError> {
    match answer {
        Err(failure) if !failure.says(ANSWERED) => match failure.kind {
            FailureKind::Denied | FailureKind::Refused | FailureKind::Unknown => Ok(()),
            FailureKind::Throttled | FailureKind::Busy | FailureKind::Credentials => Err(failure),
        },
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::tests::described;

    fn hook(transition: &str, seconds: i32) -> Option<Hook> {
        let hook = LifecycleHook::builder().lifecycle_hook_name("h").heartbeat_timeout(seconds);
        Hook::of(&hook.lifecycle_transition(transition).build())
    }

    #[test]
    fn a_hook_is_told_by_its_way_and_time_out() {
        let end = hook("autoscaling:EC2_INSTANCE_TERMINATING", 90).unwrap();
        assert_eq!((end.way, end.timeout), (Way::Terminating, Duration::from_secs(90)));
        assert_eq!(hook("autoscaling:EC2_INSTANCE_LAUNCHING", 0).map(|hook| hook.timeout), Some(TIMEOUT));
        assert_eq!(hook("autoscaling:SOMETHING_NEW", 90), None);
        let launch = hook("autoscaling:EC2_INSTANCE_LAUNCHING", 30).unwrap();
        let view = View { hooks: Some(vec![launch, end]), ..View::default() };
        assert_eq!(view.beat(), Some(Duration::from_secs(45)), "hooks at launch want none of ours");
    }

    #[test]
    fn instances_that_came_and_have_no_node_are_followed_to_their_end() {
        let mut view = View::default();
        let mut seen = Observation { cluster_read: Read::Fresh, ..Observation::default() };
        let group = |state: &str| {
            let instances = [("i-1", "InService", "1"), ("i-2", state, "1")];
            ScalingGroup::of(described("1", &instances)).unwrap()
        };
        note_nodeless(&mut view, &group("Terminating:Wait"), &seen);
        assert!(view.nodeless.is_empty(), "nobody knows whether it was a node before");
        for state in ["Pending", "InService", "Terminating:Wait"] {
            note_nodeless(&mut view, &group(state), &seen);
            assert!(view.nodeless.contains("i-2") && view.nodeless.len() == 1, "{state}");
        }
        seen.cluster_read = Read::Never;
        note_nodeless(&mut view, &group("Terminating:Wait"), &seen);
        assert!(view.nodeless.contains("i-2"), "nothing is known of nodes now");
    }
}
