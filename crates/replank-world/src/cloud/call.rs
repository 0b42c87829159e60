//! Calls of the Auto Scaling API that change a group, with the checks and messages of the service.

use std::collections::BTreeSet;
use std::sync::Arc;

use replank_core::sizes::Sizes;
use serde::{Deserialize, Serialize};

use super::group::{self, GroupNo};
use super::process::Process;
use super::{Cloud, Moment, activity};
use crate::refusal::Refusal;

/// A call on one group. Groups are named by their node group or, where they have none, by the key that they were
/// created with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    /// `UpdateAutoScalingGroup`.
    Update(GroupUpdate),
    /// `SetDesiredCapacity`.
    SetDesired(u32),
    /// `SuspendProcesses`, or `ResumeProcesses`.
    Processes {
        /// What is suspended or resumed; all that there are when the call named none.
        processes: BTreeSet<Process>,
        /// Whether they are suspended from now on.
        suspended: bool,
    },
    /// `SetInstanceProtection`.
    Protect {
        /// Ids of instances in service.
        instances: Vec<Arc<str>>,
        /// Whether scale-in leaves them alone from now on.
        protected: bool,
    },
    /// `CreateOrUpdateTags` and `DeleteTags`.
    Tags {
        /// Tags to set.
        set: Vec<GroupTag>,
        /// Keys of tags to remove.
        remove: Vec<Arc<str>>,
    },
    /// `LaunchInstances`.
    Launch(super::LaunchCall),
    /// `PutLifecycleHook` and, without a hook, `DeleteLifecycleHook`.
    Hook {
        /// Name of the hook, unique in its group.
        name: Arc<str>,
        /// `None` removes the hook of that name.
        hook: Option<super::Hook>,
    },
    /// `CompleteLifecycleAction` and `RecordLifecycleActionHeartbeat`.
    Hooked(super::HookCall),
    /// `DeleteAutoScalingGroup`.
    Delete {
        /// Whether its instances are terminated.
        force: bool,
    },
}

/// Members of `UpdateAutoScalingGroup`; `None` leaves a member as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupUpdate {
    /// `MinSize`.
    pub min: Option<u32>,
    /// `DesiredCapacity`.
    pub desired: Option<u32>,
    /// `MaxSize`.
    pub max: Option<u32>,
    /// What the group launches.
    pub source: Option<LaunchSource>,
    /// `NewInstancesProtectedFromScaleIn`.
    pub protects_new: Option<bool>,
}

/// A launch template and which version of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchSource {
    /// Id of the template.
    pub template: Arc<str>,
    /// A fixed number, or one that is looked up at each launch.
    pub version: VersionChoice,
}

/// A version of a launch template, as a group names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionChoice {
    /// Always the version of this number, from 1.
    Number(u64),
    /// `$Latest`: the newest at each launch.
    Latest,
    /// `$Default`: the default one at each launch.
    Default,
}

/// A tag of a group, and whether instances get it too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupTag {
    /// Unique in its group.
    pub key: Arc<str>,
    /// May be empty.
    pub value: Arc<str>,
    /// Whether instances that are launched get it too (`PropagateAtLaunch`).
    pub propagates: bool,
}

impl GroupUpdate {
    /// The sizes after the update. Without a desired size the present one is kept within the bounds: a lower maximum
    /// lowers it, a higher minimum raises it (`UpdateAutoScalingGroup`: `MinSize`, `MaxSize`).
    fn sizes(&self, now: Sizes) -> Sizes {
        let (min, max) = (self.min.unwrap_or(now.min), self.max.unwrap_or(now.max));
        let desired = self.desired.unwrap_or_else(|| now.desired.min(max).max(min));
        Sizes { min, desired, max }
    }
}

impl Cloud {
    /// Carries out a call on a group.
    pub fn call(&mut self, moment: Moment<'_>, number: GroupNo, call: &Call) -> Result<(), Refusal> {
        match call {
            Call::Update(update) => self.update(moment, number, update),
            Call::SetDesired(desired) => self.set_desired(moment, number, *desired),
            Call::Processes { processes, suspended } => {
                let group = self.group_mut(number);
                for process in processes {
                    if *suspended {
                        group.suspended.entry(*process).or_insert(moment.now);
                    } else {
                        group.suspended.remove(process);
                    }
                }
                self.look(moment, number);
                Ok(())
            }
            Call::Protect { instances, protected } => self.protect(moment, number, instances, *protected),
            Call::Tags { set, remove } => {
                let group = self.group_mut(number);
                for GroupTag { key, value, propagates } in set {
                    group.spec.tags.insert(key.clone(), value.clone());
                    group.unpropagated.remove(key);
                    group.unpropagated.extend((!propagates).then(|| key.clone()));
                }
                for key in remove {
                    group.spec.tags.remove(key);
                    group.unpropagated.remove(key);
                }
                Ok(())
            }
            Call::Hook { name, hook } => self.set_hook(moment, number, name, *hook),
            Call::Hooked(hooked) => self.hooked(moment, number, hooked),
            Call::Launch(launch) => self.launch_now(moment, number, launch),
            Call::Delete { force } => self.delete(moment, number, *force),
        }
    }

    fn update(&mut self, moment: Moment<'_>, number: GroupNo, update: &GroupUpdate) -> Result<(), Refusal> {
        let sizes = update.sizes(self.group(number).spec.sizes);
        group::check_sizes(sizes)?;
        let source =
            update.source.as_ref().map(|source| self.launchable(number, source).map(|it| (source, it)));
        if let Some((source, version)) = source.transpose()? {
            let group = self.group_mut(number);
            group.spec.template = source.template.clone();
            group.spec.version = version;
            group.follows = source.version;
            group.forget_failures();
        }
        if let Some(protects_new) = update.protects_new {
            self.group_mut(number).protects_new = protects_new;
        }
        self.set_sizes(moment, number, sizes)
    }

    fn set_desired(&mut self, moment: Moment<'_>, number: GroupNo, desired: u32) -> Result<(), Refusal> {
        let Sizes { min, desired: before, max } = self.group(number).spec.sizes;
        let beyond = match desired {
            _ if desired < min => Some(format!("below min value {min}")),
            _ if desired > max => Some(format!("above max value {max}")),
            _ => None,
        };
        if let Some(beyond) = beyond {
            let said =
                format!("New SetDesiredCapacity value {desired} is {beyond} for the AutoScalingGroup.");
            return Err(Refusal::new(400, "ValidationError", said));
        }
        let group = self.group_mut(number);
        if desired != before {
            group.cause = activity::desired_set(moment.now, before, desired);
            group.spec.sizes.desired = desired;
            group.forget_failures();
        }
        self.look(moment, number);
        Ok(())
    }

    fn protect(
        &mut self,
        moment: Moment<'_>,
        number: GroupNo,
        ids: &[Arc<str>],
        protected: bool,
    ) -> Result<(), Refusal> {
        let mut found = Vec::new();
        for id in ids {
            let known = self.find(id).filter(|it| self.instance(*it).group == number);
            let instance = known.ok_or_else(|| group::no_instance(id))?;
            if self.instance(instance).state != super::State::InService {
                let said = format!("The instance {id} is not in InService or Standby or EnteringStandby.");
                return Err(Refusal::new(400, "ValidationError", said));
            }
            found.push(instance);
        }
        for instance in found {
            self.instances[instance.0 as usize].is_protected = protected;
        }
        // What could not shrink before may be able to now.
        self.look(moment, number);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_alone_moves_the_desired_one_only_as_far_as_it_must() {
        let now = Sizes { min: 2, desired: 4, max: 6 };
        for (min, desired, max, wanted) in [
            (None, None, None, (2, 4, 6)),
            (None, None, Some(3), (2, 3, 3)),
            (Some(5), None, None, (5, 5, 6)),
            (Some(1), None, Some(9), (1, 4, 9)),
            (None, Some(6), None, (2, 6, 6)),
            (None, Some(9), None, (2, 9, 6)),
        ] {
            let Sizes { min, desired, max } =
                GroupUpdate { min, desired, max, ..GroupUpdate::default() }.sizes(now);
            assert_eq!((min, desired, max), wanted);
        }
    }
}
