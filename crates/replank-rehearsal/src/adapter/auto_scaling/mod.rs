//! The service's port for Auto Scaling and EC2 on embedded worlds.

mod call;
mod machines;
mod show;

use replank_engine::ports::ReadError;
use replank_service::ports::auto_scaling::{Activity, AutoScaling, Call, Declined, Done, Group, NewGroup};
use replank_world::act::Act;
use replank_world::cloud::{GroupTag, OwnGroup};
use replank_world::refusal::Refusal;
use replank_world::wall_clock_map::WallClockMap;
use replank_world::world::World;

use super::{Shared, SimulatedAccount};
use show::View;

impl AutoScaling for SimulatedAccount {
    async fn auto_scaling_groups(&self) -> Result<Vec<Group>, ReadError> {
        let clock_map = self.clock_map();
        let mut groups = Vec::new();
        for (cluster, world) in self.named_worlds() {
            let world = world.lock();
            let view = View { world: &world, cluster: &cluster, clock_map: clock_map.as_ref() };
            groups.extend(view.groups());
        }
        groups.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(groups)
    }

    async fn activities(&self, group: &str) -> Result<Vec<Activity>, ReadError> {
        let clock_map = self.clock_map();
        let found = self.having(group);
        Ok(found.map_or_else(Vec::new, |(cluster, world)| {
            let world = world.lock();
            let view = View { world: &world, cluster: &cluster, clock_map: clock_map.as_ref() };
            world.cloud.named(group).map_or_else(Vec::new, |number| view.activities(number))
        }))
    }

    async fn call(&self, group: &str, call: &Call) -> Result<Done, Declined> {
        let Some((cluster, world)) = self.having(group) else { return Err(no_group(group)) };
        let clock_map = self.clock_map();
        let mut world = world.lock();
        let Some(number) = world.cloud.named(group) else { return Err(no_group(group)) };
        call::carry_out(&mut world, number, call)?;
        let view = View { world: &world, cluster: &cluster, clock_map: clock_map.as_ref() };
        Ok(view.done(number, call))
    }

    async fn create_auto_scaling_group(&self, new: &NewGroup) -> Result<(), Declined> {
        if self.having(&new.name).is_some() {
            let said = format!("AutoScalingGroup by this name already exists - {}", new.name);
            return Err(Declined::new("AlreadyExists", said));
        }
        self.copy_template(&new.cluster, &new.source.template);
        let tag = |tag: &replank_service::ports::auto_scaling::Tag| GroupTag {
            key: tag.key.as_str().into(),
            value: tag.value.as_str().into(),
            propagates: tag.propagates,
        };
        let group = OwnGroup {
            // No node group has a colon in its name.
            key: format!("asg:{}", new.name).into(),
            name: new.name.as_str().into(),
            zones: new.zones.iter().map(|zone| zone.as_str().into()).collect(),
            sizes: new.sizes,
            source: call::source(&new.source)?,
            tags: new.tags.iter().map(tag).collect(),
            protects_new: new.protects_new,
        };
        let world = self.world_of(&new.cluster);
        let made = world.lock().act(Act::CreateOwnGroup { group: Box::new(group) });
        made.map_err(declined)
    }
}

impl SimulatedAccount {
    /// The world with a group of that name, and the name of its cluster.
    fn having(&self, group: &str) -> Option<(String, Shared)> {
        self.named_worlds().into_iter().find(|(_, world)| world.lock().cloud.named(group).is_some())
    }
}

fn no_group(name: &str) -> Declined {
    let said = format!("AutoScalingGroup name not found - no such group: {name}");
    Declined::new("ValidationError", said)
}

fn declined(refusal: Refusal) -> Declined {
    let code = if refusal.reason.is_empty() { "ValidationError" } else { refusal.reason };
    Declined::new(code, refusal.message)
}

/// The wall time of a moment of the world.
fn wall(clock_map: Option<&WallClockMap>, at: replank_world::time::Time) -> jiff::Timestamp {
    clock_map.map_or_else(|| at.into(), |clock_map| clock_map.wall(at))
}

/// The name of a group's key, as acts name it.
fn key(world: &World, number: replank_world::cloud::GroupNo) -> std::sync::Arc<str> {
    world.cloud.group(number).spec.nodegroup.clone()
}

#[cfg(test)]
mod tests;
