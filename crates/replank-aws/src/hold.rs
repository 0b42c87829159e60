//! What a group does by itself and must not do while its nodes are replaced: moving instances between zones, which
//! terminates nodes that nobody drained.
//!
//! What was suspended is noted in a tag of the group, so that whoever ends the update gives back that and nothing else,
//! also after a crash. The tag is set first and removed last.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::Tag;
use replank_core::observed::Lifecycle;

use crate::cloud::AwsCloud;
use crate::failure::Failure;
use crate::group::ScalingGroup;
use crate::read::{self, ReadGroupError};

/// Tag with the processes that an update suspended.
pub const SUSPENDED: &str = "replank.dev/suspended";
/// The process that moves instances between zones.
const REBALANCE: &str = "AZRebalance";

/// What became of giving back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// Nothing was held.
    Nothing,
    /// The group does everything again that it did before.
    All,
    /// The zones are unequal: giving back now would terminate nodes undrained. Numbers by zone.
    Unbalanced(BTreeMap<String, u32>),
}

impl AwsCloud {
    /// Suspends what the group must not do meanwhile. Does nothing where it is suspended already, by whomever, and
    /// where there is only one zone. Whether it did.
    pub async fn hold(&self) -> Result<bool, ReadGroupError> {
        let group = self.group_now().await?;
        if group.zones.len() < 2 || is_suspended(&group, REBALANCE) {
            return Ok(false);
        }
        let tag = Tag::builder()
            .resource_id(&*self.name)
            .resource_type("auto-scaling-group")
            .key(SUSPENDED)
            .value(REBALANCE)
            .propagate_at_launch(false)
            .build();
        let call = self.aws.autoscaling.create_or_update_tags().tags(tag);
        self.aws.ask("CreateOrUpdateTags", call.send()).await?;
        let call = self.aws.autoscaling.suspend_processes().auto_scaling_group_name(&*self.name);
        self.aws.ask("SuspendProcesses", call.scaling_processes(REBALANCE).send()).await?;
        Ok(true)
    }

    /// Gives back what [`hold`](Self::hold) suspended, once the zones are as equal as they can be.
    pub async fn release(&self) -> Result<Released, ReadGroupError> {
        let group = read::describe(&self.aws, &self.name).await?;
        if !group.tags.contains_key(SUSPENDED) {
            return Ok(Released::Nothing);
        }
        let by_zone = by_zone(&group);
        let most = by_zone.values().max().copied().unwrap_or_default();
        let least = by_zone.values().min().copied().unwrap_or_default();
        if most > least + 1 && is_suspended(&group, REBALANCE) {
            return Ok(Released::Unbalanced(by_zone));
        }
        let call = self.aws.autoscaling.resume_processes().auto_scaling_group_name(&*self.name);
        self.aws.ask("ResumeProcesses", call.scaling_processes(REBALANCE).send()).await?;
        self.untag().await?;
        Ok(Released::All)
    }

    async fn untag(&self) -> Result<(), Failure> {
        let tag = Tag::builder()
            .resource_id(&*self.name)
            .resource_type("auto-scaling-group")
            .key(SUSPENDED)
            .build();
        let call = self.aws.autoscaling.delete_tags().tags(tag);
        self.aws.ask("DeleteTags", call.send()).await.map(drop)
    }
}

/// Whether a process of the group is suspended.
pub(crate) fn is_suspended(group: &ScalingGroup, process: &str) -> bool {
    group.described.suspended_processes().iter().any(|one| one.process_name() == Some(process))
}

/// How many instances stand in each zone of the group.
fn by_zone(group: &ScalingGroup) -> BTreeMap<String, u32> {
    let mut zones: BTreeMap<String, u32> = group.zones.iter().map(|zone| (zone.clone(), 0)).collect();
    for instance in group.instances.iter().filter(|it| it.lifecycle != Lifecycle::Terminating) {
        *zones.entry(instance.zone.clone()).or_default() += 1;
    }
    zones
}
