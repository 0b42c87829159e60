//! Commands on the cloud.

use std::sync::Arc;

use replank_core::names::ImageId;
use replank_core::observed::TemplateContent;
use replank_core::sizes::Sizes;

use replank_world::act::{Act, NewGroup};
use replank_world::cloud::{Conditions, Death, GroupNo, GroupSpec, ImageTrouble, Paces};
use replank_world::refusal::Refusal;
use replank_world::world::World;

pub(super) fn carry_out(world: &mut World, act: Act) -> Result<(), Refusal> {
    changed_by(world, act)?;
    world.cloud.acts += 1;
    Ok(())
}

fn changed_by(world: &mut World, act: Act) -> Result<(), Refusal> {
    match act {
        Act::CreateVersion { template, image, settings, token } => {
            let content = TemplateContent { image: ImageId::new(image), settings };
            world.cloud.create_version(&template, content, &token).map(drop)
        }
        Act::OwnTemplate { change } => world
            .cloud
            .change_template(&change)
            .map_err(|why| Refusal::new(400, "InvalidLaunchTemplate", format!("{}: {why:?}", change.id()))),
        Act::PointGroup { group, from, to } => {
            let now = spec(world, &group)?.1;
            if from.is_some_and(|from| from != now) {
                return Err(changed(format!("the group launches version {now}")));
            }
            world.point_group(&group, to)
        }
        Act::EditTemplate { group, instance_type } => {
            let to = world.cloud.edit_template(numbered(world, &group)?, &instance_type)?;
            world.point_group(&group, to)
        }
        Act::RevertTemplate { group } => revert(world, &group),
        Act::SetSizes { group, from, to } => {
            let now = spec(world, &group)?.0;
            if from.is_some_and(|from| from != [now.min, now.desired, now.max]) {
                return Err(changed(format!("the sizes are {}/{}/{}", now.min, now.desired, now.max)));
            }
            let [min, desired, max] = to;
            let to = Sizes {
                min: min.unwrap_or(now.min),
                desired: desired.unwrap_or(now.desired),
                max: max.unwrap_or(now.max),
            };
            world.set_sizes(&group, to)
        }
        Act::CreateGroup { group } => create_group(world, *group),
        Act::CreateOwnGroup { group } => {
            world.ask_cloud(|cloud, moment| cloud.create_own_group(moment, &group))
        }
        Act::AutoScaling { group, call } => {
            let number = numbered(world, &group)?;
            world.ask_cloud(|cloud, moment| cloud.call(moment, number, &call))
        }
        Act::DeleteGroup { group } => world.cloud.remove_group(&group),
        Act::Terminate { instance, shrink } => world.terminate_instance(&instance, shrink),
        Act::NodeDies { node } => {
            let id = world.store.nodes.find("", &node).ok_or_else(|| Refusal::not_found("nodes", &node))?;
            let instance = world.store.nodes.get(id).map(|node| node.instance.clone());
            instance.map_or(Ok(()), |instance| world.kill_instance(&instance, Death::Impaired))
        }
        Act::Autoscaler { on } => {
            crate::autoscaler::switch(world, on);
            Ok(())
        }
        Act::AutoscalerProcess { lives } => {
            let is_there = crate::autoscaler::hold_down(world, !lives);
            let said = "the Cluster Autoscaler is not switched on";
            if is_there { Ok(()) } else { Err(Refusal::new(404, "NotFound", said)) }
        }
        act => condition(&mut world.cloud.conditions, act),
    }
}

/// Changes the conditions that make launches fail.
fn condition(conditions: &mut Conditions, act: Act) -> Result<(), Refusal> {
    match act {
        Act::Image { image, there: true } => drop(conditions.images.remove(&image)),
        Act::Image { image, there: false } => drop(conditions.images.insert(image, ImageTrouble::Gone)),
        Act::ZoneCapacity { zone, instances } => set(&mut conditions.room, zone, instances),
        Act::ZoneAddresses { zone, free } => set(&mut conditions.addresses, zone, free),
        Act::Quota { instances } => conditions.instances_max = instances,
        _ => return Err(Refusal::new(400, "BadRequest", "not an act on the cloud")),
    }
    Ok(())
}

fn create_group(world: &mut World, new: NewGroup) -> Result<(), Refusal> {
    if world.cloud.group_of(&new.nodegroup).is_some() {
        let said = format!("AutoScalingGroup by this name already exists - {}", new.name);
        return Err(Refusal::new(400, "AlreadyExists", said));
    }
    let content = TemplateContent { image: ImageId::new(new.image), settings: new.settings };
    world.cloud.add_template(&new.template, content)?;
    let [min, desired, max] = new.sizes;
    let sizes = Sizes { min, desired, max };
    world.cloud.add_group(GroupSpec {
        lot: new.name.clone(),
        name: new.name,
        nodegroup: new.nodegroup.clone(),
        is_managed: true,
        zones: new.zones,
        sizes,
        template: new.template,
        version: 1,
        tags: new.tags,
        offer: None,
        paces: Paces::default(),
    })?;
    // Auto Scaling looks at it and launches what is missing.
    world.set_sizes(&new.nodegroup, sizes)
}

fn set(map: &mut std::collections::BTreeMap<Arc<str>, u32>, key: Arc<str>, value: Option<u32>) {
    match value {
        Some(value) => drop(map.insert(key, value)),
        None => drop(map.remove(&key)),
    }
}

/// Sets a group to the last template version that EKS made.
fn revert(world: &mut World, group: &str) -> Result<(), Refusal> {
    let spec = &world.cloud.group(numbered(world, group)?).spec;
    let made = world.cloud.template(&spec.template).map(|template| template.made(spec.version));
    let to = made.ok_or_else(|| Refusal::not_found("launch templates", &spec.template))?;
    world.point_group(group, to)
}

fn spec(world: &World, group: &str) -> Result<(Sizes, u64), Refusal> {
    let spec = &world.cloud.group(numbered(world, group)?).spec;
    Ok((spec.sizes, spec.version))
}

fn numbered(world: &World, group: &str) -> Result<GroupNo, Refusal> {
    world.cloud.group_of(group).ok_or_else(|| Refusal::not_found("scaling groups", group))
}

/// 409: somebody else changed it first, and the caller looks again.
fn changed(what: String) -> Refusal {
    Refusal::new(409, "Conflict", what)
}
