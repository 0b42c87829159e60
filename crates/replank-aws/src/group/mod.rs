//! An Auto Scaling group as AWS describes it, in our words.

pub(crate) mod activities;
pub(crate) mod launched;
pub(crate) mod templates;

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::{self as sdk, LifecycleState};
use replank_core::observed::Lifecycle;
use replank_core::sizes::Sizes;
use thiserror::Error;

/// A group with its instances. What AWS says beyond this is in [`described`](Self::described).
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingGroup {
    /// Unique in account and region.
    pub name: String,
    /// Present min, desired and max.
    pub sizes: Sizes,
    /// Zones it launches in.
    pub zones: Vec<String>,
    /// What it launches from.
    pub source: Source,
    /// Tags of the group by key, whether or not instances get them.
    pub tags: BTreeMap<String, String>,
    /// Instances that count: neither in standby, nor in the warm pool, nor retained after their end.
    pub instances: Vec<GroupInstance>,
    /// Instances that do not count and are not replaced: id and state.
    pub aside: Vec<(String, String)>,
    /// All that AWS said of it.
    pub described: sdk::AutoScalingGroup,
}

/// What a group launches from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A launch template, with the instance types of a mixed instances policy by name where there is one.
    Template {
        /// The template.
        base: TemplateRef,
        /// Overrides of a mixed instances policy; `None` without such a policy.
        overrides: Option<Vec<Override>>,
    },
    /// A launch configuration, which newer accounts do not have any more.
    Configuration(String),
}

/// A launch template and its version as written: a number, `$Latest` or `$Default`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateRef {
    /// Id of the template, such as `lt-0123456789abcdef0`.
    pub id: String,
    /// Version as written.
    pub version: String,
}

/// What a mixed instances policy says of one instance type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The instance type; `None` where it is told by requirements.
    pub instance_type: Option<String>,
    /// A launch template of its own.
    pub template: Option<TemplateRef>,
    /// An image of its own.
    pub image: Option<String>,
}

/// An instance as its group tells of it; EC2 is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupInstance {
    /// Such as `i-0123456789abcdef0`.
    pub id: String,
    /// Availability zone, such as `us-west-2a`.
    pub zone: String,
    /// What it runs on, such as `m5.large`.
    pub instance_type: String,
    /// Whether it is coming, in service or going.
    pub lifecycle: Lifecycle,
    /// AWS's word for that, such as `Pending:Wait`.
    pub state: String,
    /// Launch template and version that it was launched from.
    pub template: Option<TemplateRef>,
    /// Launch configuration that it was launched from.
    pub configuration: Option<String>,
    /// Its image, where the group tells it.
    pub image: Option<String>,
}

/// A group that cannot be updated as it is described.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadGroup {
    /// AWS left something out that it always tells.
    #[error("Auto Scaling group {group}: AWS does not tell its {what}")]
    Untold {
        /// Name of the group.
        group: String,
        /// Name of the member that is missing.
        what: &'static str,
    },
    /// Nothing says what it launches.
    #[error("Auto Scaling group {0} has neither a launch template nor a launch configuration")]
    NoSource(String),
}

impl ScalingGroup {
    /// The group as described.
    pub(crate) fn of(described: sdk::AutoScalingGroup) -> Result<Self, BadGroup> {
        let name = described.auto_scaling_group_name().unwrap_or_default().to_owned();
        let number = |number: Option<i32>, what| {
            let told = number.and_then(|number| u32::try_from(number).ok());
            told.ok_or_else(|| BadGroup::Untold { group: name.clone(), what })
        };
        let sizes = Sizes {
            min: number(described.min_size(), "minimum size")?,
            desired: number(described.desired_capacity(), "desired capacity")?,
            max: number(described.max_size(), "maximum size")?,
        };
        let tags = described
            .tags()
            .iter()
            .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())));
        let (mut instances, mut aside) = (Vec::new(), Vec::new());
        for instance in described.instances() {
            let state = instance.lifecycle_state().map_or("", LifecycleState::as_str);
            let id = instance.instance_id().unwrap_or_default().to_owned();
            match lifecycle(state) {
                Some(lifecycle) => instances.push(group_instance(instance, id, state, lifecycle)),
                None => aside.push((id, state.to_owned())),
            }
        }
        Ok(Self {
            sizes,
            zones: described.availability_zones().to_vec(),
            source: source(&described).ok_or_else(|| BadGroup::NoSource(name.clone()))?,
            tags: tags.collect(),
            instances,
            aside,
            described,
            name,
        })
    }

    /// The instance with that id.
    pub(crate) fn instance(&self, id: &str) -> Option<&GroupInstance> {
        self.instances.iter().find(|instance| instance.id == id)
    }

    /// How many instances are coming or in service.
    pub(crate) fn standing(&self) -> u32 {
        let stands = |instance: &&GroupInstance| instance.lifecycle != Lifecycle::Terminating;
        self.instances.iter().filter(stands).count() as u32
    }
}

/// What a state means for an update; `None` for instances that the group does not count: standby, warm pool, retained
/// after their end, and detached ones (Auto Scaling: `LifecycleState`).
fn lifecycle(state: &str) -> Option<Lifecycle> {
    match state {
        "Terminating:Retained" | "Detaching" | "Detached" | "EnteringStandby" | "Standby" => None,
        "InService"
        | "ReplacingRootVolume"
        | "ReplacingRootVolume:Wait"
        | "ReplacingRootVolume:Proceed"
        | "RootVolumeReplaced" => Some(Lifecycle::InService),
        state if state.starts_with("Warmed:") => None,
        state if state.starts_with("Pending") => Some(Lifecycle::Pending),
        // What is going, and what AWS calls by a word that is newer than this, is not counted on.
        _ => Some(Lifecycle::Terminating),
    }
}

fn group_instance(instance: &sdk::Instance, id: String, state: &str, lifecycle: Lifecycle) -> GroupInstance {
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    GroupInstance {
        id,
        zone: text(instance.availability_zone()).unwrap_or_default(),
        instance_type: text(instance.instance_type()).unwrap_or_default(),
        lifecycle,
        state: state.to_owned(),
        template: instance.launch_template().and_then(template),
        configuration: text(instance.launch_configuration_name()),
        image: text(instance.image_id()),
    }
}

fn source(described: &sdk::AutoScalingGroup) -> Option<Source> {
    if let Some(own) = described.launch_template().and_then(template) {
        return Some(Source::Template { base: own, overrides: None });
    }
    if let Some(policy) =
        described.mixed_instances_policy().and_then(sdk::MixedInstancesPolicy::launch_template)
    {
        let base = policy.launch_template_specification().and_then(template)?;
        let overrides = policy.overrides().iter().map(|one| Override {
            instance_type: one.instance_type().map(str::to_owned),
            template: one.launch_template_specification().and_then(template),
            image: one.image_id().filter(|image| !image.is_empty()).map(str::to_owned),
        });
        return Some(Source::Template { base, overrides: Some(overrides.collect()) });
    }
    described.launch_configuration_name().map(|name| Source::Configuration(name.to_owned()))
}

/// The template that is named. Without a version it is `$Default` (Auto Scaling: `LaunchTemplateSpecification`).
fn template(named: &sdk::LaunchTemplateSpecification) -> Option<TemplateRef> {
    let id = named.launch_template_id()?.to_owned();
    let version = named.version().filter(|version| !version.is_empty()).unwrap_or("$Default").to_owned();
    Some(TemplateRef { id, version })
}

impl Source {
    /// What a policy says of an instance type.
    pub(crate) fn override_of(&self, instance_type: &str) -> Option<&Override> {
        match self {
            Self::Template { overrides: Some(overrides), .. } => {
                overrides.iter().find(|one| one.instance_type.as_deref() == Some(instance_type))
            }
            Self::Template { overrides: None, .. } | Self::Configuration(_) => None,
        }
    }

    /// Ids of all templates in it.
    pub(crate) fn templates(&self) -> Vec<&str> {
        let Self::Template { base, overrides } = self else { return Vec::new() };
        let own = overrides.iter().flatten().filter_map(|one| one.template.as_ref());
        let mut ids: Vec<&str> = std::iter::once(base).chain(own).map(|named| named.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A group of one template, for tests.
    pub(crate) fn described(version: &str, instances: &[(&str, &str, &str)]) -> sdk::AutoScalingGroup {
        let template = |version: &str| {
            sdk::LaunchTemplateSpecification::builder().launch_template_id("lt-1").version(version).build()
        };
        let instances = instances.iter().map(|(id, state, version)| {
            sdk::Instance::builder()
                .instance_id(*id)
                .instance_type("m5.large")
                .availability_zone("us-west-2a")
                .lifecycle_state(LifecycleState::from(*state))
                .health_status("Healthy")
                .protected_from_scale_in(false)
                .launch_template(template(version))
                .build()
        });
        sdk::AutoScalingGroup::builder()
            .auto_scaling_group_name("workers")
            .min_size(1)
            .desired_capacity(2)
            .max_size(3)
            .availability_zones("us-west-2a")
            .launch_template(template(version))
            .set_instances(Some(instances.collect()))
            .default_cooldown(300)
            .health_check_type("EC2")
            .created_time(aws_smithy_types::DateTime::from_secs(0))
            .build()
    }

    #[test]
    fn instances_that_do_not_count_are_set_aside() {
        let states = [
            ("i-1", "InService", "1"),
            ("i-2", "Pending:Wait", "2"),
            ("i-3", "Terminating:Proceed", "1"),
            ("i-4", "Standby", "1"),
            ("i-5", "Warmed:Stopped", "1"),
            ("i-6", "Terminating:Retained", "1"),
        ];
        let group = ScalingGroup::of(described("$Latest", &states)).unwrap();
        let counted: Vec<_> = group.instances.iter().map(|it| (it.id.as_str(), it.lifecycle)).collect();
        assert_eq!(
            counted,
            [("i-1", Lifecycle::InService), ("i-2", Lifecycle::Pending), ("i-3", Lifecycle::Terminating)]
        );
        assert_eq!((group.aside.len(), group.standing()), (3, 2));
    }

    #[test]
    fn a_group_without_a_source_is_refused_by_name() {
        let mut bare = described("1", &[]);
        bare.launch_template = None;
        let refused = ScalingGroup::of(bare.clone()).unwrap_err().to_string();
        assert_eq!(
            refused,
            "Auto Scaling group workers has neither a launch template nor a launch configuration"
        );
        bare.launch_configuration_name = Some("old".to_owned());
        assert_eq!(ScalingGroup::of(bare).unwrap().source, Source::Configuration("old".to_owned()));
    }
}
