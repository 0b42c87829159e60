//! Acts on the cloud.

use std::sync::Arc;

use replank_core::names::ImageId;
use replank_core::observed::TemplateContent;
use replank_core::spec::Sizes;

use super::Act;
use crate::cloud::{AutoscalerSettings, Death, ImageTrouble};
use crate::refusal::Refusal;
use crate::world::World;

pub(super) fn carry_out(world: &mut World, act: Act) -> Result<(), Refusal> {
    match act {
        Act::CreateVersion { template, image, settings, token } => {
            let content = TemplateContent { image: ImageId::new(image), settings };
            world.cloud.create_version(&template, content, &token).map(drop)
        }
        Act::PointGroup { group, from, to } => {
            let now = spec(world, &group)?.1;
            if from.is_some_and(|from| from != now) {
                return Err(changed(format!("the group launches version {now}")));
            }
            world.point_group(&group, to)
        }
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
        Act::Terminate { instance, shrink } => world.terminate_instance(&instance, shrink),
        Act::NodeDies { node } => {
            let id = world.store.nodes.find("", &node).ok_or_else(|| Refusal::not_found("nodes", &node))?;
            let instance = world.store.nodes.get(id).map(|node| node.instance.clone());
            instance.map_or(Ok(()), |instance| world.kill_instance(&instance, Death::Impaired))
        }
        Act::Image { image, there } => {
            let images = &mut world.cloud.conditions.images;
            if there {
                images.remove(&image);
            } else {
                images.insert(image, ImageTrouble::Gone);
            }
            Ok(())
        }
        Act::ZoneCapacity { zone, instances } => {
            set(&mut world.cloud.conditions.room, zone, instances);
            Ok(())
        }
        Act::ZoneAddresses { zone, free } => {
            set(&mut world.cloud.conditions.addresses, zone, free);
            Ok(())
        }
        Act::Quota { instances } => {
            world.cloud.conditions.instances_max = instances;
            Ok(())
        }
        Act::Autoscaler { on } => {
            world.switch_autoscaler(on.then(AutoscalerSettings::default));
            Ok(())
        }
        _ => Err(Refusal::new(400, "BadRequest", "not an act on the cloud")),
    }
}

fn set(map: &mut std::collections::BTreeMap<Arc<str>, u32>, key: Arc<str>, value: Option<u32>) {
    match value {
        Some(value) => drop(map.insert(key, value)),
        None => drop(map.remove(&key)),
    }
}

fn spec(world: &World, group: &str) -> Result<(Sizes, u64), Refusal> {
    let number = world.cloud.group_of(group).ok_or_else(|| Refusal::not_found("scaling groups", group))?;
    let spec = &world.cloud.group(number).spec;
    Ok((spec.sizes, spec.version))
}

/// Somebody else was faster; whoever asked looks again.
fn changed(what: String) -> Refusal {
    Refusal::new(409, "Conflict", what)
}
