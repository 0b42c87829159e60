//! Terminating instances: on request, by scale-in, after a failed health check; with the checks that Auto Scaling
//! makes.

use super::group::{self, GroupNo};
use super::hook::Transition;
use super::instance::{Death, InstanceNo, State};
use super::instance_type::InstanceType;
use super::process::Process;
use super::{Cloud, CloudWork, Effect, Moment, activity};
use crate::refusal::Refusal;
use crate::rng::Delay;
use crate::time::Span;

/// Time until a health check finds a terminated instance.
const FOUND_TERMINATED: Delay = Delay::Between(Span::secs(20), Span::secs(60));
/// Time until EC2 status checks report a broken machine: two checks, a minute apart.
const FOUND_IMPAIRED: Delay = Delay::Between(Span::secs(120), Span::secs(180));
/// Time until a dead instance is looked at again that its group may not replace.
const LOOKS_AGAIN: Span = Span::secs(30);

impl Cloud {
    /// Terminates an instance through its group (`TerminateInstanceInAutoScalingGroup`). Succeeds for one that is
    /// terminating already.
    pub fn terminate(&mut self, moment: Moment<'_>, id: &str, decrement: bool) -> Result<(), Refusal> {
        let number = self.find(id).ok_or_else(|| group::no_instance(id))?;
        let instance = self.instance(number);
        match instance.state {
            State::Terminated => return Err(group::no_instance(id)),
            State::Terminating => return Ok(()),
            State::Pending | State::InService => {}
        }
        let (id, at) = (instance.id.clone(), instance.group);
        let sizes = &mut self.groups[at.0 as usize].spec.sizes;
        let mut shrink = None;
        if decrement {
            if sizes.desired <= sizes.min {
                return Err(group::at_min(sizes.min));
            }
            shrink = Some((sizes.desired, sizes.desired - 1));
            sizes.desired -= 1;
        }
        self.end(moment, number, activity::requested(moment.now, &id, shrink));
        self.look(moment, at);
        Ok(())
    }

    /// Makes a machine die without its group's doing: the kubelet stops now, the health check notices later.
    pub fn kill(&mut self, moment: Moment<'_>, id: &str, how: Death) -> Result<(), Refusal> {
        let missing = || {
            let said = format!("The instance ID '{id}' does not exist");
            Refusal::new(400, "InvalidInstanceID.NotFound", said)
        };
        let number = self.find(id).ok_or_else(missing)?;
        let instance = &mut self.instances[number.0 as usize];
        if !instance.stands() || instance.dead.is_some() {
            return Ok(());
        }
        instance.dead = Some(how);
        let found = match how {
            Death::Terminated => FOUND_TERMINATED,
            Death::Impaired => FOUND_IMPAIRED,
        };
        let found = found.draw(moment.chance, "health", &instance.id, 0);
        self.asks.push((moment.now + found, CloudWork::Health(number)));
        self.effects.push(Effect::Stops(number));
        self.touch(number);
        Ok(())
    }

    /// Handles a failed health check: the group terminates and replaces the instance.
    ///
    /// While the group may not, it is looked at again.
    pub(super) fn unhealthy(&mut self, moment: Moment<'_>, number: InstanceNo) {
        let instance = self.instance(number);
        let (Some(how), true, at) = (instance.dead, instance.stands(), instance.group) else { return };
        let group = self.group(at);
        let checks = group.runs(Process::HealthCheck);
        if !group.replaces_dead() {
            self.instances[number.0 as usize].is_unhealthy |= checks;
            self.asks.push((moment.now + LOOKS_AGAIN, CloudWork::Health(number)));
            return;
        }
        self.instances[number.0 as usize].is_unhealthy = true;
        self.groups[at.0 as usize].owed += 1;
        self.end(moment, number, activity::unhealthy(moment.now, how));
        self.look(moment, at);
    }

    /// Removes surplus capacity: requested launches first, then instances by the termination policies.
    pub(super) fn shrink(&mut self, moment: Moment<'_>, at: GroupNo, surplus: u32) {
        for nth in 0..surplus {
            let group = &mut self.groups[at.0 as usize];
            if group.launches.pop_last().is_some() {
                continue;
            }
            let (from, attempt) = (group.standing(), u64::from(group.launched) + u64::from(nth));
            let cause = group.cause.clone();
            let group = &self.groups[at.0 as usize];
            if !group.runs(Process::Terminate) {
                return;
            }
            let in_service = |number: InstanceNo| self.instance(number).state == State::InService;
            let protected = |number: InstanceNo| self.instance(number).is_protected;
            let Some(number) = group.first_to_go(moment.chance, attempt, in_service, protected) else {
                return;
            };
            let shrunk = activity::shrunk(moment.now, from, from - 1, &self.instance(number).id);
            let cause = [&*cause, &*shrunk].join(if cause.is_empty() { "" } else { "  " });
            self.end(moment, number, cause);
        }
    }

    /// Starts the termination of an instance.
    pub(super) fn end(&mut self, moment: Moment<'_>, number: InstanceNo, cause: String) {
        let instance = &mut self.instances[number.0 as usize];
        let (was, id) = (instance.state, instance.id.clone());
        instance.state = State::Terminating;
        let group = &mut self.groups[instance.group.0 as usize];
        if was == State::Pending {
            group.activities.succeed(instance.activity, moment.now);
        }
        instance.activity = group.activities.begin(
            moment.now,
            &instance.zone,
            format!("Terminating EC2 instance: {id}"),
            cause,
        );
        if let Some(zone) = group.zone_of(&instance.zone) {
            group.members[zone].remove(&(instance.version, instance.launched_at, number));
        }
        if group.balancing == Some(super::group::Balancing::Instance(number)) {
            group.balancing = None;
        }
        // Of a machine that is gone already nobody can wait for anything.
        let waits = instance.dead.is_none() && self.hold(moment, number, Transition::Terminating);
        if !waits {
            self.leave(moment, number);
        }
        self.touch(number);
    }

    /// Lets an instance stop that waits for nothing more.
    pub(super) fn leave(&mut self, moment: Moment<'_>, number: InstanceNo) {
        let instance = self.instance(number);
        let pace = self.group(instance.group).spec.paces.terminate.unwrap_or(moment.timings.terminate);
        let pace = pace.draw(moment.chance, "terminate", &instance.id, 0);
        if instance.dead.is_none() {
            self.effects.push(Effect::Stops(number));
        }
        self.asks.push((moment.now + pace, CloudWork::Gone(number)));
    }

    /// Completes the termination of an instance.
    pub(super) fn gone(&mut self, moment: Moment<'_>, number: InstanceNo) {
        let instance = &mut self.instances[number.0 as usize];
        if instance.state != State::Terminating || !instance.held.is_empty() {
            return;
        }
        instance.state = State::Terminated;
        instance.ended_at = Some(moment.now);
        let vcpu = InstanceType::find(&instance.settings.instance_type).map_or(0, |kind| kind.vcpu);
        let (group, activity, zone) = (instance.group, instance.activity, instance.zone.clone());
        self.running = (self.running.0.saturating_sub(1), self.running.1.saturating_sub(vcpu));
        self.conditions.give_back(&zone);
        self.groups[group.0 as usize].activities.succeed(activity, moment.now);
        self.effects.push(Effect::Gone(number));
        self.touch(number);
        if self.group(group).is_leaving && self.instances_of(group).next().is_none() {
            let key = self.group(group).spec.nodegroup.clone();
            self.by_nodegroup.remove(&key);
        }
    }
}
