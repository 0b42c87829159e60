//! Calls of the port as acts of the world. Nothing is done when one part of a call is wrong.

use std::collections::BTreeSet;
use std::sync::Arc;

use replank_service::ports::auto_scaling::{self, Call, Declined};
use replank_world::act::Act;
use replank_world::cloud::{
    self, GroupNo, GroupTag, GroupUpdate, HookCall, HookResult, LaunchCall, LaunchSource, Process, State,
    Transition, VersionChoice,
};
use replank_world::world::World;

use super::{declined, key};

/// Carries out a call on a group.
pub(super) fn carry_out(world: &mut World, number: GroupNo, call: &Call) -> Result<(), Declined> {
    let call = match call {
        Call::Terminate { instances, decrement } => return terminate(world, number, instances, *decrement),
        Call::Update { sizes: [min, desired, max], source, protects_new } => {
            cloud::Call::Update(GroupUpdate {
                min: *min,
                desired: *desired,
                max: *max,
                source: source.as_ref().map(self::source).transpose()?,
                protects_new: *protects_new,
            })
        }
        Call::SetDesired(desired) => cloud::Call::SetDesired(*desired),
        Call::Processes { names, suspended } => {
            cloud::Call::Processes { processes: processes(names)?, suspended: *suspended }
        }
        Call::Protect { instances, protected } => cloud::Call::Protect {
            instances: instances.iter().map(|id| id.as_str().into()).collect(),
            protected: *protected,
        },
        Call::Tags { set, remove } => cloud::Call::Tags {
            set: set.iter().map(tag).collect(),
            remove: remove.iter().map(|key| key.as_str().into()).collect(),
        },
        Call::Launch { zone, count, token, retries } => cloud::Call::Launch(LaunchCall {
            token: token.as_str().into(),
            zone: zone.as_str().into(),
            count: *count,
            retries: *retries,
        }),
        Call::PutHook(hook) => cloud::Call::Hook {
            name: hook.name.as_str().into(),
            hook: Some(cloud::Hook {
                transition: if hook.is_of_launch { Transition::Launching } else { Transition::Terminating },
                heartbeat_seconds: hook.heartbeat_seconds,
                by_default: result(hook.by_default),
            }),
        },
        Call::DeleteHook(name) => cloud::Call::Hook { name: name.as_str().into(), hook: None },
        Call::Hooked { hook, instance, result } => cloud::Call::Hooked(HookCall {
            hook: hook.as_str().into(),
            instance: instance.as_str().into(),
            result: result.map(self::result),
        }),
        Call::Delete { force } => cloud::Call::Delete { force: *force },
    };
    let group = key(world, number);
    world.act(Act::AutoScaling { group, call: Box::new(call) }).map_err(declined)
}

/// Terminates all of them or none: each has to be one of the group, and the minimum has to have room for all.
fn terminate(world: &mut World, number: GroupNo, ids: &[String], decrement: bool) -> Result<(), Declined> {
    let mut standing: BTreeSet<&str> = BTreeSet::new();
    for id in ids {
        let known = world.cloud.find(id).map(|it| world.cloud.instance(it)).filter(|it| it.group == number);
        match known.map(|it| it.state) {
            None | Some(State::Terminated) => {
                let said = format!("Instance Id not found - No managed instance found for instance ID: {id}");
                return Err(Declined::new("ValidationError", said));
            }
            Some(State::Pending | State::InService) => drop(standing.insert(id)),
            Some(State::Terminating) => {}
        }
    }
    let sizes = world.cloud.group(number).spec.sizes;
    if decrement && sizes.desired < sizes.min + standing.len() as u32 {
        let first = ids.first().map(String::as_str).unwrap_or_default();
        if sizes.desired > sizes.min {
            let said = format!(
                "Terminating {} instances without replacement will violate group's min size constraint: desiredSize is \
                 {}, minSize {}. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
                standing.len(),
                sizes.desired,
                sizes.min
            );
            return Err(Declined::new("ValidationError", said));
        }
        // The cloud says what it says of one.
        let act = Act::Terminate { instance: first.into(), shrink: true };
        return world.act(act).map_err(declined);
    }
    for instance in standing {
        let act = Act::Terminate { instance: instance.into(), shrink: decrement };
        world.act(act).map_err(declined)?;
    }
    Ok(())
}

/// What a group launches, with the version read.
pub(super) fn source(given: &auto_scaling::LaunchSource) -> Result<LaunchSource, Declined> {
    let version = match &*given.version {
        "$Latest" => VersionChoice::Latest,
        "$Default" => VersionChoice::Default,
        number => number.parse().map(VersionChoice::Number).map_err(|_| {
            let said =
                format!("Invalid launch template version: {number}; give a number, $Latest or $Default.");
            Declined::new("ValidationError", said)
        })?,
    };
    Ok(LaunchSource { template: given.template.as_str().into(), version })
}

fn processes(names: &[String]) -> Result<BTreeSet<Process>, Declined> {
    if names.is_empty() {
        return Ok(Process::ALL.into());
    }
    let read = |name: &String| {
        Process::named(name).ok_or_else(|| {
            let known = Process::ALL.map(Process::name).join(", ");
            let said = format!("{name} is not a valid process type; there are {known}.");
            Declined::new("ValidationError", said)
        })
    };
    names.iter().map(read).collect()
}

fn result(result: auto_scaling::HookResult) -> HookResult {
    match result {
        auto_scaling::HookResult::Continue => HookResult::Continue,
        auto_scaling::HookResult::Abandon => HookResult::Abandon,
    }
}

fn tag(tag: &auto_scaling::Tag) -> GroupTag {
    let arc = |text: &str| -> Arc<str> { text.into() };
    GroupTag { key: arc(&tag.key), value: arc(&tag.value), propagates: tag.propagates }
}
