//! The cloud: machine images, instance types, launch templates, Auto Scaling groups and their instances.
//!
//! A [`Cloud`] is a state machine. It gets calls and due work, and returns the work it has scheduled
//! ([`CloudWork`]) and the effects on machines ([`Effect`]); it knows neither pods nor nodes.

mod activity;
mod asked;
mod call;
mod capacity;
pub mod catalogue;
mod derive;
mod found;
mod group;
mod hook;
mod instance;
pub mod instance_type;
mod launch;
mod launch_call;
mod observe;
mod own_group;
mod placement;
mod process;
mod rebalance;
pub mod settings;
mod ssm;
mod template;
mod terminate;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use replank_core::observed::TemplateContent;
use replank_core::sizes::Sizes;
use replank_service::ports::launch_templates::{NoChange, OwnTemplate, OwnTemplates, TemplateChange};

pub use activity::{Activities, Activity, ActivityNo, Status};
pub use call::{Call, GroupTag, GroupUpdate, LaunchSource, VersionChoice};
pub use capacity::{Conditions, ImageTrouble, LaunchFailure};
pub use found::Found;
pub use group::{Group, GroupNo, GroupSpec, Offer, Paces};
pub use hook::{Held, Hook, HookCall, HookResult, Transition};
pub use instance::{Death, Instance, InstanceNo, State};
pub use launch_call::{LaunchCall, Launched};
pub use own_group::{OwnGroup, OwnGroupNodes};
pub use process::Process;
pub use replank_service::zone::id as zone_id;
pub use ssm::{image_parameter, parameter_of, ssm_prefix};
pub use template::Template;

use crate::refusal::Refusal;
use crate::rng::Chance;
use crate::time::{Span, Time};
use crate::timings::Timings;
use catalogue::{Catalogue, Image};

/// Time until Auto Scaling acts on a change of a group.
const NOTICES: Span = Span::secs(1);

/// Work that the cloud schedules for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CloudWork {
    /// A group compares its instances with its desired size.
    Scale(GroupNo),
    /// A requested launch is carried out.
    Launch(GroupNo, u32),
    /// Puts a pending instance into service.
    Running(InstanceNo),
    /// The kubelet of an instance registers its node.
    Register(InstanceNo),
    /// A health check finds an instance dead.
    Health(InstanceNo),
    /// The termination of an instance completes.
    Gone(InstanceNo),
    /// The time of a lifecycle action of an instance may be over.
    Held(InstanceNo),
    /// A group checks the balance of its zones.
    Balance(GroupNo),
}

/// An effect on the cluster, applied by [`World::ask_cloud`](crate::world::World::ask_cloud).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The kubelet registers the node.
    Registers(InstanceNo),
    /// The kubelet stops.
    Stops(InstanceNo),
    /// The instance is terminated.
    Gone(InstanceNo),
}

/// The context of a call to the cloud.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The present time.
    pub now: Time,
    /// Source of random draws.
    pub chance: Chance,
    /// The world's durations.
    pub timings: &'a Timings,
}

/// One account in one region.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// Region name, such as `us-west-2`.
    pub region: Arc<str>,
    /// Conditions that make launches fail.
    pub conditions: Conditions,
    groups: Vec<Group>,
    by_nodegroup: BTreeMap<Arc<str>, GroupNo>,
    templates: BTreeMap<Arc<str>, Template>,
    instances: Vec<Instance>,
    by_id: BTreeMap<Arc<str>, InstanceNo>,
    /// Launch templates that users created.
    own: OwnTemplates,
    /// Node names of found instances, which no new one may get.
    hosts_taken: BTreeSet<Arc<str>>,
    /// Images that users added.
    images: BTreeMap<Arc<str>, Image>,
    /// Running instances and their vCPUs, for the quotas.
    running: (u32, u32),
    /// The latest changes of instances: version, group, instance.
    log: VecDeque<(u64, GroupNo, InstanceNo)>,
    version: u64,
    /// How many commands were carried out on it.
    pub acts: u64,
    asks: Vec<(Time, CloudWork)>,
    effects: Vec<Effect>,
}

impl Cloud {
    /// An empty cloud in a region.
    pub fn new(region: &str) -> Self {
        Self {
            region: region.into(),
            conditions: Conditions::default(),
            groups: Vec::new(),
            by_nodegroup: BTreeMap::new(),
            templates: BTreeMap::new(),
            instances: Vec::new(),
            by_id: BTreeMap::new(),
            own: OwnTemplates::default(),
            hosts_taken: BTreeSet::new(),
            images: BTreeMap::new(),
            running: (0, 0),
            log: VecDeque::new(),
            version: 0,
            acts: 0,
            asks: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// Adds an image, or replaces the one with its id.
    pub fn add_image(&mut self, image: Image) {
        self.images.insert(image.id.clone(), image);
    }

    /// The images that users added.
    pub fn own_images(&self) -> impl Iterator<Item = &Image> {
        self.images.values()
    }

    /// The image of that id: an added one, or one of the catalogue.
    pub fn image(&self, id: &str) -> Option<&Image> {
        self.images.get(id).or_else(|| Catalogue::get().by_id(id))
    }

    /// The launch templates that users created.
    pub fn own_templates(&self) -> &OwnTemplates {
        &self.own
    }

    /// Stores a user's launch template as it is, replacing one with its id.
    pub fn put_own_template(&mut self, template: OwnTemplate) {
        self.own.put(template);
    }

    /// The user's launch template that a group was created with, and its version in use; `None` when EKS made the
    /// template alone.
    pub fn source_of(&self, number: GroupNo) -> Option<(&OwnTemplate, u64)> {
        let spec = &self.group(number).spec;
        let (_, settings) = self.template(&spec.template)?.version(spec.version).ok()?;
        let template = self.own.get(settings.extra.get(settings::SOURCE_TEMPLATE)?)?;
        Some((template, settings.extra.get(settings::SOURCE_VERSION)?.parse().ok()?))
    }

    /// Changes a user's launch template, or deletes one that was made for a group.
    pub fn change_template(&mut self, change: &TemplateChange) -> Result<(), NoChange> {
        match change {
            TemplateChange::Delete { id }
                if self.own.get(id).is_none() && self.templates.remove(&**id).is_some() =>
            {
                Ok(())
            }
            _ => {
                self.own.apply(change)?;
                self.own_changed(change.id());
                Ok(())
            }
        }
    }

    /// Creates a launch template with a first version. Fails on settings that cannot be parsed.
    pub fn add_template(&mut self, id: &str, content: TemplateContent) -> Result<(), Refusal> {
        let mut template = Template::new(id.into());
        template.create(content, "")?;
        self.templates.insert(id.into(), template);
        Ok(())
    }

    /// The launch template of that id, among those made for groups.
    pub fn template(&self, id: &str) -> Option<&Template> {
        self.templates.get(id)
    }

    /// Image and settings of a template version.
    pub fn content(&self, template: &str, version: u64) -> Option<&TemplateContent> {
        self.template(template)?.versions.get(&version)
    }

    /// Creates a template version (EC2: `CreateLaunchTemplateVersion`); returns its number. Repeating a token
    /// returns the same version.
    pub fn create_version(
        &mut self,
        id: &str,
        content: TemplateContent,
        token: &str,
    ) -> Result<u64, Refusal> {
        let template = self.templates.get_mut(id).ok_or_else(|| {
            let said = format!("The specified launch template, with template ID {id}, does not exist.");
            Refusal::new(400, "InvalidLaunchTemplateId.NotFound", said)
        })?;
        template.create(content, token)
    }

    /// Creates a version of a group's template with another instance type, as a user does who changes it behind
    /// EKS; returns its number.
    pub fn edit_template(&mut self, number: GroupNo, instance_type: &str) -> Result<u64, Refusal> {
        let spec = &self.group(number).spec;
        let (id, version) = (spec.template.clone(), spec.version);
        let gone = || Refusal::not_found("launch templates", &id);
        let template = self.templates.get_mut(&id).ok_or_else(gone)?;
        let mut content = template.content(version).cloned().ok_or_else(gone)?;
        let bad =
            |error: settings::NoSetting| Refusal::new(400, "InvalidLaunchTemplateData", error.to_string());
        let mut settings = settings::Settings::parse(&content.settings).map_err(bad)?;
        settings.instance_type = instance_type.into();
        content.settings = settings.to_string().into();
        template.create_by_hand(content)
    }

    /// Creates a group. It launches no instance before it is triggered.
    pub fn add_group(&mut self, spec: GroupSpec) -> Result<GroupNo, Refusal> {
        group::check_sizes(spec.sizes)?;
        self.check_version(&spec.template, spec.version)?;
        let number = GroupNo(self.groups.len() as u32);
        self.by_nodegroup.insert(spec.nodegroup.clone(), number);
        self.groups.push(Group::new(spec));
        Ok(number)
    }

    /// Removes the group of a node group (`DeleteAutoScalingGroup`); fails while it has instances.
    pub fn remove_group(&mut self, nodegroup: &str) -> Result<(), Refusal> {
        let number =
            self.group_of(nodegroup).ok_or_else(|| Refusal::not_found("scaling groups", nodegroup))?;
        if self.instances_of(number).next().is_some() || self.group(number).capacity() > 0 {
            let said = "You cannot delete an AutoScalingGroup while there are instances or pending Spot \
                        instance request(s) still in the group.";
            return Err(Refusal::new(400, "ResourceInUse", said));
        }
        self.by_nodegroup.remove(nodegroup);
        Ok(())
    }

    /// The group of a node group.
    pub fn group_of(&self, nodegroup: &str) -> Option<GroupNo> {
        self.by_nodegroup.get(nodegroup).copied()
    }

    /// The group of that number, which must be one this cloud gave out.
    pub fn group(&self, number: GroupNo) -> &Group {
        &self.groups[number.0 as usize]
    }

    /// The group, to change what triggers nothing: tags, switches.
    pub fn group_mut(&mut self, number: GroupNo) -> &mut Group {
        &mut self.groups[number.0 as usize]
    }

    /// All groups, removed ones included.
    pub fn groups(&self) -> impl Iterator<Item = (GroupNo, &Group)> {
        self.groups.iter().enumerate().map(|(number, group)| (GroupNo(number as u32), group))
    }

    /// The instance of that number, which must be one this cloud gave out.
    pub fn instance(&self, number: InstanceNo) -> &Instance {
        &self.instances[number.0 as usize]
    }

    /// All instances there ever were, in the order of their launch.
    pub fn instances(&self) -> impl Iterator<Item = (InstanceNo, &Instance)> {
        self.instances.iter().enumerate().map(|(number, one)| (InstanceNo(number as u32), one))
    }

    /// The instance of that id.
    pub fn find(&self, id: &str) -> Option<InstanceNo> {
        self.by_id.get(id).copied()
    }

    /// Whether the instance behind a node exists (cloud node lifecycle controller: `InstanceExists`).
    pub fn exists(&self, id: &str) -> bool {
        self.find(id).is_some_and(|number| {
            let instance = self.instance(number);
            instance.state != State::Terminated && instance.dead != Some(Death::Terminated)
        })
    }

    /// Changes the template version that a group launches (`UpdateAutoScalingGroup`). Fails when the version does
    /// not exist.
    pub fn point(&mut self, moment: Moment<'_>, number: GroupNo, version: u64) -> Result<(), Refusal> {
        let template = self.group(number).spec.template.clone();
        self.check_version(&template, version)?;
        let group = self.group_mut(number);
        group.spec.version = version;
        group.follows = VersionChoice::Number(version);
        group.forget_failures();
        self.look(moment, number);
        Ok(())
    }

    /// Changes the sizes of a group (`UpdateAutoScalingGroup`). Fails when they contradict each other.
    pub fn set_sizes(&mut self, moment: Moment<'_>, number: GroupNo, to: Sizes) -> Result<(), Refusal> {
        group::check_sizes(to)?;
        let group = self.group_mut(number);
        if group.spec.sizes != to {
            group.cause = activity::sizes_changed(moment.now, group.spec.sizes, to);
            group.spec.sizes = to;
            group.forget_failures();
        }
        self.look(moment, number);
        Ok(())
    }

    /// Runs due work.
    pub fn due(&mut self, moment: Moment<'_>, work: CloudWork) {
        match work {
            CloudWork::Scale(group) => self.scale(moment, group),
            CloudWork::Launch(group, launch) => self.launch(moment, group, launch),
            CloudWork::Running(instance) => self.running(moment, instance),
            CloudWork::Register(instance) => self.register(instance),
            CloudWork::Health(instance) => self.unhealthy(moment, instance),
            CloudWork::Gone(instance) => self.gone(moment, instance),
            CloudWork::Held(instance) => self.overdue(moment, instance),
            CloudWork::Balance(group) => self.balance(moment, group),
        }
    }

    /// Takes the work scheduled and the effects caused since the last call.
    pub fn take_wishes(&mut self) -> (Vec<(Time, CloudWork)>, Vec<Effect>) {
        (std::mem::take(&mut self.asks), std::mem::take(&mut self.effects))
    }

    fn look(&mut self, moment: Moment<'_>, group: GroupNo) {
        self.asks.push((moment.now + NOTICES, CloudWork::Scale(group)));
    }

    fn check_version(&self, template: &str, version: u64) -> Result<(), Refusal> {
        let known = self.templates.get(template).ok_or_else(|| {
            let said = format!("The specified launch template, with template ID {template}, does not exist.");
            Refusal::new(400, "ValidationError", said)
        })?;
        known.version(version).map(drop)
    }
}
