//! Groups, activities and instances of a world as the port shows them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use replank_core::observed::LaunchTrouble;
use replank_service::ports::auto_scaling::{
    Activity, Call, Done, Group, Hook, HookResult, Instance, LaunchSource, Tag,
};
use replank_service::ports::machines::{Machine, MachineState};
use replank_world::cloud::settings::Bootstrap;
use replank_world::cloud::{
    self, ActivityNo, Death, GroupNo, ImageTrouble, InstanceNo, State, Status, Transition, VersionChoice,
};
use replank_world::time::{Span, Time};
use replank_world::wall_clock_map::WallClockMap;
use replank_world::world::World;

use super::wall;

/// How long a terminated instance is still shown (EC2: about an hour).
const SHOWN: Span = Span::secs(3_600);

/// A world with the name of its cluster and the wall time of its moments.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) world: &'a World,
    pub(super) cluster: &'a str,
    pub(super) clock_map: Option<&'a WallClockMap>,
}

impl View<'_> {
    /// Every group of the world, those of node groups and those of the user alone, without terminated instances.
    pub(super) fn groups(self) -> Vec<Group> {
        let cloud = &self.world.cloud;
        let there =
            cloud.groups().filter(|(number, group)| cloud.group_of(&group.spec.nodegroup) == Some(*number));
        let mut members: BTreeMap<GroupNo, Vec<Instance>> = BTreeMap::new();
        for (_, one) in cloud.instances().filter(|(_, one)| one.state != State::Terminated) {
            members.entry(one.group).or_default().push(instance(one));
        }
        there.map(|(number, group)| self.group(group, members.remove(&number).unwrap_or_default())).collect()
    }

    fn group(self, group: &cloud::Group, instances: Vec<Instance>) -> Group {
        let spec = &group.spec;
        let made = self.world.cloud.template(&spec.template).and_then(|it| it.version(spec.version).ok());
        Group {
            name: spec.name.to_string(),
            id: self.world.chance.uuid("auto scaling group", &spec.name),
            cluster: self.cluster.to_owned(),
            nodegroup: spec.is_managed.then(|| spec.nodegroup.to_string()),
            created_at: group.created_at.map(|at| self.at(at)),
            zones: spec.zones.iter().map(ToString::to_string).collect(),
            sizes: spec.sizes,
            source: LaunchSource {
                template: spec.template.to_string(),
                version: match group.follows {
                    VersionChoice::Number(_) => spec.version.to_string(),
                    VersionChoice::Latest => "$Latest".to_owned(),
                    VersionChoice::Default => "$Default".to_owned(),
                },
            },
            instance_type: made.map(|(_, settings)| settings.instance_type.to_string()).unwrap_or_default(),
            instances,
            suspended: group
                .suspended()
                .iter()
                .map(|(process, at)| (process.name().to_owned(), self.at(*at)))
                .collect(),
            hooks: group.hooks.iter().map(|(name, hook)| self::hook(name, *hook)).collect(),
            tags: self.tags(group),
            protects_new: group.protects_new,
            is_leaving: group.is_leaving,
        }
    }

    /// The tags of a group. EKS tags the groups of its node groups (EKS user guide: managed node groups).
    fn tags(self, group: &cloud::Group) -> Vec<Tag> {
        let spec = &group.spec;
        let own = spec.tags.iter().map(|(key, value)| Tag {
            key: key.to_string(),
            value: value.to_string(),
            propagates: !group.unpropagated.contains(key),
        });
        let mut tags: Vec<Tag> = own.collect();
        if spec.is_managed {
            let made = of_eks(self.cluster, &spec.nodegroup);
            tags.extend(made.into_iter().map(|(key, value)| Tag { key, value, propagates: true }));
        }
        tags.sort();
        tags.dedup_by(|one, other| one.key == other.key);
        tags
    }

    /// The activities of a group, newest first.
    pub(super) fn activities(self, number: GroupNo) -> Vec<Activity> {
        let group = self.world.cloud.group(number);
        group.activities.numbered().rev().map(|(at, one)| self.activity(group, at, one)).collect()
    }

    fn activity(self, group: &cloud::Group, number: ActivityNo, one: &cloud::Activity) -> Activity {
        let name = &group.spec.name;
        let (status, message) = match &one.status {
            Status::InProgress => ("InProgress", None),
            Status::Successful => ("Successful", None),
            Status::Failed(why) => ("Failed", Some(why.to_string())),
        };
        Activity {
            id: self.world.chance.uuid("activity", &format!("{name} {number:?}")),
            group: name.to_string(),
            description: one.description.clone(),
            cause: self.retold(&one.cause),
            zone: one.zone.to_string(),
            started_at: self.at(one.started_at),
            ended_at: one.ended_at.map(|at| self.at(at)),
            status,
            message,
        }
    }

    /// A cause with its times in wall time.
    fn retold(self, cause: &str) -> String {
        let mut parts = cause.split("At ");
        let mut told = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            told.push_str("At ");
            let (at, rest) = part.split_once(' ').unwrap_or((part, ""));
            match at.parse::<Timestamp>() {
                Ok(at) => told.push_str(&whole(self.at(at.into())).to_string()),
                Err(_) => told.push_str(at),
            }
            told.push(' ');
            told.push_str(rest);
        }
        told
    }

    /// What a call did that was carried out just now.
    pub(super) fn done(self, number: GroupNo, call: &Call) -> Done {
        match call {
            Call::Terminate { instances, .. } => {
                let of_instance = |id: &String| {
                    let one = self.world.cloud.instance(self.world.cloud.find(id)?);
                    let group = self.world.cloud.group(number);
                    let (at, found) = group.activities.numbered().find(|(at, _)| *at == one.activity)?;
                    Some(self.activity(group, at, found))
                };
                Done { activities: instances.iter().filter_map(of_instance).collect(), ..Done::default() }
            }
            Call::Launch { token, .. } => {
                let Some(launched) = self.world.cloud.launched(number, token) else { return Done::default() };
                let id = |at: &InstanceNo| self.world.cloud.instance(*at).id.to_string();
                let failure = launched.failure.as_ref();
                Done {
                    launched: launched.instances.iter().map(id).collect(),
                    failure: failure.map(|it| (code(it.trouble), it.message.clone())),
                    ..Done::default()
                }
            }
            Call::Update { .. }
            | Call::SetDesired(_)
            | Call::Processes { .. }
            | Call::Protect { .. }
            | Call::Tags { .. }
            | Call::PutHook(_)
            | Call::DeleteHook(_)
            | Call::Hooked { .. }
            | Call::Delete { .. } => Done::default(),
        }
    }

    /// All instances, terminated ones for a while.
    pub(super) fn machines(self) -> Vec<Machine> {
        let now = self.world.now;
        let shown = |one: &cloud::Instance| one.ended_at.is_none_or(|ended| now - ended < SHOWN);
        let all = self.world.cloud.instances().filter(|(_, one)| shown(one));
        all.map(|(_, one)| self.machine(one)).collect()
    }

    fn machine(self, one: &cloud::Instance) -> Machine {
        let cloud = &self.world.cloud;
        let spec = &cloud.group(one.group).spec;
        let mut tags: BTreeMap<String, String> =
            one.tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        if spec.is_managed {
            tags.extend(of_eks(self.cluster, &spec.nodegroup));
        }
        tags.extend([
            ("aws:autoscaling:groupName".to_owned(), spec.name.to_string()),
            ("aws:ec2launchtemplate:id".to_owned(), one.template.to_string()),
            ("aws:ec2launchtemplate:version".to_owned(), one.version.to_string()),
        ]);
        let joins = one.settings.user_data != Bootstrap::Broken
            && cloud.conditions.images.get(&one.image) != Some(&ImageTrouble::NeverJoins);
        Machine {
            instance: instance(one),
            group: spec.name.to_string(),
            cluster: self.cluster.to_owned(),
            host: one.host.to_string(),
            state: match (one.state, one.dead) {
                (State::Terminated, _) | (_, Some(Death::Terminated)) => MachineState::Terminated,
                (State::Pending, _) => MachineState::Pending,
                (State::InService, _) => MachineState::Running,
                // Whoever waits for a hook still runs.
                (State::Terminating, _) if !one.held.is_empty() => MachineState::Running,
                (State::Terminating, _) => MachineState::ShuttingDown,
            },
            is_spot: &*one.settings.capacity_type == "SPOT",
            launched_at: self.at(one.launched_at),
            ended_at: one.ended_at.map(|at| self.at(at)),
            tags,
            joins,
        }
    }

    fn at(self, at: Time) -> Timestamp {
        wall(self.clock_map, at)
    }
}

fn hook(name: &str, hook: cloud::Hook) -> Hook {
    Hook {
        name: name.to_owned(),
        is_of_launch: hook.transition == Transition::Launching,
        heartbeat_seconds: hook.heartbeat_seconds,
        by_default: match hook.by_default {
            cloud::HookResult::Continue => HookResult::Continue,
            cloud::HookResult::Abandon => HookResult::Abandon,
        },
    }
}

fn instance(one: &cloud::Instance) -> Instance {
    Instance {
        id: one.id.to_string(),
        zone: one.zone.to_string(),
        instance_type: one.settings.instance_type.to_string(),
        image: one.image.to_string(),
        lifecycle: match (one.state, one.held.is_empty()) {
            (State::Pending, true) => "Pending",
            (State::Pending, false) => "Pending:Wait",
            (State::InService, _) => "InService",
            (State::Terminating, true) => "Terminating",
            (State::Terminating, false) => "Terminating:Wait",
            (State::Terminated, _) => "Terminated",
        },
        is_healthy: !one.is_unhealthy,
        is_protected: one.is_protected,
        template: one.template.to_string(),
        version: one.version,
    }
}

/// The tags that EKS gives to what belongs to a node group.
fn of_eks(cluster: &str, nodegroup: &str) -> [(String, String); 5] {
    [
        ("eks:cluster-name".to_owned(), cluster.to_owned()),
        ("eks:nodegroup-name".to_owned(), nodegroup.to_owned()),
        ("k8s.io/cluster-autoscaler/enabled".to_owned(), "true".to_owned()),
        (format!("k8s.io/cluster-autoscaler/{cluster}"), "owned".to_owned()),
        (format!("kubernetes.io/cluster/{cluster}"), "owned".to_owned()),
    ]
}

/// The error code of EC2 for a failed launch.
fn code(trouble: LaunchTrouble) -> &'static str {
    match trouble {
        LaunchTrouble::NoCapacity => "InsufficientInstanceCapacity",
        LaunchTrouble::NoAddresses => "InsufficientFreeAddressesInSubnet",
        LaunchTrouble::Quota => "InstanceLimitExceeded",
        LaunchTrouble::ImageGone => "InvalidAMIID.NotFound",
        LaunchTrouble::Other => "UnfulfillableCapacity",
    }
}

/// A time without fractions of a second.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
