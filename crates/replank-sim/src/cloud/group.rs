//! A scaling group: its sizes, its members by zone, its launches under way. What Auto Scaling refuses, it refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use replank_core::observed::LaunchFailure;
use replank_core::sizes::Sizes;

use super::activity::Activities;
use super::instance::InstanceNo;
use super::instance_type::InstanceType;
use crate::refusal::Refusal;
use crate::rng::Delay;
use crate::time::{Span, Time};
use crate::vocab::labels::Map;
use crate::vocab::quantity::Resources;

/// How long a failed launch is told when the group is short of nothing any more.
const LASTS: Span = Span::secs(900);

/// The number of a group in its cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupNo(pub u32);

/// What a group is made from.
#[derive(Clone, Debug)]
pub struct GroupSpec {
    /// The scaling group's own name: `eks-<group>-<uuid>`.
    pub name: Arc<str>,
    /// What chance draws by for it. Of a group of the world file it is the name without the tail of the UUID, as names
    /// once were, so that a seed goes on to mean the same world.
    pub lot: Arc<str>,
    /// The node group of the cluster it serves.
    pub nodegroup: Arc<str>,
    /// Its zones.
    pub zones: Vec<Arc<str>>,
    /// Its sizes.
    pub sizes: Sizes,
    /// The launch template.
    pub template: Arc<str>,
    /// The version of it to launch.
    pub version: u64,
    /// Its tags.
    pub tags: Map,
    /// What its nodes offer, where that is not what their instance type gives.
    pub offer: Option<Offer>,
    /// How long its instances take, where that differs from the world's.
    pub paces: Paces,
}

/// What a node offers to pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Resources.
    pub allocatable: Resources,
    /// Pods.
    pub pods_max: u32,
}

/// How long the instances of a group take; `None` is what the world says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paces {
    /// From the wish for an instance to its launch.
    pub launch: Option<Delay>,
    /// From the launch to the node object.
    pub boot: Option<Delay>,
    /// From the node object to `Ready`.
    pub join: Option<Delay>,
    /// From the call that terminates an instance to its end.
    pub terminate: Option<Delay>,
}

/// A launch under way that has no instance yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Launch {
    /// Which of the group's zones it is meant for.
    pub(super) zone: usize,
    /// Why.
    pub(super) why: Why,
}

/// Why an instance is launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Some are missing.
    Missing,
    /// An unhealthy one is replaced.
    Unhealthy,
    /// A zone has too few.
    Balance,
}

/// A scaling group.
#[derive(Clone, Debug)]
pub struct Group {
    /// What it was made from; sizes, version and tags as they are now.
    pub spec: GroupSpec,
    /// Labels that its nodes get by their zone, such as those of storage drivers.
    pub zone_labels: BTreeMap<Arc<str>, Map>,
    /// Its activities.
    pub activities: Activities,
    /// When the last launch succeeded.
    pub launched_at: Option<Time>,
    /// Whether zones are kept balanced (process `AZRebalance`).
    pub balances: bool,
    /// Members that stand, by zone, in the order in which scale-in takes them: oldest version, oldest instance.
    pub(super) members: Vec<BTreeSet<(u64, Time, InstanceNo)>>,
    /// Launches under way.
    pub(super) launches: BTreeMap<u32, Launch>,
    /// How many launches there ever were.
    pub(super) launched: u32,
    /// Why the sizes are what they are, for the causes of activities.
    pub(super) cause: String,
    /// Replacements owed to instances that failed their health check.
    pub(super) owed: u32,
    /// Launches that failed in a row.
    pub(super) failed: u32,
    /// Not before this is another launch tried.
    pub(super) retry_at: Option<Time>,
    /// An instance above desired, while it balances the zones.
    pub(super) balancing: Option<Balancing>,
    /// Attempts at balancing that failed in a row.
    pub(super) unbalanced: u32,
    /// Failed launches that nothing made good since, the last one of each zone.
    pub(super) open: BTreeMap<usize, LaunchFailure>,
}

/// An instance above desired that balances the zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Balancing {
    /// Its launch is under way.
    Launch(u32),
    /// It is there, not in service yet.
    Instance(InstanceNo),
}

impl Group {
    /// A group without members.
    pub(super) fn new(spec: GroupSpec) -> Self {
        let members = vec![BTreeSet::new(); spec.zones.len()];
        Self {
            spec,
            zone_labels: BTreeMap::new(),
            activities: Activities::default(),
            launched_at: None,
            balances: true,
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
        }
    }

    /// How many instances stand.
    pub fn standing(&self) -> u32 {
        self.members.iter().map(|zone| zone.len() as u32).sum()
    }

    /// How many instances stand or are being launched.
    pub fn capacity(&self) -> u32 {
        self.standing() + self.launches.len() as u32
    }

    /// How many a zone has, launches under way included.
    pub(super) fn in_zone(&self, zone: usize) -> u32 {
        let launches = self.launches.values().filter(|launch| launch.zone == zone).count();
        (self.members[zone].len() + launches) as u32
    }

    /// Failed launches that the group suffers from: nothing made them good since, and it is short of instances, in
    /// all or in a zone, or was a while ago.
    pub fn open_failures(&self, now: Time) -> Vec<LaunchFailure> {
        let counts = || self.members.iter().map(BTreeSet::len);
        let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
        let is_short = self.standing() < self.spec.sizes.desired || most >= least + 2;
        let lasts = |failure: &&LaunchFailure| is_short || now - Time::from(failure.at) < LASTS;
        let mut open: Vec<LaunchFailure> = self.open.values().filter(lasts).cloned().collect();
        open.sort_by_key(|failure| failure.at);
        open
    }

    /// When the members were launched, and which they are.
    pub fn launched(&self) -> impl Iterator<Item = (Time, InstanceNo)> {
        self.members.iter().flatten().map(|(_, at, number)| (*at, *number))
    }

    pub(super) fn zone_of(&self, name: &str) -> Option<usize> {
        self.spec.zones.iter().position(|zone| **zone == *name)
    }

    /// What a node of an instance type of this group offers.
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

/// What Auto Scaling says of sizes that cannot be (`UpdateAutoScalingGroup`).
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

/// What Auto Scaling says of an instance it does not have.
pub(super) fn no_instance(id: &str) -> Refusal {
    let said = format!("Instance Id not found - No managed instance found for instance ID: {id}");
    Refusal::new(400, "ValidationError", said)
}

/// What Auto Scaling says when desired cannot go down any more.
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
