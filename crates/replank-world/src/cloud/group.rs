//! An Auto Scaling group: sizes, members by zone, pending launches, and the checks that Auto Scaling makes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use replank_core::observed::LaunchFailure;
use replank_core::sizes::Sizes;

use super::activity::Activities;
use super::call::VersionChoice;
use super::hook::Hook;
use super::instance::InstanceNo;
use super::instance_type::InstanceType;
use super::launch_call::Launched;
use super::process::Process;
use crate::refusal::Refusal;
use crate::rng::Delay;
use crate::time::{Span, Time};
use crate::vocab::labels::Map;
use crate::vocab::quantity::Resources;

/// How long a failed launch is still reported after the group has all its instances.
const LASTS: Span = Span::secs(900);

/// The number of a group in its cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupNo(pub u32);

/// The definition of a group.
#[derive(Clone, Debug)]
pub struct GroupSpec {
    /// Name of the Auto Scaling group: `eks-<node group>-<uuid>`.
    pub name: Arc<str>,
    /// The name under which random draws are made for the group. For groups of a world file it is the name
    /// without the end of the UUID, as names used to be, so that seeds keep their meaning.
    pub lot: Arc<str>,
    /// The node group it belongs to; of a group that the user keeps, its key in the cloud.
    pub nodegroup: Arc<str>,
    /// Whether EKS keeps it, as part of a managed node group.
    pub is_managed: bool,
    /// Zone names.
    pub zones: Vec<Arc<str>>,
    /// Minimum, desired and maximum size.
    pub sizes: Sizes,
    /// Id of the launch template.
    pub template: Arc<str>,
    /// The template version it launches.
    pub version: u64,
    /// Tags of the group.
    pub tags: Map,
    /// What its nodes offer, where that is not derived from the instance type.
    pub offer: Option<Offer>,
    /// Durations for its instances, where they differ from the world's.
    pub paces: Paces,
}

/// Allocatable resources of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Cpu, memory, storage, extended resources.
    pub allocatable: Resources,
    /// Number of pods.
    pub pods_max: u32,
}

/// Durations for the instances of a group; `None` is the world's setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paces {
    /// From the request for an instance to its launch.
    pub launch: Option<Delay>,
    /// From launch to the registration of the node.
    pub boot: Option<Delay>,
    /// From registration to Ready.
    pub join: Option<Delay>,
    /// From `TerminateInstances` to the state `terminated`.
    pub terminate: Option<Delay>,
}

/// A requested launch without an instance yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Launch {
    /// Index of the group's zone it is meant for.
    pub(super) zone: usize,
    /// Reason, for the cause of the activity.
    pub(super) why: Why,
}

/// Why an instance is launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The group has fewer instances than desired.
    Missing,
    /// To replace an unhealthy instance.
    Unhealthy,
    /// To balance zones.
    Balance,
}

/// An Auto Scaling group with its present state.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its definition, with current sizes, version and tags.
    pub spec: GroupSpec,
    /// Additional labels of its nodes by zone, such as those of storage drivers.
    pub zone_labels: BTreeMap<Arc<str>, Map>,
    /// Its scaling activities.
    pub activities: Activities,
    /// When the last launch succeeded.
    pub launched_at: Option<Time>,
    /// When it was created; `None` when the world began with it.
    pub created_at: Option<Time>,
    /// Which version of its launch template it means to launch; what that is now stands in its definition.
    pub follows: VersionChoice,
    /// Whether scale-in leaves new instances alone.
    pub protects_new: bool,
    /// Keys of tags that launched instances do not get.
    pub unpropagated: BTreeSet<Arc<str>>,
    /// Whether it goes when its last instance is gone.
    pub is_leaving: bool,
    /// Pending and in-service instances by zone, in the order in which scale-in takes them: oldest template
    /// version, then oldest instance.
    pub members: Vec<BTreeSet<(u64, Time, InstanceNo)>>,
    /// Requested launches by their number.
    pub(super) launches: BTreeMap<u32, Launch>,
    /// How many launches were requested so far; numbers the next.
    pub(super) launched: u32,
    /// The cause of the present sizes, for activities.
    pub(super) cause: String,
    /// Replacements to launch for instances that failed their health check.
    pub(super) owed: u32,
    /// Consecutive failed launches.
    pub(super) failed: u32,
    /// No launch is tried before this time.
    pub(super) retry_at: Option<Time>,
    /// The instance above desired that balances the zones.
    pub(super) balancing: Option<Balancing>,
    /// Consecutive failed attempts at balancing.
    pub(super) unbalanced: u32,
    /// For each zone index, the last failed launch that no later launch made good.
    pub(super) open: BTreeMap<usize, LaunchFailure>,
    /// Lifecycle hooks by name.
    pub hooks: BTreeMap<Arc<str>, Hook>,
    /// Suspended processes, each with the time since when.
    pub(super) suspended: BTreeMap<Process, Time>,
    /// The latest answers of `LaunchInstances`, for repeated tokens.
    pub(super) launch_calls: VecDeque<Launched>,
}

/// The progress of an instance that balances the zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Balancing {
    /// It is being launched: number of the launch.
    Launch(u32),
    /// It exists and is not in service yet.
    Instance(InstanceNo),
}

impl Group {
    /// A group without instances.
    pub(super) fn new(spec: GroupSpec) -> Self {
        let members = vec![BTreeSet::new(); spec.zones.len()];
        let follows = VersionChoice::Number(spec.version);
        Self {
            spec,
            zone_labels: BTreeMap::new(),
            activities: Activities::default(),
            launched_at: None,
            created_at: None,
            follows,
            protects_new: false,
            unpropagated: BTreeSet::new(),
            is_leaving: false,
            members,
            launches: BTreeMap::new(),
            launched: 0,
            cause: String::new(),
            owed: 0,
            failed: 0,
            retry_at: None,
            balancing: None,
            unbalanced: 0,
            open: BTreeMap::new(),
            hooks: BTreeMap::new(),
            suspended: BTreeMap::new(),
            launch_calls: VecDeque::new(),
        }
    }

    /// How many instances are pending or in service.
    pub fn standing(&self) -> u32 {
        self.members.iter().map(|zone| zone.len() as u32).sum()
    }

    /// The same with requested launches.
    pub fn capacity(&self) -> u32 {
        self.standing() + self.launches.len() as u32
    }

    /// The same for one zone, by index.
    pub(super) fn in_zone(&self, zone: usize) -> u32 {
        let launches = self.launches.values().filter(|launch| launch.zone == zone).count();
        (self.members[zone].len() + launches) as u32
    }

    /// Failed launches that still matter: not made good since, and the group lacks instances (in all or in a
    /// zone), or the failure is recent.
    pub fn open_failures(&self, now: Time) -> Vec<LaunchFailure> {
        let counts = || self.members.iter().map(BTreeSet::len);
        let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
        let is_short = self.standing() < self.spec.sizes.desired || most >= least + 2;
        let lasts = |failure: &&LaunchFailure| is_short || now - Time::from(failure.at) < LASTS;
        let mut open: Vec<LaunchFailure> = self.open.values().filter(lasts).cloned().collect();
        open.sort_by_key(|failure| failure.at);
        open
    }

    /// Launch time and number of its pending and in-service instances.
    pub fn launched(&self) -> impl Iterator<Item = (Time, InstanceNo)> {
        self.members.iter().flatten().map(|(_, at, number)| (*at, *number))
    }

    pub(super) fn zone_of(&self, name: &str) -> Option<usize> {
        self.spec.zones.iter().position(|zone| **zone == *name)
    }

    /// What a node of this instance type offers in this group; nothing for an unknown type.
    pub fn offer(&self, instance_type: &str) -> Offer {
        if let Some(offer) = &self.spec.offer {
            return offer.clone();
        }
        let kind = InstanceType::find(instance_type);
        kind.map_or(Offer { allocatable: Resources::default(), pods_max: 0 }, |kind| Offer {
            allocatable: kind.allocatable(),
            pods_max: kind.pods_max,
        })
    }
}

/// Checks sizes as `UpdateAutoScalingGroup` does.
pub(super) fn check_sizes(sizes: Sizes) -> Result<(), Refusal> {
    let Sizes { min, desired, max } = sizes;
    if min > max {
        let said = format!("Max bound, {max}, must be greater than or equal to min bound, {min}");
        return Err(Refusal::new(400, "ValidationError", said));
    }
    if !(min..=max).contains(&desired) {
        let said = format!(
            "Desired capacity:{desired} must be between the specified min size:{min} and max size:{max}"
        );
        return Err(Refusal::new(400, "ValidationError", said));
    }
    Ok(())
}

/// The error for an unknown instance id.
pub(super) fn no_instance(id: &str) -> Refusal {
    let said = format!("Instance Id not found - No managed instance found for instance ID: {id}");
    Refusal::new(400, "ValidationError", said)
}

/// The error when the desired size cannot be decremented.
pub(super) fn at_min(min: u32) -> Refusal {
    let said = format!(
        "Currently, desiredSize equals minSize ({min}). Terminating instance without replacement will violate group's \
         min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size."
    );
    Refusal::new(400, "ValidationError", said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_checked_as_auto_scaling_does() {
        let rows = [
            ((1, 3, 3), None),
            ((0, 0, 0), None),
            ((3, 3, 2), Some("Max bound, 2, must be greater than or equal to min bound, 3")),
            ((1, 7, 6), Some("Desired capacity:7 must be between the specified min size:1 and max size:6")),
            ((2, 1, 6), Some("Desired capacity:1 must be between the specified min size:2 and max size:6")),
        ];
        for ((min, desired, max), wanted) in rows {
            let said = check_sizes(Sizes { min, desired, max }).err().map(|refusal| refusal.message);
            assert_eq!(said.as_deref(), wanted);
        }
    }
}
