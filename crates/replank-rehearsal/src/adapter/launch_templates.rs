//! The service's port for launch templates on embedded worlds. The user's own are in the first world; worlds of other
//! clusters with groups on one have a copy of it.

use std::collections::BTreeMap;

use replank_core::observed::TemplateContent;
use replank_engine::ports::ReadError;
use replank_service::ports::ActError;
use replank_service::ports::launch_templates::{
    LaunchTemplates, NoChange, OwnTemplate, Source, TemplateChange, TemplateVersion,
};
use replank_service::ports::node_groups::ScalingGroup;
use replank_world::act::Act;
use replank_world::cloud::settings::Settings;
use replank_world::cloud::{Cloud, Template};

use super::{Shared, SimulatedAccount};

impl LaunchTemplates for SimulatedAccount {
    async fn template_versions(&self, template: &str) -> Result<BTreeMap<u64, TemplateVersion>, ReadError> {
        for world in self.worlds() {
            let world = world.lock();
            let Some(template) = world.cloud.template(template) else { continue };
            let versions = template.versions.keys().filter_map(|number| {
                let (image, settings) = template.version(*number).ok()?;
                let instance_type = settings.instance_type.to_string();
                Some((*number, TemplateVersion { image: image.to_string(), instance_type }))
            });
            return Ok(versions.collect());
        }
        Ok(BTreeMap::new())
    }

    async fn own_templates(&self) -> Result<Vec<OwnTemplate>, ReadError> {
        Ok(self.first.lock().cloud.own_templates().all().cloned().collect())
    }

    async fn change_template(&self, change: &TemplateChange) -> Result<OwnTemplate, NoChange> {
        // What EKS made for a group is in the world of its cluster, the user's own in the first.
        // Worlds with groups on a user's template have a copy of it.
        let has = |world: &Shared| {
            let world = world.lock();
            let cloud = &world.cloud;
            cloud.own_templates().get(change.id()).is_none() && cloud.template(change.id()).is_some()
        };
        let world = self.worlds().into_iter().find(has).unwrap_or_else(|| self.first.clone());
        let copies = self.copies(change.id());
        let mut world = world.lock();
        let find = |cloud: &Cloud| {
            let made = || cloud.template(change.id()).map(Template::shown);
            cloud.own_templates().get(change.id()).cloned().or_else(made)
        };
        let before = find(&world.cloud);
        match world.act(Act::OwnTemplate { change: Box::new(change.clone()) }) {
            Ok(()) => {
                let after = find(&world.cloud);
                drop(world);
                for copy in copies {
                    // It is the same template, so it takes the same changes.
                    let _as_well = copy.lock().act(Act::OwnTemplate { change: Box::new(change.clone()) });
                }
                after.or(before).ok_or(NoChange::NoTemplate)
            }
            Err(_) => {
                let again = world.cloud.own_templates().clone().apply(change);
                Err(again.err().unwrap_or(NoChange::NoTemplate))
            }
        }
    }

    async fn sourced(
        &self,
        cluster: &str,
        group: &str,
        source: &Source,
    ) -> Result<TemplateContent, ActError> {
        let Some(ScalingGroup { content, .. }) = self.group(cluster, group) else {
            return Err(ActError(format!("there is no scaling group for node group {group}")));
        };
        let mut settings = Settings::parse(&content.settings).map_err(|error| ActError(error.to_string()))?;
        settings.take_in(source);
        Ok(TemplateContent { settings: settings.shape().into(), ..content })
    }
}

impl SimulatedAccount {
    /// Brings a user's launch template into the world of a cluster, unless it is there.
    pub(super) fn copy_template(&self, cluster: &str, id: &str) {
        let own = self.first.lock().cloud.own_templates().get(id).cloned();
        let world = self.world_of(cluster);
        let mut world = world.lock();
        if let Some(template) = own
            && world.cloud.own_templates().get(id).is_none()
        {
            let change = TemplateChange::Copy { template: Box::new(template) };
            // A copy takes the place of what is there and is never refused.
            let _copied = world.act(Act::OwnTemplate { change: Box::new(change) });
        }
    }

    /// The worlds besides the first that have a copy of a user's launch template.
    fn copies(&self, id: &str) -> Vec<Shared> {
        let worlds = self.worlds().into_iter().skip(1);
        let has = |world: &Shared| world.lock().cloud.own_templates().get(id).is_some();
        worlds.filter(|world| !world.is(&self.first) && has(world)).collect()
    }
}
