//! Groups that users keep themselves: launched from a launch template of their own, without EKS in between.

use std::sync::Arc;

use replank_core::sizes::Sizes;
use serde::{Deserialize, Serialize};

use super::call::{GroupTag, LaunchSource, VersionChoice};
use super::derive;
use super::group::{self, GroupNo, GroupSpec, Offer, Paces};
use super::{Cloud, Moment, Template, activity};
use crate::refusal::Refusal;

/// A group to create on a launch template of the user's own (`CreateAutoScalingGroup`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnGroup {
    /// Key of the group in its cloud, which no node group has.
    pub key: Arc<str>,
    /// Name of the Auto Scaling group.
    pub name: Arc<str>,
    /// Zone names.
    pub zones: Vec<Arc<str>>,
    /// Minimum, desired and maximum size.
    pub sizes: [u32; 3],
    /// What it launches.
    pub source: LaunchSource,
    /// Tags that the group has from the start.
    pub tags: Vec<GroupTag>,
    /// `NewInstancesProtectedFromScaleIn`.
    pub protects_new: bool,
}

/// What a world file says of the nodes of a user's group.
#[derive(Clone, Debug, Default)]
pub struct OwnGroupNodes {
    /// What its nodes offer, where that is not derived from the instance type.
    pub offer: Option<Offer>,
    /// Durations for its instances, where they differ from the world's.
    pub paces: Paces,
}

impl Cloud {
    /// Creates a group on a user's launch template. It launches no instance before it is triggered.
    pub fn add_own_group(&mut self, new: &OwnGroup, nodes: OwnGroupNodes) -> Result<GroupNo, Refusal> {
        if self.group_of(&new.key).is_some() || self.named(&new.name).is_some() {
            let said = format!("AutoScalingGroup by this name already exists - {}", new.name);
            return Err(Refusal::new(400, "AlreadyExists", said));
        }
        let [min, desired, max] = new.sizes;
        let sizes = Sizes { min, desired, max };
        group::check_sizes(sizes)?;
        let version = self.resolved(&new.source)?;
        let number = self.add_group(GroupSpec {
            name: new.name.clone(),
            lot: new.name.clone(),
            nodegroup: new.key.clone(),
            is_managed: false,
            zones: new.zones.clone(),
            sizes,
            template: new.source.template.clone(),
            version,
            tags: new.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
            offer: nodes.offer,
            paces: nodes.paces,
        })?;
        let group = self.group_mut(number);
        group.follows = new.source.version;
        group.protects_new = new.protects_new;
        group.unpropagated =
            new.tags.iter().filter(|tag| !tag.propagates).map(|tag| tag.key.clone()).collect();
        Ok(number)
    }

    /// Creates a group on a user's launch template, which launches what it lacks.
    pub fn create_own_group(&mut self, moment: Moment<'_>, new: &OwnGroup) -> Result<(), Refusal> {
        let number = self.add_own_group(new, OwnGroupNodes::default())?;
        let group = self.group_mut(number);
        group.created_at = Some(moment.now);
        group.cause = activity::created(moment.now, new.sizes[1]);
        self.look(moment, number);
        Ok(())
    }

    /// Deletes a group (`DeleteAutoScalingGroup`): at once when it is empty, and with `force` when its last instance is
    /// gone.
    pub(super) fn delete(&mut self, moment: Moment<'_>, number: GroupNo, force: bool) -> Result<(), Refusal> {
        let key = self.group(number).spec.nodegroup.clone();
        if !force || self.instances_of(number).next().is_none() {
            return self.remove_group(&key);
        }
        let group = self.group_mut(number);
        group.is_leaving = true;
        group.spec.sizes = Sizes { min: 0, desired: 0, max: 0 };
        group.launches.clear();
        let standing: Vec<_> = group.launched().map(|(_, instance)| instance).collect();
        for instance in standing {
            let cause = activity::requested(moment.now, &self.instance(instance).id, None);
            self.end(moment, instance, cause);
        }
        Ok(())
    }

    /// The group of a name, if it is there.
    pub fn named(&self, name: &str) -> Option<GroupNo> {
        let is = |number: GroupNo, group: &super::Group| {
            *group.spec.name == *name && self.group_of(&group.spec.nodegroup) == Some(number)
        };
        self.groups().find(|(number, group)| is(*number, group)).map(|(number, _)| number)
    }

    /// The version that a group launches from now on with this source. A group of EKS keeps its template.
    pub(super) fn launchable(&mut self, number: GroupNo, source: &LaunchSource) -> Result<u64, Refusal> {
        let spec = &self.group(number).spec;
        if spec.is_managed && spec.template != source.template {
            let said = format!(
                "The group {} belongs to the managed node group {}, which keeps its launch template {}; of that one \
                 another version can be named.",
                spec.name, spec.nodegroup, spec.template
            );
            return Err(Refusal::new(400, "ValidationError", said));
        }
        self.resolved(source)
    }

    /// The number of the version that a source means now. Fails when nothing can be launched from it.
    fn resolved(&mut self, source: &LaunchSource) -> Result<u64, Refusal> {
        self.mirror(&source.template);
        let id = &source.template;
        let formed = |said: String| {
            let said = format!("You must use a valid fully-formed launch template. {said}");
            Refusal::new(400, "ValidationError", said)
        };
        let number = self.meant(id, source.version).ok_or_else(|| {
            formed(format!("The specified launch template, with template ID {id}, does not exist."))
        })?;
        if let Some(own) = self.own.get(id) {
            let data = own.versions.get(&number).ok_or_else(|| {
                formed(format!(
                    "Could not find the specified version {number} for the launch template with ID {id}."
                ))
            })?;
            derive::derived(&data.data).map_err(formed)?;
        }
        self.check_version(id, number)?;
        Ok(number)
    }

    fn meant(&self, id: &str, version: VersionChoice) -> Option<u64> {
        let made = self.templates.get(id)?;
        let latest = made.versions.keys().next_back().copied();
        let own = self.own.get(id);
        match version {
            VersionChoice::Number(number) => Some(number),
            VersionChoice::Latest => own.map_or(latest, |own| own.versions.keys().next_back().copied()),
            VersionChoice::Default => Some(own.map_or(1, |own| own.default)),
        }
    }

    /// Keeps what can be launched from a user's template in step with its versions.
    fn mirror(&mut self, id: &Arc<str>) {
        let Some(own) = self.own.get(id) else { return };
        let made = self.templates.entry(id.clone()).or_insert_with(|| Template::new(id.clone()));
        for (number, version) in &own.versions {
            if !made.versions.contains_key(number)
                && let Ok(derived) = derive::derived(&version.data)
            {
                // Content that was derived has settings that parse.
                let _put = made.put(*number, derived.content, derived.tags);
            }
        }
        made.keep(|number| own.versions.contains_key(&number));
    }

    /// Follows a change of a user's template in what groups launch.
    pub(super) fn own_changed(&mut self, id: &str) {
        let Some(id) = self.templates.get(id).map(|template| template.id.clone()) else { return };
        if self.own.get(&id).is_none() {
            self.templates.remove(&id);
            return;
        }
        self.mirror(&id);
        for at in 0..self.groups.len() {
            let group = &self.groups[at];
            let follows = !matches!(group.follows, VersionChoice::Number(_));
            if group.spec.template == id
                && follows
                && let Some(version) = self.meant(&id, group.follows)
            {
                self.groups[at].spec.version = version;
            }
        }
    }
}
