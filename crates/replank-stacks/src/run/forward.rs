//! Resources come to what the template says, each after those it depends on; in a rollback, back to what they were.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::outcome::{edit, resource_status, status};
use super::{job, pass, pseudo};
use crate::error::StackError;
use crate::made::Made;
use crate::port::Api;
use crate::record::{Before, Output, Phase, Resource, ResourceStatus, Stack, StackStatus, Work, all};
use crate::resource::{self, Act, Begun, JobFailure, Look, Outcome};
use crate::template::{Scope, Template, Unresolved};

/// One step of a stack; whether there was one.
pub(super) async fn step<P: Api>(api: &P, stack: &Stack) -> Result<bool, StackError> {
    for busy in stack.resources.values().filter(|it| it.work.is_some()) {
        if work(api, stack, busy).await? {
            return Ok(true);
        }
    }
    if stack.resources.values().any(|it| has_failed(stack, it)) {
        return fail(api, stack);
    }
    let is_back = stack.status.phase() == Phase::Back;
    let template = Template::read(&stack.shape.body)?;
    let pseudo = pseudo(api, &stack.name, &stack.id).await;
    let scope = Scope::new(&template, &stack.shape.parameters, &pseudo)?.with(stack.made());
    let wanted: Vec<&String> = template
        .order()
        .iter()
        .filter(|it| template.resource(it).is_some_and(|it| scope.is_wanted(it)))
        .collect();
    let is_done = |name: &String| {
        stack.resources.get(name).is_some_and(|it| it.pass == stack.pass && it.work.is_none())
    };
    let left: BTreeSet<&String> = wanted.iter().copied().filter(|name| !is_done(name)).collect();
    for name in wanted {
        let is_ready = left.contains(name) && !template.needs(name).iter().any(|need| left.contains(need));
        let is_idle = stack.resources.get(name).is_none_or(|it| it.work.is_none());
        if is_ready && is_idle {
            return begin(api, stack, &template, &scope, name);
        }
    }
    if left.is_empty() {
        let outputs = outputs(api, stack, &scope, &template);
        return edit(api, stack, |change, now| {
            match (outputs, is_back) {
                (Ok(outputs), _) => {
                    now.outputs = outputs;
                    let to = all_done(now.status);
                    status(change, now, to, None);
                }
                (Err(refused), true) => {
                    status(change, now, StackStatus::UpdateRollbackFailed, Some(refused.message));
                }
                (Err(refused), false) => pass::give_up(change, now, Some(format!("{} ", refused.message))),
            }
            Ok(())
        });
    }
    Ok(false)
}

/// Whether a resource failed in this pass, and is not one that a rollback does without.
fn has_failed(stack: &Stack, resource: &Resource) -> bool {
    let is_over = resource.pass == stack.pass && resource.work.is_none();
    is_over && resource.status.is_failed() && !stack.skipped.contains(&resource.logical)
}

/// Ends a pass in which a resource failed.
fn fail<P: Api>(api: &P, stack: &Stack) -> Result<bool, StackError> {
    edit(api, stack, |change, now| {
        if now.status.phase() == Phase::Back {
            let failed = now.resources.values().filter(|it| has_failed(now, it));
            let names: Vec<&str> = failed.map(|it| it.logical.as_str()).collect();
            let said = format!("The following resource(s) failed to update: [{}]. ", names.join(", "));
            status(change, now, StackStatus::UpdateRollbackFailed, Some(said));
        } else {
            pass::give_up(change, now, None);
        }
        Ok(())
    })
}

/// Makes or looks at the request of a resource.
async fn work<P: Api>(api: &P, stack: &Stack, resource: &Resource) -> Result<bool, StackError> {
    let Some(work) = &resource.work else { return Ok(false) };
    let job = job(stack, resource, work);
    let came = if work.is_begun {
        match resource::look(api, &job, work.handle.as_deref()).await {
            Ok(Look::Going) => return Ok(false),
            Ok(Look::Next) => Ok(Begun::Next),
            Ok(Look::Done(outcome)) => Ok(Begun::Done(outcome)),
            Err(failure) => Err(failure),
        }
    } else {
        resource::begin(api, &job).await
    };
    // What undoes a request waits until it has ended.
    if matches!(came, Err(JobFailure::Busy(_))) && stack.status.phase() == Phase::Back {
        return Ok(false);
    }
    edit(api, stack, |change, now| {
        let Some(mut resource) = now.resources.remove(&resource.logical) else { return Ok(()) };
        let Some(work) = &mut resource.work else { return Ok(()) };
        match came {
            Ok(Begun::Going { physical, handle }) => {
                (work.is_begun, work.handle) = (true, handle);
                if physical.is_some() {
                    resource.physical = physical;
                    let (at, said) = (resource.status, "Resource creation Initiated".to_owned());
                    resource = resource_status(change, now, resource, at, Some(said));
                }
            }
            Ok(Begun::Next) => (work.step, work.is_begun, work.handle) = (work.step + 1, false, None),
            Ok(Begun::Done(outcome)) => {
                let Outcome { physical, made } = *outcome;
                resource.work = None;
                if !physical.is_empty() {
                    (resource.physical, resource.made) = (Some(physical), made);
                }
                let to = resource.status.complete();
                resource = resource_status(change, now, resource, to, None);
            }
            Err(failure) => {
                resource.work = None;
                let (to, said) = (resource.status.failed(), failure.reason().to_owned());
                resource = resource_status(change, now, resource, to, Some(said));
            }
        }
        now.resources.insert(resource.logical.clone(), resource);
        Ok(())
    })
}

/// Takes up a resource whose turn has come.
fn begin<P: Api>(
    api: &P,
    stack: &Stack,
    template: &Template,
    scope: &Scope<'_>,
    name: &str,
) -> Result<bool, StackError> {
    let kind = template.kind(name);
    let wanted = scope.properties(name).map(|it| resource::tagged(&stack.shape.tags, kind, it));
    let is_retained = template.resource(name).is_some_and(|it| {
        it["DeletionPolicy"]
            .as_str()
            .is_some_and(|policy| policy.starts_with("Retain") || policy == "Snapshot")
    });
    edit(api, stack, |change, now| {
        let had = now.resources.remove(name).filter(|it| it.physical.is_some() || it.before.is_some());
        let fresh = |now: &Stack| fresh(now, name, kind);
        let (mut resource, had) = match had {
            Some(had) => (had.clone(), Some(had)),
            None => (fresh(now), None),
        };
        (resource.pass, resource.is_retained) = (now.pass, is_retained);
        let next = match (wanted, had) {
            (Err(why), _) => Next::Fail(match why {
                Unresolved::Waits(name) => format!("Template error: resource {name} is not there"),
                Unresolved::Wrong(said) => said,
            }),
            (Ok(_), Some(_)) if now.status.phase() == Phase::Back => back(now, &mut resource),
            (Ok(wanted), Some(had)) => forward(now, &mut resource, &had, wanted, kind),
            (Ok(wanted), None) => {
                resource.properties = wanted;
                Next::Work(Work::first(Act::Create, Value::Null), None)
            }
        };
        let resource = take_up(change, now, resource, next);
        now.resources.insert(name.to_owned(), resource);
        Ok(())
    })
}

/// What is done with a resource whose turn has come.
enum Next {
    /// It is as it should be.
    Stay,
    /// It is again what it was.
    Restored,
    /// Something is done; with a reason for the events.
    Work(Work, Option<String>),
    /// It cannot be done.
    Fail(String),
}

fn take_up(
    change: &mut replank_service::records::Change<'_>,
    now: &mut Stack,
    mut resource: Resource,
    next: Next,
) -> Resource {
    let is_there = resource.before.is_some() || resource.physical.is_some();
    let going = if is_there { ResourceStatus::UpdateInProgress } else { ResourceStatus::CreateInProgress };
    let failed = going.failed();
    match next {
        Next::Stay => resource,
        Next::Restored => resource_status(change, now, resource, ResourceStatus::UpdateComplete, None),
        Next::Fail(said) => resource_status(change, now, resource, failed, Some(said)),
        Next::Work(work, reason) => match resource::wrong(&resource.kind, &resource.properties) {
            Some(said) => {
                let said = format!(
                    "Properties validation failed for resource {} with message:\n{said}",
                    resource.logical
                );
                resource_status(change, now, resource, failed, Some(said))
            }
            None => {
                resource.work = Some(work);
                resource_status(change, now, resource, going, reason)
            }
        },
    }
}

/// Forward: nothing, an update, or another resource in its place.
fn forward(now: &mut Stack, resource: &mut Resource, had: &Resource, wanted: Value, kind: &str) -> Next {
    let is_other = had.kind != kind;
    let changed = resource::changed(&had.properties, &wanted);
    if changed.is_empty() && !is_other && !had.status.is_failed() {
        return Next::Stay;
    }
    let Resource { physical, properties, made, .. } = had.clone();
    resource.before =
        Some(Box::new(Before { physical: physical.clone(), properties: properties.clone(), made }));
    let replacing = resource::replacing(kind, &properties, &wanted);
    if physical.is_some() && !is_other && replacing.is_empty() {
        resource.properties = wanted;
        return Next::Work(Work::first(Act::Update, properties), None);
    }
    let own =
        resource::own_name(kind, &wanted).filter(|name| resource::own_name(kind, &properties) == Some(name));
    if let (Some(_), Some(physical), false) = (own, &physical, is_other) {
        return Next::Fail(format!(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {physical} and \
             update the stack again."
        ));
    }
    now.leavings.push(had.clone());
    *resource = Resource {
        before: resource.before.take(),
        is_retained: resource.is_retained,
        ..fresh(now, &had.logical, kind)
    };
    resource.properties = wanted;
    let said = "Requested update requires the creation of a new physical resource; hence creating one.";
    Next::Work(Work::first(Act::Create, Value::Null), Some(said.to_owned()))
}

/// Back: nothing, the resource that was replaced, or an update to what it was.
fn back(now: &mut Stack, resource: &mut Resource) -> Next {
    let Some(before) = resource.before.take() else { return Next::Stay };
    let Before { physical, properties, made } = *before.clone();
    if physical != resource.physical {
        if resource.physical.is_some() {
            now.leavings.push(resource.clone());
        }
        now.leavings.retain(|it| it.physical != physical);
        (resource.physical, resource.properties, resource.made) = (physical, properties, made);
        return Next::Restored;
    }
    let attempted = std::mem::replace(&mut resource.properties, properties);
    resource.before = Some(before);
    if resource::changed(&attempted, &resource.properties).is_empty() {
        return Next::Restored;
    }
    Next::Work(Work::first(Act::Update, attempted), None)
}

fn fresh(now: &Stack, name: &str, kind: &str) -> Resource {
    Resource {
        logical: name.to_owned(),
        kind: kind.to_owned(),
        physical: None,
        status: ResourceStatus::CreateInProgress,
        reason: None,
        at: replank_service::now().to_string(),
        properties: Value::Object(Map::new()),
        made: Made::default(),
        pass: now.pass,
        work: None,
        before: None,
        is_retained: false,
    }
}

/// The status of a stack all of whose resources are as they should be.
fn all_done(status: StackStatus) -> StackStatus {
    match status {
        StackStatus::CreateInProgress => StackStatus::CreateComplete,
        StackStatus::UpdateRollbackInProgress => StackStatus::UpdateRollbackCompleteCleanupInProgress,
        _ => StackStatus::UpdateCompleteCleanupInProgress,
    }
}

/// Works out the outputs. An export belongs to one stack.
fn outputs<P: Api>(
    api: &P,
    stack: &Stack,
    scope: &Scope<'_>,
    template: &Template,
) -> Result<Vec<Output>, StackError> {
    let others = all(api.records()).into_iter();
    let others: Vec<Stack> =
        others.filter(|it| it.id != stack.id && it.status != StackStatus::DeleteComplete).collect();
    let mut outputs = Vec::new();
    for (name, output) in template.section("Outputs").filter(|(_, it)| scope.is_wanted(it)) {
        let text = |value: &Value| -> Result<String, StackError> {
            let found = scope.value(value)?.unwrap_or_default();
            Ok(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
        };
        let export = output["Export"].get("Name").map(text).transpose()?;
        let owner =
            others.iter().find(|it| export.is_some() && it.outputs.iter().any(|it| it.export == export));
        if let (Some(owner), Some(export)) = (owner, &export) {
            let said = format!("Export with name {export} is already exported by stack {}.", owner.name);
            return Err(StackError::invalid(said));
        }
        outputs.push(Output {
            name: name.clone(),
            value: text(&output["Value"])?,
            description: output["Description"].as_str().map(str::to_owned),
            export,
        });
    }
    Ok(outputs)
}
