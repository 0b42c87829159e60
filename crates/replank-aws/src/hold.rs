//! What a group does by itself and must not do while its nodes are replaced: moving instances between zones, which
//! terminates nodes that nobody drained.
//!
//! What was suspended is noted in a tag of the group, so that whoever ends the update gives back that and nothing else,
//! also after a crash. The tag is set first and removed last. A second tag notes that the group launched `$Latest` or
//! `$Default`: an update makes it launch a number, and gives the word back where it stands for that number again.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::Tag;
use aws_sdk_autoscaling::types::builders::TagBuilder;
use replank_core::observed::Lifecycle;

use crate::cloud::AwsCloud;
use crate::failure::CallError;
use crate::group::{ScalingGroup, Source};
use crate::read::{self, ReadGroupError};

/// Tag with the processes that an update suspended.
pub const SUSPENDED: &str = "replank.dev/suspended";
/// Tag with the word for a version that the group launched before an update: `Latest` or `Default`. Tags take no dollar
/// sign (AWS: tag restrictions).
pub const LAUNCHED: &str = "replank.dev/launched";
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
        let suspends = group.zones.len() > 1 && !is_suspended(&group, REBALANCE);
        let noted = [(SUSPENDED, suspends.then_some(REBALANCE)), (LAUNCHED, word(&group.source))];
        let tags = noted
            .into_iter()
            .filter_map(|(key, value)| Some(self.tag(key).value(value?).propagate_at_launch(false).build()));
        let tags: Vec<Tag> = tags.collect();
        if tags.is_empty() {
            return Ok(false);
        }
        let call = self.aws.autoscaling.create_or_update_tags().set_tags(Some(tags));
        self.aws.ask("CreateOrUpdateTags", call.send()).await?;
        if !suspends {
            return Ok(true);
        }
        let call = self.aws.autoscaling.suspend_processes().auto_scaling_group_name(&*self.name);
        self.aws.ask("SuspendProcesses", call.scaling_processes(REBALANCE).send()).await?;
        Ok(true)
    }

    /// Gives back what [`hold`](Self::hold) suspended, once the zones are as equal as they can be.
    pub async fn release(&self) -> Result<Released, ReadGroupError> {
        self.look_soon();
        let group = self.group_now().await?;
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
        self.untag(SUSPENDED).await?;
        Ok(Released::All)
    }

    /// Makes the group launch `$Latest` or `$Default` again if it did so before the update and that stands for the number
    /// it launches now. The word, with whether it stands for that; `None` where no word was noted.
    pub async fn name_version_again(&self) -> Result<Option<(&'static str, bool)>, ReadGroupError> {
        let group = self.group_now().await?;
        let (Some(noted), Source::Template { base, .. }) = (group.tags.get(LAUNCHED), &group.source) else {
            return Ok(None);
        };
        let word = if noted == "Latest" { "$Latest" } else { "$Default" };
        if base.version != word {
            let template = read::list_versions(&self.aws, &base.id).await?;
            if template.number(word) != template.number(&base.version) {
                self.untag(LAUNCHED).await?;
                return Ok(Some((word, false)));
            }
            self.launch_from(&group, &base.id, word).await?;
        }
        self.untag(LAUNCHED).await?;
        Ok(Some((word, true)))
    }

    fn tag(&self, key: &str) -> TagBuilder {
        Tag::builder().resource_id(&*self.name).resource_type("auto-scaling-group").key(key)
    }

    async fn untag(&self, key: &str) -> Result<(), CallError> {
        let tag = self.tag(key).build();
        let call = self.aws.autoscaling.delete_tags().tags(tag);
        self.aws.ask("DeleteTags", call.send()).await.map(drop)
    }
}

/// The word for a version that a group launches, as its tag notes it.
fn word(source: &Source) -> Option<&'static str> {
    match source {
        Source::Template { base, .. } if base.version == "$Latest" => Some("Latest"),
        Source::Template { base, .. } if base.version == "$Default" => Some("Default"),
        Source::Template { .. } | Source::Configuration(_) => None,
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
