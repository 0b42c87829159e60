//! Lifecycle hooks: instances wait on their way into service and out of it until somebody completes the action or its
//! time is over (EC2 Auto Scaling: lifecycle hooks).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::group::GroupNo;
use super::instance::{InstanceNo, State};
use super::{Cloud, CloudWork, Moment, activity};
use crate::refusal::Refusal;
use crate::time::{Span, Time};

/// The longest that an action may take altogether: 48 hours, or a hundred times the time-out of its hook.
const LIMIT: Span = Span::secs(48 * 3_600);
const BEATS_MAX: i64 = 100;
/// Most hooks of a group (quota).
const HOOKS_MAX: usize = 50;

/// On which way instances wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transition {
    /// Before they are in service.
    Launching,
    /// Before they are terminated.
    Terminating,
}

/// How an action ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookResult {
    /// `CONTINUE`: the launch or termination goes on.
    Continue,
    /// `ABANDON`: an instance that is launched is terminated instead.
    Abandon,
}

/// A hook of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// On which way instances wait.
    pub transition: Transition,
    /// How long they wait for a heartbeat, in seconds.
    pub heartbeat_seconds: u32,
    /// How the action ends when nobody completes it.
    pub by_default: HookResult,
}

/// An action that an instance waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    hook: Hook,
    /// When it ends by itself.
    until: Time,
    /// When it ends whatever is said.
    limit: Time,
}

/// What is said of the action that an instance waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookCall {
    /// Name of the hook.
    pub hook: Arc<str>,
    /// Id of the instance.
    pub instance: Arc<str>,
    /// How it ends; `None` is a heartbeat.
    pub result: Option<HookResult>,
}

impl Cloud {
    /// Makes an instance wait for the hooks of its way; whether there are any.
    pub(super) fn hold(&mut self, moment: Moment<'_>, number: InstanceNo, on: Transition) -> bool {
        let group = self.group(self.instance(number).group);
        let hooks = group.hooks.iter().filter(|(_, hook)| hook.transition == on);
        let held: BTreeMap<Arc<str>, Held> = hooks
            .map(|(name, hook)| {
                let beat = Span::secs(i64::from(hook.heartbeat_seconds));
                let limit = Span((beat.0 * BEATS_MAX).min(LIMIT.0));
                (name.clone(), Held { hook: *hook, until: moment.now + beat, limit: moment.now + limit })
            })
            .collect();
        for held in held.values() {
            self.asks.push((held.until, CloudWork::Held(number)));
        }
        let waits = !held.is_empty();
        self.instances[number.0 as usize].held = held;
        waits
    }

    /// Puts a hook, or removes one. Whoever waits for one that goes is let go: back when launched, on when terminated.
    pub(super) fn set_hook(
        &mut self,
        moment: Moment<'_>,
        number: GroupNo,
        name: &Arc<str>,
        hook: Option<Hook>,
    ) -> Result<(), Refusal> {
        let group = self.group_mut(number);
        let Some(hook) = hook else {
            if group.hooks.remove(name).is_none() {
                let said =
                    format!("No Lifecycle Hook found with name {name} in the group {}", group.spec.name);
                return Err(Refusal::new(400, "ValidationError", said));
            }
            let all: Vec<InstanceNo> = self.instances_of(number).collect();
            for instance in all {
                let result = match self.instance(instance).state {
                    State::Pending => HookResult::Abandon,
                    State::InService | State::Terminating | State::Terminated => HookResult::Continue,
                };
                if self.instance(instance).held.contains_key(name) {
                    self.complete(moment, instance, name, result);
                }
            }
            return Ok(());
        };
        if group.hooks.len() == HOOKS_MAX && !group.hooks.contains_key(name) {
            let said = format!("The group {} has {HOOKS_MAX} lifecycle hooks already.", group.spec.name);
            return Err(Refusal::new(400, "LimitExceeded", said));
        }
        group.hooks.insert(name.clone(), hook);
        Ok(())
    }

    /// `CompleteLifecycleAction` and `RecordLifecycleActionHeartbeat`.
    pub(super) fn hooked(
        &mut self,
        moment: Moment<'_>,
        number: GroupNo,
        call: &HookCall,
    ) -> Result<(), Refusal> {
        let id = &call.instance;
        let known = self.find(id).filter(|it| self.instance(*it).group == number);
        let instance =
            known.filter(|it| self.instance(*it).held.contains_key(&call.hook)).ok_or_else(|| {
                let said = format!("No active Lifecycle Action found with instance ID {id}");
                Refusal::new(400, "ValidationError", said)
            })?;
        match call.result {
            Some(result) => self.complete(moment, instance, &call.hook, result),
            None => {
                if let Some(held) = self.instances[instance.0 as usize].held.get_mut(&call.hook) {
                    let beat = Span::secs(i64::from(held.hook.heartbeat_seconds));
                    held.until = (moment.now + beat).min(held.limit);
                    self.asks.push((held.until, CloudWork::Held(instance)));
                }
            }
        }
        Ok(())
    }

    /// Ends the actions of an instance whose time is over.
    pub(super) fn overdue(&mut self, moment: Moment<'_>, number: InstanceNo) {
        let held = self.instance(number).held.iter();
        let over: Vec<(Arc<str>, HookResult)> = held
            .filter(|(_, held)| held.until <= moment.now)
            .map(|(name, held)| (name.clone(), held.hook.by_default))
            .collect();
        for (name, result) in over {
            if self.instance(number).held.contains_key(&name) {
                self.complete(moment, number, &name, result);
            }
        }
    }

    /// Ends one action; the instance goes on after the last.
    fn complete(&mut self, moment: Moment<'_>, number: InstanceNo, name: &Arc<str>, result: HookResult) {
        let instance = &mut self.instances[number.0 as usize];
        instance.held.remove(name);
        match instance.state {
            State::Pending if result == HookResult::Abandon => {
                instance.held.clear();
                let (id, group) = (instance.id.clone(), instance.group);
                self.end(moment, number, activity::abandoned(moment.now, &id));
                self.look(moment, group);
            }
            State::Pending if instance.held.is_empty() => self.in_service(moment, number),
            State::Terminating if instance.held.is_empty() || result == HookResult::Abandon => {
                instance.held.clear();
                self.leave(moment, number);
            }
            State::Pending | State::Terminating | State::InService | State::Terminated => {}
        }
        self.touch(number);
    }
}
