//! Instances that a snapshot brings with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Cloud;
use super::activity::ActivityNo;
use super::group::GroupNo;
use super::instance::{Instance, InstanceNo, State};
use super::instance_type::InstanceType;
use super::settings::Settings;
use crate::time::Time;

/// An instance as a snapshot describes it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Instance id.
    pub id: Arc<str>,
    /// Name of its node.
    pub host: Arc<str>,
    /// Zone name; an instance in a zone that its group does not have is not added.
    pub zone: Arc<str>,
    /// AMI id.
    pub image: Arc<str>,
    /// Launch time.
    pub launched_at: Time,
}

impl Cloud {
    /// Adds an instance in service, on the newest template version with its image. `None` when its group does not
    /// have the zone.
    pub fn found(&mut self, number: GroupNo, found: Found) -> Option<InstanceNo> {
        let instance = InstanceNo(self.instances.len() as u32);
        let spec = &self.groups[number.0 as usize].spec;
        let zone = spec.zones.iter().position(|zone| *zone == found.zone)?;
        let template = self.templates.get(&spec.template);
        let versions = template.into_iter().flat_map(|template| &template.versions);
        let version = versions
            .filter(|(_, content)| content.image.as_str() == &*found.image)
            .map(|(at, _)| *at)
            .next_back();
        let version = version.unwrap_or(spec.version);
        let template_id = spec.template.clone();
        let settings =
            template.and_then(|template| template.version(version).ok()).map(|(_, settings)| settings);
        let settings = settings.unwrap_or_else(|| Arc::new(Settings::new("")));
        let vcpu = InstanceType::find(&settings.instance_type).map_or(0, |kind| kind.vcpu);
        self.running = (self.running.0 + 1, self.running.1 + vcpu);
        self.by_id.insert(found.id.clone(), instance);
        self.hosts_taken.insert(found.host.clone());
        self.instances.push(Instance {
            id: found.id,
            host: found.host,
            group: number,
            zone: found.zone,
            template: template_id,
            version,
            image: found.image,
            settings,
            state: State::InService,
            launched_at: found.launched_at,
            ended_at: None,
            dead: None,
            is_unhealthy: false,
            held: BTreeMap::new(),
            is_protected: false,
            tags: Arc::default(),
            activity: ActivityNo::default(),
        });
        let group = &mut self.groups[number.0 as usize];
        group.members[zone].insert((version, found.launched_at, instance));
        group.launched_at = group.launched_at.max(Some(found.launched_at));
        self.touch(instance);
        Some(instance)
    }
}
