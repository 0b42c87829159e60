//! The engine's cloud port on a world. It follows the log of instance changes, so an observation costs what
//! changed.

use std::sync::Arc;

use replank_core::action::{CloudAction, Replace};
use replank_core::names::InstanceId;
use replank_core::observed::{Answer, Observation};
use replank_engine::ports::{Cloud, ReadError};

use super::Shared;
use super::ask::{Reading, ask, reading};
use replank_world::act::Act;
use replank_world::cloud::InstanceNo;
use replank_world::cloud::settings::Settings;
use replank_world::fault::Call;
use replank_world::time::Time;
use replank_world::world::World;

/// The cloud port for one node group of a world.
#[derive(Debug)]
pub struct SimulatedCloud {
    world: Shared,
    group: Arc<str>,
    /// The cloud version observed last; `None` before the first observation.
    seen: Option<u64>,
    /// Time of the last observation.
    read_at: Option<Time>,
    /// What the current observation shows.
    reading: Reading,
}

impl SimulatedCloud {
    /// The cloud port of `world` for `group`.
    pub fn new(world: Shared, group: &str) -> Self {
        Self { world, group: group.into(), seen: None, read_at: None, reading: Reading::New }
    }
}

impl Cloud for SimulatedCloud {
    async fn refresh(&mut self, _seen: &Observation) -> Result<(), ReadError> {
        let mut world = self.world.lock();
        self.reading = reading(&mut world, Call::ObserveCloud, self.read_at)?;
        if self.reading == Reading::New {
            self.read_at = Some(world.now);
            if world.cloud.group_of(&self.group).is_none() {
                let why = format!("the cloud has no scaling group for node group {}", self.group);
                return Err(ReadError(why));
            }
        }
        Ok(())
    }

    fn tell(&mut self, into: &mut Observation) {
        if self.reading == Reading::Old {
            return;
        }
        let shared = self.world.clone();
        let world = shared.lock();
        let cloud = &world.cloud;
        let Some(number) = cloud.group_of(&self.group) else { return };
        let group = cloud.observed_group(number);
        into.members.set_contents(&group.versions);
        into.group = Some(group);
        let changed: Option<Vec<InstanceNo>> =
            self.seen.and_then(|since| cloud.changed_since(number, since).map(Iterator::collect));
        let touched = changed.unwrap_or_else(|| {
            let known: Vec<InstanceId> = into.members.iter().map(|(id, _)| id.clone()).collect();
            known.iter().for_each(|id| into.members.remove_instance(id));
            cloud.instances_of(number).collect()
        });
        for at in touched {
            match cloud.observed_instance(at) {
                Some(instance) => into.members.put_instance(instance),
                None => into.members.remove_instance(&InstanceId::new(cloud.instance(at).id.clone())),
            }
        }
        self.seen = Some(cloud.version());
    }

    async fn perform(&self, action: &CloudAction) -> Answer {
        let mut world = self.world.lock();
        let group = self.group.clone();
        match action {
            CloudAction::CreateVersion { template, content, token } => {
                let act = Act::CreateVersion {
                    template: template.as_str().into(),
                    image: content.image.as_str().into(),
                    settings: dressed(&world, &self.group, &content.settings),
                    token: token.as_str().into(),
                };
                ask(&mut world, Call::CreateVersion, template.as_str(), act)
            }
            CloudAction::PointGroup { from, to } => {
                let act = Act::PointGroup { group, from: Some(*from), to: *to };
                ask(&mut world, Call::PointGroup, &self.group, act)
            }
            CloudAction::SetSizes { from, to } => {
                let from = Some([from.min, from.desired, from.max]);
                let to = [Some(to.min), Some(to.desired), Some(to.max)];
                ask(&mut world, Call::SetSizes, &self.group, Act::SetSizes { group, from, to })
            }
            CloudAction::Terminate { instance, replace, .. } => {
                let shrink = *replace == Replace::No;
                let act = Act::Terminate { instance: instance.as_str().into(), shrink };
                ask(&mut world, Call::Terminate, instance.as_str(), act)
            }
        }
    }
}

/// Settings with the labels and taints that the group's nodes have now.
fn dressed(world: &World, group: &str, shape: &Arc<str>) -> Arc<str> {
    let cloud = &world.cloud;
    let now = cloud.group_of(group).and_then(|number| {
        let spec = &cloud.group(number).spec;
        cloud.template(&spec.template)?.version(spec.version).ok()
    });
    match (Settings::parse(shape), now) {
        (Ok(settings), Some((_, now))) => {
            let whole = Settings { labels: now.labels.clone(), taints: now.taints.clone(), ..settings };
            whole.to_string().into()
        }
        // The cloud says what is wrong with it.
        _ => shape.clone(),
    }
}
