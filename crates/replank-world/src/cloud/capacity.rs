//! Causes of failed launches: zone capacity, addresses, quotas, images. Set and cleared by commands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use replank_core::observed::LaunchTrouble;

/// What is wrong with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageTrouble {
    /// It was deregistered.
    Gone,
    /// It is no longer shared with the account.
    Private,
    /// It boots, but its kubelet never registers a node.
    NeverJoins,
    /// Its node registers and never becomes Ready.
    NeverReady,
}

/// Conditions that make launches fail; without entries every launch succeeds.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// How many more instances each zone has capacity for; no entry is unlimited.
    pub room: BTreeMap<Arc<str>, u32>,
    /// How many addresses are free in each zone's subnet; no entry is unlimited.
    pub addresses: BTreeMap<Arc<str>, u32>,
    /// Quota of running instances of the account.
    pub instances_max: Option<u32>,
    /// Quota of running vCPUs of the account.
    pub vcpus_max: Option<u32>,
    /// Images with something wrong, by id.
    pub images: BTreeMap<Arc<str>, ImageTrouble>,
    /// Zone and instance type that the zone does not offer.
    pub types_missing: BTreeSet<(Arc<str>, Arc<str>)>,
}

/// A launch to be checked against the conditions.
#[derive(Clone, Copy, Debug)]
pub struct LaunchRequest<'a> {
    /// The zone to launch in.
    pub zone: &'a Arc<str>,
    /// All zones of the group, for the message.
    pub zones: &'a [Arc<str>],
    /// Name of the type to launch, such as `m5.large`.
    pub instance_type: &'a Arc<str>,
    /// vCPUs of the instance type; `None` when there is no such type.
    pub vcpu: Option<u32>,
    /// Image id.
    pub image: &'a Arc<str>,
    /// Whether an image of that id exists.
    pub image_known: bool,
}

/// Why a launch fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchFailure {
    /// The class of the failure.
    pub trouble: LaunchTrouble,
    /// Whether another zone may succeed.
    pub zonal: bool,
    /// The message as scaling activities show it.
    pub message: String,
}

impl Conditions {
    /// The first condition that makes a launch fail while this many instances and vCPUs run.
    pub fn check(&self, wish: LaunchRequest<'_>, instances: u32, vcpus: u32) -> Result<(), LaunchFailure> {
        let (zone, kind, image) = (wish.zone, wish.instance_type, wish.image);
        let fail = |trouble, zonal, message: String| {
            Err(LaunchFailure {
                trouble,
                zonal,
                message: format!("{message} Launching EC2 instance failed."),
            })
        };
        let others: Vec<&str> = wish.zones.iter().filter(|it| *it != zone).map(|it| &**it).collect();
        let others = if others.is_empty() { "another zone".to_owned() } else { others.join(", ") };
        match self.images.get(image) {
            Some(ImageTrouble::Private) => {
                let said = format!("Not authorized for images: [{image}].");
                return fail(LaunchTrouble::ImageGone, false, said);
            }
            Some(ImageTrouble::NeverJoins | ImageTrouble::NeverReady) => {}
            None if wish.image_known => {}
            Some(ImageTrouble::Gone) | None => {
                let said = format!("The image id '[{image}]' does not exist.");
                return fail(LaunchTrouble::ImageGone, false, said);
            }
        }
        let Some(vcpu) = wish.vcpu else {
            let said = format!("Invalid value '{kind}' for InstanceType.");
            return fail(LaunchTrouble::Other, false, said);
        };
        if self.instances_max.is_some_and(|max| instances >= max) {
            let said = "Your quota allows for 0 more running instance(s). You requested at least 1.";
            return fail(LaunchTrouble::Quota, false, said.into());
        }
        if let Some(max) = self.vcpus_max.filter(|max| vcpus + vcpu > *max) {
            let said = format!(
                "You have requested more vCPU capacity than your current vCPU limit of {max} allows for the instance \
                 bucket that the specified instance type belongs to. Please visit \
                 http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
            );
            return fail(LaunchTrouble::Quota, false, said);
        }
        if self.types_missing.contains(&(zone.clone(), kind.clone())) {
            let said = format!(
                "Your requested instance type ({kind}) is not supported in your requested Availability Zone ({zone}). \
                 Please retry your request by not specifying an Availability Zone or choosing {others}."
            );
            return fail(LaunchTrouble::Other, true, said);
        }
        if self.addresses.get(zone) == Some(&0) {
            let said = format!(
                "There are not enough free addresses in subnet '{}' to satisfy the requested number of instances.",
                subnet(zone)
            );
            return fail(LaunchTrouble::NoAddresses, true, said);
        }
        if self.room.get(zone) == Some(&0) {
            let said = format!(
                "We currently do not have sufficient {kind} capacity in the Availability Zone you requested ({zone}). \
                 Our system will be working on provisioning additional capacity. You can currently get {kind} \
                 capacity by not specifying an Availability Zone in your request or choosing {others}."
            );
            return fail(LaunchTrouble::NoCapacity, true, said);
        }
        Ok(())
    }

    /// Counts a launched instance against its zone's capacity and addresses.
    pub fn take(&mut self, zone: &str) {
        for left in [self.room.get_mut(zone), self.addresses.get_mut(zone)].into_iter().flatten() {
            *left = left.saturating_sub(1);
        }
    }

    /// Frees the address of a terminated instance. Capacity is not returned: others may have taken it.
    pub fn give_back(&mut self, zone: &str) {
        if let Some(left) = self.addresses.get_mut(zone) {
            *left += 1;
        }
    }
}

/// The id of a zone's only subnet.
pub(super) fn subnet(zone: &str) -> String {
    format!("subnet-0{:016x}", replank_core::draw::hash(zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_has_its_words() {
        let zones: [Arc<str>; 2] = ["z-a".into(), "z-b".into()];
        let (kind, image): (Arc<str>, Arc<str>) = ("m5.large".into(), "ami-1".into());
        let known = LaunchRequest {
            zone: &zones[0],
            zones: &zones,
            instance_type: &kind,
            vcpu: Some(2),
            image: &image,
            image_known: true,
        };
        let with = |change: fn(&mut Conditions)| {
            let mut conditions = Conditions::default();
            change(&mut conditions);
            conditions
        };
        let rows = [
            (
                with(|it| {
                    it.room.insert("z-a".into(), 0);
                }),
                "sufficient m5.large capacity",
                true,
            ),
            (
                with(|it| {
                    it.addresses.insert("z-a".into(), 0);
                }),
                "not enough free addresses",
                true,
            ),
            (with(|it| it.instances_max = Some(3)), "Your quota allows for 0 more", false),
            (with(|it| it.vcpus_max = Some(7)), "current vCPU limit of 7 allows", false),
            (
                with(|it| {
                    it.images.insert("ami-1".into(), ImageTrouble::Gone);
                }),
                "The image id '[ami-1]' does not exist.",
                false,
            ),
            (
                with(|it| {
                    it.images.insert("ami-1".into(), ImageTrouble::Private);
                }),
                "Not authorized for images: [ami-1].",
                false,
            ),
            (
                with(|it| {
                    it.types_missing.insert(("z-a".into(), "m5.large".into()));
                }),
                "is not supported in your requested Availability Zone (z-a)",
                true,
            ),
        ];
        for (conditions, words, zonal) in rows {
            let failure = conditions.check(known, 3, 6).unwrap_err();
            assert!(failure.message.contains(words), "{}", failure.message);
            assert!(failure.message.ends_with(" Launching EC2 instance failed."));
            assert_eq!(failure.zonal, zonal, "{words}");
        }
        assert_eq!(Conditions::default().check(known, 3, 6), Ok(()));
        let elsewhere = with(|it| {
            it.room.insert("z-b".into(), 0);
        });
        assert_eq!(elsewhere.check(known, 3, 6), Ok(()));
        for odd in [LaunchRequest { vcpu: None, ..known }, LaunchRequest { image_known: false, ..known }] {
            assert!(!Conditions::default().check(odd, 0, 0).unwrap_err().zonal);
        }
    }

    #[test]
    fn room_is_taken_and_addresses_come_back() {
        let mut conditions = Conditions::default();
        conditions.room.insert("z-a".into(), 1);
        conditions.addresses.insert("z-a".into(), 1);
        conditions.take("z-a");
        conditions.give_back("z-a");
        assert_eq!((conditions.room["z-a"], conditions.addresses["z-a"]), (0, 1));
    }
}
