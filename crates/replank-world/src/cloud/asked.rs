//! What is asked of the cloud of a world, and what the world feels of it.

use replank_core::sizes::Sizes;

use super::group::GroupNo;
use super::instance::{Death, InstanceNo, State};
use super::{Cloud, Moment};
use crate::queue::Work;
use crate::refusal::Refusal;
use crate::world::World;

impl World {
    /// Calls the cloud, then schedules the work it asks for and applies the effects on nodes.
    pub fn ask_cloud<T>(&mut self, ask: impl FnOnce(&mut Cloud, Moment<'_>) -> T) -> T {
        let moment = Moment { now: self.now, chance: self.chance, timings: &self.timings };
        let answer = ask(&mut self.cloud, moment);
        let (asks, effects) = self.cloud.take_wishes();
        for (at, work) in asks {
            self.queue.at(at, Work::Cloud(work));
        }
        for effect in effects {
            self.machine(effect);
        }
        if let Some(witness) = &mut self.witness {
            witness.asked(&self.cloud, self.now);
        }
        answer
    }

    /// Changes the sizes of the group behind a node group. Errors as `UpdateAutoScalingGroup` gives them.
    pub fn set_sizes(&mut self, nodegroup: &str, to: Sizes) -> Result<(), Refusal> {
        let group = self.scaling_group(nodegroup)?;
        self.ask_cloud(|cloud, moment| cloud.set_sizes(moment, group, to))
    }

    /// Sets the template version that the group behind a node group launches. Errors as `UpdateAutoScalingGroup`
    /// gives them.
    pub fn point_group(&mut self, nodegroup: &str, version: u64) -> Result<(), Refusal> {
        let group = self.scaling_group(nodegroup)?;
        self.ask_cloud(|cloud, moment| cloud.point(moment, group, version))
    }

    /// Terminates an instance through its group, decrementing the desired size on request. Errors as
    /// `TerminateInstanceInAutoScalingGroup` gives them.
    pub fn terminate_instance(&mut self, id: &str, decrement: bool) -> Result<(), Refusal> {
        self.ask_cloud(|cloud, moment| cloud.terminate(moment, id, decrement))
    }

    /// Makes the machine of an instance die without its group's doing.
    pub fn kill_instance(&mut self, id: &str, how: Death) -> Result<(), Refusal> {
        self.ask_cloud(|cloud, moment| cloud.kill(moment, id, how))
    }

    fn scaling_group(&self, nodegroup: &str) -> Result<GroupNo, Refusal> {
        self.cloud.group_of(nodegroup).ok_or_else(|| {
            let said = format!("AutoScalingGroup name not found - no such group for node group: {nodegroup}");
            Refusal::new(400, "ValidationError", said)
        })
    }
}

impl Cloud {
    /// Adds an instance in service.
    pub fn place(&mut self, moment: Moment<'_>, group: GroupNo, zone: &str) -> Option<InstanceNo> {
        let zone = self.group(group).zone_of(zone)?;
        let number = self.make(moment, group, zone);
        self.instances[number.0 as usize].state = State::InService;
        Some(number)
    }
}
