//! Launching instances: how many, in which zone, why a launch fails and when the next is tried.

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_core::observed::LaunchTrouble;

use super::capacity::{LaunchFailure, LaunchRequest};
use super::group::{Balancing, Group, GroupNo, Launch, Offer, Why};
use super::hook::Transition;
use super::instance::{Instance, InstanceNo, State};
use super::instance_type::InstanceType;
use super::process::Process;
use super::settings::Bootstrap;
use super::{Cloud, CloudWork, Effect, ImageTrouble, Moment, activity};
use crate::time::Span;
use crate::vocab::labels::Map;

/// Delay after the first failed launch; it doubles with each further one.
const RETRY: Span = Span::secs(30);
/// The longest such delay.
const RETRY_MAX: Span = Span::secs(300);

impl Group {
    /// Makes the group try at once, as after a change of its configuration.
    pub(super) fn forget_failures(&mut self) {
        self.failed = 0;
        self.retry_at = None;
    }

    /// The number of instances the group is to have now: desired, and one more while balancing.
    pub(super) fn wanted(&self) -> u32 {
        self.spec.sizes.desired + u32::from(self.balancing.is_some())
    }
}

/// The back-off after this many consecutive failures.
pub(super) fn back_off(first: Span, most: Span, failures: u32) -> Span {
    Span(first.0.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(most.0))
}

impl Cloud {
    /// Compares a group's instances with its desired size, and launches or terminates.
    pub(super) fn scale(&mut self, moment: Moment<'_>, number: GroupNo) {
        let group = &self.groups[number.0 as usize];
        let (has, wants) = (group.capacity(), group.wanted());
        if has > wants {
            // A request for an instance that is not there yet is given up even while nothing may be terminated.
            self.shrink(moment, number, has - wants);
        } else if let Some(retry_at) = group.retry_at.filter(|at| *at > moment.now && has < wants) {
            self.asks.push((retry_at, CloudWork::Scale(number)));
        } else if group.runs(Process::Launch) {
            for _ in has..wants {
                self.begin_launch(moment, number, None);
            }
        }
        self.watch_balance(moment, number);
    }

    /// Requests a launch, in `zone` or in the zone with the fewest instances; returns its number.
    pub(super) fn begin_launch(&mut self, moment: Moment<'_>, number: GroupNo, zone: Option<usize>) -> u32 {
        let group = &mut self.groups[number.0 as usize];
        let launch = group.launched;
        group.launched += 1;
        let emptiest = || group.zones_to_fill(moment.chance, u64::from(launch)).first().copied();
        let why = match zone {
            Some(_) => Why::Balance,
            None if group.owed > 0 => Why::Unhealthy,
            None => Why::Missing,
        };
        let zone = zone.or_else(emptiest).unwrap_or(0);
        group.owed = group.owed.saturating_sub(u32::from(why == Why::Unhealthy));
        group.launches.insert(launch, Launch { zone, why });
        let delay = group.spec.paces.launch.unwrap_or(moment.timings.launch);
        let delay = delay.draw(moment.chance, "launch", &group.spec.lot, u64::from(launch));
        self.asks.push((moment.now + delay, CloudWork::Launch(number, launch)));
        launch
    }

    /// Carries out a launch: in its zone or, if that fails, in the next emptiest.
    pub(super) fn launch(&mut self, moment: Moment<'_>, number: GroupNo, id: u32) {
        let group = &mut self.groups[number.0 as usize];
        let Some(Launch { zone, why }) = group.launches.remove(&id) else { return };
        let mut zones = vec![zone];
        if why != Why::Balance {
            let others = group.zones_to_fill(moment.chance, u64::from(id));
            zones.extend(others.into_iter().filter(|other| *other != zone));
        }
        let standing = self.groups[number.0 as usize].standing();
        for zone in zones {
            let cause = self.cause(moment, number, why, zone, standing);
            match self.try_launch(number, zone) {
                Ok(()) => {
                    let instance = self.start(moment, number, zone, cause);
                    let group = &mut self.groups[number.0 as usize];
                    group.forget_failures();
                    if group.balancing == Some(Balancing::Launch(id)) {
                        group.balancing = Some(Balancing::Instance(instance));
                    }
                    self.watch_balance(moment, number);
                    return;
                }
                Err(failure) => {
                    self.note_failure(moment, number, zone, &failure, cause);
                    if !failure.zonal {
                        break;
                    }
                }
            }
        }
        self.launch_failed(moment, number, id);
    }

    /// Records a failed launch.
    pub(super) fn note_failure(
        &mut self,
        moment: Moment<'_>,
        number: GroupNo,
        zone: usize,
        failure: &LaunchFailure,
        cause: String,
    ) {
        let group = &mut self.groups[number.0 as usize];
        let name = group.spec.zones[zone].clone();
        group.activities.fail(moment.now, &name, failure.trouble, &failure.message, cause);
        if let Some(failure) = group.activities.failures().last() {
            group.open.insert(zone, failure.clone());
        }
    }

    fn launch_failed(&mut self, moment: Moment<'_>, number: GroupNo, id: u32) {
        let group = &mut self.groups[number.0 as usize];
        if group.balancing == Some(Balancing::Launch(id)) {
            group.balancing = None;
            group.unbalanced += 1;
            self.watch_balance(moment, number);
            return;
        }
        // One request of the group for many instances fails as one.
        group.launches.retain(|_, launch| launch.why == Why::Balance);
        group.failed += 1;
        let retry_at = moment.now + back_off(RETRY, RETRY_MAX, group.failed);
        group.retry_at = Some(retry_at);
        self.asks.push((retry_at, CloudWork::Scale(number)));
    }

    /// Whether a launch in a zone would succeed now.
    pub(super) fn try_launch(&self, number: GroupNo, zone: usize) -> Result<(), LaunchFailure> {
        let spec = &self.group(number).spec;
        let version = self.template(&spec.template).and_then(|template| template.version(spec.version).ok());
        let Some((image, settings)) = version else {
            let id = &spec.template;
            let message = format!(
                "The specified launch template, with template ID {id}, does not exist. Launching EC2 instance failed."
            );
            return Err(LaunchFailure { trouble: LaunchTrouble::Other, zonal: false, message });
        };
        let wish = LaunchRequest {
            zone: &spec.zones[zone],
            zones: &spec.zones,
            instance_type: &settings.instance_type,
            vcpu: vcpu(&settings.instance_type, spec.offer.as_ref()),
            image: &image,
            image_known: self.image(&image).is_some(),
        };
        self.conditions.check(wish, self.running.0, self.running.1)
    }

    /// Launches an instance, with its activity.
    pub(super) fn start(
        &mut self,
        moment: Moment<'_>,
        number: GroupNo,
        zone: usize,
        cause: String,
    ) -> InstanceNo {
        let instance = self.make(moment, number, zone);
        let made = &self.instances[instance.0 as usize];
        let (id, broken) = (made.id.clone(), self.never_joins(made));
        let group = &mut self.groups[number.0 as usize];
        let said = format!("Launching a new EC2 instance: {id}");
        let activity = group.activities.begin(moment.now, &group.spec.zones[zone], said, cause);
        group.launched_at = Some(moment.now);
        // What was wrong with more than one zone is over.
        group.open.retain(|at, failure| *at != zone && is_zonal(failure.trouble));
        let boot = group.spec.paces.boot.unwrap_or(moment.timings.boot).draw(moment.chance, "boot", &id, 0);
        self.instances[instance.0 as usize].activity = activity;
        // The machine runs, and passes the group's check, half way to its kubelet's first words.
        self.asks.push((moment.now + Span(boot.0 / 2), CloudWork::Running(instance)));
        if !broken {
            self.asks.push((moment.now + boot, CloudWork::Register(instance)));
        }
        instance
    }

    /// Creates an instance, `Pending`, from the group's template version.
    pub(super) fn make(&mut self, moment: Moment<'_>, number: GroupNo, zone: usize) -> InstanceNo {
        let instance = InstanceNo(self.instances.len() as u32);
        let spec = &self.groups[number.0 as usize].spec;
        let (zone_name, template, version) = (spec.zones[zone].clone(), spec.template.clone(), spec.version);
        let (tags, is_protected) = (self.launch_tags(number), self.group(number).protects_new);
        let (image, settings) = self
            .template(&spec.template)
            .and_then(|template| template.version(version).ok())
            .unwrap_or_else(|| (Arc::from(""), Arc::new(super::settings::Settings::new(""))));
        let id: Arc<str> = self.fresh_id(moment, &spec.lot).into();
        let vcpu = InstanceType::find(&settings.instance_type).map_or(0, |kind| kind.vcpu);
        self.running = (self.running.0 + 1, self.running.1 + vcpu);
        self.conditions.take(&zone_name);
        let host = self.fresh_host(instance, zone);
        self.by_id.insert(id.clone(), instance);
        self.instances.push(Instance {
            id,
            host,
            group: number,
            zone: zone_name,
            template,
            version,
            image,
            settings,
            state: State::Pending,
            launched_at: moment.now,
            ended_at: None,
            dead: None,
            is_unhealthy: false,
            held: BTreeMap::new(),
            is_protected,
            tags: Arc::new(tags),
            activity: activity::ActivityNo::default(),
        });
        let group = &mut self.groups[number.0 as usize];
        group.members[zone].insert((version, moment.now, instance));
        self.touch(instance);
        instance
    }

    /// Tags that an instance of a group gets at its launch (EC2: the group's go before those of the template).
    fn launch_tags(&self, number: GroupNo) -> Map {
        let group = self.group(number);
        let template = self.template(&group.spec.template);
        let mut tags = template.map(|template| template.tags(group.spec.version)).unwrap_or_default();
        let own = group.spec.tags.iter().filter(|(key, _)| !group.unpropagated.contains(*key));
        tags.extend(own.map(|(key, value)| (key.clone(), value.clone())));
        tags
    }

    /// A node name that no other instance has, found ones included.
    fn fresh_host(&self, number: InstanceNo, zone: usize) -> Arc<str> {
        /// Step to names that the regular sequence reaches late.
        const FURTHER: u32 = 1 << 19;
        let mut at = number.0;
        loop {
            let host = host(InstanceNo(at), zone, &self.region);
            if !self.hosts_taken.contains(&*host) {
                return host.into();
            }
            at = at.wrapping_add(FURTHER + 1);
        }
    }

    fn fresh_id(&self, moment: Moment<'_>, group: &str) -> String {
        let mut attempt = self.instances.len() as u64;
        loop {
            let id = format!("i-0{:016x}", moment.chance.draw("instance", group, attempt));
            if !self.by_id.contains_key(&*id) {
                return id;
            }
            attempt += 1 << 40;
        }
    }

    fn never_joins(&self, instance: &Instance) -> bool {
        instance.settings.user_data == Bootstrap::Broken
            || self.conditions.images.get(&instance.image) == Some(&ImageTrouble::NeverJoins)
    }

    fn cause(&self, moment: Moment<'_>, number: GroupNo, why: Why, zone: usize, standing: u32) -> String {
        let group = self.group(number);
        match why {
            Why::Unhealthy => activity::replaced(moment.now),
            Why::Balance => activity::balanced(moment.now, &group.spec.zones[zone]),
            Why::Missing => {
                let started = activity::started(moment.now, standing, standing + 1);
                [&*group.cause, &*started].join(if group.cause.is_empty() { "" } else { "  " })
            }
        }
    }

    /// Puts a pending instance into service, after the hooks of its group.
    pub(super) fn running(&mut self, moment: Moment<'_>, number: InstanceNo) {
        let waits =
            self.instance(number).state == State::Pending && self.hold(moment, number, Transition::Launching);
        if waits {
            self.touch(number);
        } else {
            self.in_service(moment, number);
        }
    }

    /// Puts an instance into service that waits for nothing more.
    pub(super) fn in_service(&mut self, moment: Moment<'_>, number: InstanceNo) {
        let instance = &mut self.instances[number.0 as usize];
        if instance.state != State::Pending {
            return;
        }
        instance.state = State::InService;
        let (group, activity) = (instance.group, instance.activity);
        self.touch(number);
        let of = &mut self.groups[group.0 as usize];
        of.activities.succeed(activity, moment.now);
        if of.balancing == Some(Balancing::Instance(number)) {
            of.balancing = None;
            of.unbalanced = 0;
            self.look(moment, group);
        }
    }

    /// Makes the kubelet of an instance register, if the machine still lives.
    pub(super) fn register(&mut self, number: InstanceNo) {
        let instance = &self.instances[number.0 as usize];
        if instance.stands() && instance.dead.is_none() {
            self.effects.push(Effect::Registers(number));
        }
    }
}

/// Whether the failure concerns one zone only.
fn is_zonal(trouble: LaunchTrouble) -> bool {
    matches!(trouble, LaunchTrouble::NoCapacity | LaunchTrouble::NoAddresses)
}

/// The vCPUs of an instance type. For a type the catalogue lacks, those that the group says its nodes offer;
/// `None` when neither is known.
fn vcpu(instance_type: &str, offer: Option<&Offer>) -> Option<u32> {
    let known = InstanceType::find(instance_type).map(|kind| kind.vcpu);
    known.or(offer.map(|offer| u32::try_from(offer.allocatable.cpu_milli / 1000).unwrap_or(0)))
}

/// The private DNS name of an instance (VPC: `ip-10-0-1-2.region.compute.internal`), unique in the cloud.
fn host(number: InstanceNo, zone: usize, region: &str) -> String {
    // A walk through 21 bits that meets each number once.
    let walk = number.0.wrapping_mul(0x000a_d5b5).wrapping_add(0x1234) & 0x001f_ffff;
    let second = (zone as u32 % 8) * 32 + (walk >> 16);
    let domain =
        if region == "us-east-1" { "ec2.internal".into() } else { format!("{region}.compute.internal") };
    format!("ip-10-{second}-{}-{}.{domain}", (walk >> 8) & 0xff, walk & 0xff)
}
