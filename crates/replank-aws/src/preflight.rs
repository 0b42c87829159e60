//! What else may act on a group while it is updated, and what keeps an update from beginning: read before anything
//! moves, and told.

use std::time::{Duration, SystemTime};

use aws_sdk_autoscaling::types as sdk;
use aws_smithy_types::DateTime;
use replank_core::node_group::spec::{Spec, Strategy};

use crate::cloud::AwsCloud;
use crate::failure::{CallError, FailureKind};
use crate::group::{ScalingGroup, Source};
use crate::hold::{SUSPENDED, is_suspended};
use crate::hooks;
use crate::read::ReadGroupError;

/// How far ahead scheduled actions are looked for; an update that takes longer is rare.
const AHEAD: Duration = Duration::from_hours(12);

/// Beginning of the tags by which Cluster Autoscaler discovers groups, and the one of them without a cluster's name.
const DISCOVERY: &str = "k8s.io/cluster-autoscaler/";
const ENABLED: &str = "enabled";

/// Something about a group that its updater should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// Whether an update cannot begin like this.
    pub blocks: bool,
    /// What was found, as a sentence with names.
    pub text: String,
    /// What to do, or what the update does about it.
    pub advice: String,
}

impl Concern {
    pub(crate) fn blocks(text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { blocks: true, text: text.into(), advice: advice.into() }
    }

    pub(crate) fn note(text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { blocks: false, text: text.into(), advice: advice.into() }
    }

    /// A plan without it is worth more than none; what could not be looked at is said.
    pub(crate) fn not_looked_at(failure: &CallError) -> Self {
        Self::note(format!("not looked at: {failure}"), "look at it yourself before you go on")
    }
}

/// What a plan says where nothing tells which Kubernetes the target's image carries.
pub fn untold(spec: &Spec) -> Option<Concern> {
    if !spec.target.version.is_empty() {
        return None;
    }
    let image = spec.target.image();
    let text = format!(
        "cannot tell which Kubernetes image {image} carries: no parameter, name, tag or description of it does"
    );
    let proof = match (spec.control_plane, spec.strategy) {
        (None, _) => {
            "the version of the control plane is unknown too, so make sure that it serves the image's kubelet"
                .to_owned()
        }
        (Some(control_plane), Strategy::Minimal) => format!(
            "the first new node proves it, when one old node is gone (MINIMAL): a kubelet that {control_plane} does not serve \
             ends the update"
        ),
        (Some(control_plane), Strategy::Default | Strategy::Replace) => format!(
            "the first new node proves it: a kubelet that {control_plane} does not serve ends the update before an old node \
             is touched"
        ),
    };
    Some(Concern::note(text, proof))
}

impl AwsCloud {
    /// What there is to know before an update begins. `holds` says whether whoever updates the group holds `AZRebalance`
    /// ([`hold`](Self::hold)).
    pub async fn preflight(&self, holds: bool) -> Result<Vec<Concern>, ReadGroupError> {
        let group = self.group_now().await?;
        let mut found = of_group(&group);
        found.extend(rebalance(&group).filter(|_| holds));
        for more in
            [self.refreshes().await, self.hooks().await, self.policies().await, self.scheduled().await]
        {
            match more {
                Ok(more) => found.extend(more),
                Err(failure)
                    if matches!(
                        failure.kind,
                        FailureKind::Denied | FailureKind::Unknown | FailureKind::Refused
                    ) =>
                {
                    found.push(Concern::not_looked_at(&failure));
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(found)
    }

    async fn refreshes(&self) -> Result<Vec<Concern>, CallError> {
        let call = self.aws.autoscaling.describe_instance_refreshes().auto_scaling_group_name(&*self.name);
        let answer = self.aws.ask("DescribeInstanceRefreshes", call.max_records(10).send()).await?;
        let over = ["Successful", "Failed", "Cancelled", "RollbackSuccessful", "RollbackFailed"];
        let runs = answer.instance_refreshes().iter().filter_map(|refresh| {
            let status = refresh.status()?.as_str();
            (!over.contains(&status)).then(|| (refresh.instance_refresh_id().unwrap_or_default(), status))
        });
        Ok(runs
            .map(|(id, status)| {
                Concern::blocks(
                    format!("instance refresh {id} is {status}: it terminates nodes without draining them"),
                    format!("let it end, or: aws autoscaling cancel-instance-refresh --auto-scaling-group-name {}", self.name),
                )
            })
            .collect())
    }

    async fn hooks(&self) -> Result<Vec<Concern>, CallError> {
        let call = self.aws.autoscaling.describe_lifecycle_hooks().auto_scaling_group_name(&*self.name);
        let answer = self.aws.ask("DescribeLifecycleHooks", call.send()).await?;
        hooks::note(self, answer.lifecycle_hooks());
        Ok(answer.lifecycle_hooks().iter().map(hook).collect())
    }

    async fn policies(&self) -> Result<Vec<Concern>, CallError> {
        let call = self.aws.autoscaling.describe_policies().auto_scaling_group_name(&*self.name);
        let answer = self.aws.ask("DescribePolicies", call.send()).await?;
        let enabled = answer.scaling_policies().iter().filter(|policy| policy.enabled() != Some(false));
        Ok(enabled
            .map(|policy| {
                let name = policy.policy_name().unwrap_or_default();
                Concern::note(
                    format!("scaling policy {name} may change the desired capacity meanwhile, and scales in undrained"),
                    "growth by others is kept; to keep it from scaling in, suspend AlarmNotification",
                )
            })
            .collect())
    }

    async fn scheduled(&self) -> Result<Vec<Concern>, CallError> {
        let call = self.aws.autoscaling.describe_scheduled_actions().auto_scaling_group_name(&*self.name);
        let now = SystemTime::now();
        let call = call.start_time(DateTime::from(now)).end_time(DateTime::from(now + AHEAD));
        let answer = self.aws.ask("DescribeScheduledActions", call.send()).await?;
        let due = answer.scheduled_update_group_actions().iter();
        Ok(due
            .map(|action| {
                let name = action.scheduled_action_name().unwrap_or_default();
                let at = action.start_time().map(ToString::to_string).unwrap_or_default();
                Concern::note(
                    format!("scheduled action {name} changes the sizes at {at}"),
                    "do it before or after, or suspend ScheduledActions for the time of the update",
                )
            })
            .collect())
    }
}

fn hook(hook: &sdk::LifecycleHook) -> Concern {
    let name = hook.lifecycle_hook_name().unwrap_or_default();
    let minutes = hook.heartbeat_timeout().unwrap_or(3600) / 60;
    let is_end = hook.lifecycle_transition().unwrap_or_default().ends_with("TERMINATING");
    let (what, advice) = if is_end {
        (
            "terminated",
            "the update answers it for nodes that it has drained, and sends heartbeats while it drains one that others terminate",
        )
    } else {
        (
            "launched",
            "whoever is told of the hook must end it, else no node serves before that; the join limit is 15 minutes",
        )
    };
    Concern::note(
        format!("lifecycle hook {name} holds each {what} instance for up to {minutes} minutes"),
        advice,
    )
}

/// What the description of the group alone tells.
fn of_group(group: &ScalingGroup) -> Vec<Concern> {
    let described = &group.described;
    let mut found = Vec::new();
    if let Some(status) = described.status().filter(|status| !status.is_empty()) {
        found.push(Concern::blocks(
            format!("the group is being deleted: {status}"),
            "nothing is left to update",
        ));
    }
    for process in ["Launch", "Terminate"] {
        if is_suspended(group, process) {
            found.push(Concern::blocks(
                format!("its process {process} is suspended: {}", reason(described, process)),
                format!(
                    "AWS does so itself after a day of failed launches; once the cause is mended: aws autoscaling \
                     resume-processes --auto-scaling-group-name {} --scaling-processes {process}",
                    group.name
                ),
            ));
        }
    }
    let weighted =
        described.instances().iter().any(|one| one.weighted_capacity().is_some_and(|it| it != "1"));
    let unit = described.desired_capacity_type().unwrap_or("units");
    if weighted || unit != "units" {
        found.push(Concern::blocks(
            format!("its capacity is counted in {}, not in nodes", if weighted { "weights" } else { unit }),
            "updates count nodes: give every type the weight 1, or replace the group by a new one",
        ));
    }
    for (id, state) in &group.aside {
        found.push(Concern::note(
            format!(
                "instance {id} is {state}: the group does not count it and the update does not replace it"
            ),
            "look after it by hand",
        ));
    }
    if group.tags.contains_key(SUSPENDED) {
        found.push(Concern::note(
            "an update that did not end suspended processes of it (tag replank.dev/suspended)",
            "the next update gives them back when it ends",
        ));
    }
    found.extend(discovery(group));
    found.extend(by_itself(group));
    found
}

/// Whether Cluster Autoscaler finds the group by its tags, and only halfway (Cluster Autoscaler: auto-discovery by both).
fn discovery(group: &ScalingGroup) -> Option<Concern> {
    let own = group.tags.keys().filter_map(|key| key.strip_prefix(DISCOVERY));
    let (enabled, named): (Vec<&str>, Vec<&str>) =
        own.filter(|rest| !rest.contains('/')).partition(|rest| *rest == ENABLED);
    let lacks = match (enabled.is_empty(), named.is_empty()) {
        (true, true) | (false, false) => return None,
        (true, false) => ENABLED,
        (false, true) => "CLUSTER",
    };
    Some(Concern::note(
        format!(
            "Cluster Autoscaler does not discover it: tag {DISCOVERY}{lacks} is missing beside the other one"
        ),
        "an update leaves tags as they are; add the tag if an autoscaler is to scale the group",
    ))
}

fn rebalance(group: &ScalingGroup) -> Option<Concern> {
    (group.zones.len() > 1 && !is_suspended(group, "AZRebalance")).then(|| {
        Concern::note(
            "AZRebalance may terminate a node undrained while zones are unequal",
            "it is suspended for the time of the update and given back at its end",
        )
    })
}

/// What AWS may do to the group by itself.
fn by_itself(group: &ScalingGroup) -> Vec<Concern> {
    let described = &group.described;
    let mut found = Vec::new();
    if let Some(seconds) = described.max_instance_lifetime().filter(|seconds| *seconds > 0) {
        found.push(Concern::note(
            format!("AWS replaces each instance after {} days by itself, undrained", seconds / 86_400),
            "instances that are due meanwhile are replaced by AWS",
        ));
    }
    if described.capacity_rebalance() == Some(true) {
        found.push(Concern::note(
            "Capacity Rebalancing replaces Spot instances at risk by itself",
            "a node termination handler drains them; the update counts what comes and goes",
        ));
    }
    if described.instance_maintenance_policy().is_some_and(|policy| policy.max_healthy_percentage().is_some())
    {
        found.push(Concern::note(
            "its instance maintenance policy may launch a replacement before it terminates",
            "the update terminates one by one and counts what comes; it may wait longer for each",
        ));
    }
    if described.warm_pool_configuration().is_some() {
        found.push(Concern::note(
            "it has a warm pool: its instances were made before and may run the old image",
            "the update replaces what comes from it as old; empty the pool first to be quicker",
        ));
    }
    if described
        .availability_zone_impairment_policy()
        .and_then(sdk::AvailabilityZoneImpairmentPolicy::zonal_shift_enabled)
        == Some(true)
    {
        found.push(Concern::note(
            "zonal shift is enabled: while AWS or you shift away from a zone, nothing is launched there",
            "update after the shift, or the update waits for a node in that zone until its join limit",
        ));
    }
    if matches!(&group.source, Source::Template { base, .. } if base.version.starts_with('$')) {
        found.push(Concern::note(
            "it launches $Latest or $Default: whoever makes a version changes what it launches at once",
            "if the update changes the image, the group names the version's number afterwards",
        ));
    }
    if let Some(stack) = group.tags.get("aws:cloudformation:stack-name") {
        found.push(Concern::note(
            format!("CloudFormation stack {stack} made it and knows nothing of the update"),
            "say the new image there too, or the next update of the stack takes it back",
        ));
    }
    found
}

fn reason<'a>(described: &'a sdk::AutoScalingGroup, process: &str) -> &'a str {
    let found = described.suspended_processes().iter().find(|one| one.process_name() == Some(process));
    found.and_then(sdk::SuspendedProcess::suspension_reason).unwrap_or("no reason is given")
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::LifecycleState;

    use super::*;
    use crate::group::tests::described;

    fn found(change: impl FnOnce(&mut sdk::AutoScalingGroup)) -> Vec<(bool, String)> {
        let mut group = described("1", &[("i-1", "InService", "1")]);
        change(&mut group);
        of_group(&ScalingGroup::of(group).unwrap()).into_iter().map(|one| (one.blocks, one.text)).collect()
    }

    #[test]
    fn what_aws_does_by_itself_is_named_and_keeps_nothing_from_beginning() {
        let policy = sdk::AvailabilityZoneImpairmentPolicy::builder().zonal_shift_enabled(true).build();
        let maintenance = sdk::InstanceMaintenancePolicy::builder().max_healthy_percentage(110).build();
        let pool = sdk::WarmPoolConfiguration::builder().min_size(1).build();
        let retained = LifecycleState::from("Terminating:Retained");
        let told = found(|group| {
            group.capacity_rebalance = Some(true);
            group.availability_zone_impairment_policy = Some(policy);
            group.instance_maintenance_policy = Some(maintenance);
            group.warm_pool_configuration = Some(pool);
            group.instances.as_mut().unwrap()[0].lifecycle_state = Some(retained);
        });
        let words = [
            "Terminating:Retained",
            "Capacity Rebalancing",
            "maintenance policy",
            "warm pool",
            "zonal shift",
        ];
        assert_eq!(told.len(), words.len(), "{told:?}");
        for word in words {
            assert!(told.iter().any(|(blocks, text)| !blocks && text.contains(word)), "{word}: {told:?}");
        }
    }

    #[test]
    fn what_keeps_an_update_from_beginning_is_told_from_what_is_good_to_know() {
        assert_eq!(found(|_| {}), []);
        let suspended = sdk::SuspendedProcess::builder()
            .process_name("Launch")
            .suspension_reason("User suspended at 2026-11-29T10:00:00Z")
            .build();
        let blocked = found(|group| group.suspended_processes = Some(vec![suspended]));
        assert!(blocked[0].0 && blocked[0].1.contains("User suspended"), "{blocked:?}");
        let blocked = found(|group| group.desired_capacity_type = Some("vcpu".into()));
        assert!(blocked[0].0 && blocked[0].1.contains("vcpu"), "{blocked:?}");
        let noted = found(|group| group.max_instance_lifetime = Some(7 * 86_400));
        assert_eq!(
            noted,
            [(false, "AWS replaces each instance after 7 days by itself, undrained".to_owned())]
        );
        let tagged = |keys: &[&str]| {
            let tags = keys.iter().map(|key| sdk::TagDescription::builder().key(*key).value("x").build());
            let tags = tags.collect();
            found(|group| group.tags = Some(tags))
        };
        let (enabled, named) = ("k8s.io/cluster-autoscaler/enabled", "k8s.io/cluster-autoscaler/shop");
        assert_eq!(tagged(&[enabled, named]), []);
        assert_eq!(tagged(&["k8s.io/cluster-autoscaler/node-template/label/a"]), []);
        assert!(tagged(&[enabled])[0].1.contains("k8s.io/cluster-autoscaler/CLUSTER is missing"));
        assert!(tagged(&[named])[0].1.contains("k8s.io/cluster-autoscaler/enabled is missing"));
        let aside = found(|group| {
            group.instances.as_mut().unwrap()[0].lifecycle_state = Some(LifecycleState::from("Standby"));
        });
        assert!(!aside[0].0 && aside[0].1.contains("i-1 is Standby"), "{aside:?}");
    }
}
