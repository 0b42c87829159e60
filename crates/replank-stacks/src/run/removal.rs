//! Resources go, each before those it depends on: all of a stack, or what no template wants any more.

use super::job;
use super::outcome::{edit, resource_status, status};
use crate::error::StackError;
use crate::port::Api;
use crate::record::{ChangeSet, Phase, Resource, ResourceStatus, Stack, StackStatus, Work};
use crate::resource::{self, Act, Begun, JobFailure, Look};
use crate::template::{Pseudo, Scope, Template};

/// Which resource goes.
#[derive(Clone, Debug)]
enum Removed {
    /// One that another has taken the place of.
    Leaving(usize),
    /// One that stands on record under its logical id.
    Own(String),
}

/// One step of a stack; whether there was one.
pub(super) async fn step<P: Api>(api: &P, stack: &Stack) -> Result<bool, StackError> {
    let Some((place, resource)) = next(stack)? else { return end(api, stack) };
    if is_kept(stack, &resource) {
        return edit(api, stack, |change, now| {
            let gone = resource_status(change, now, resource, ResourceStatus::DeleteSkipped, None);
            put_back(now, &place, gone);
            Ok(())
        });
    }
    let Some(work) = resource.work.clone().filter(|it| it.act == Act::Delete) else {
        return edit(api, stack, |change, now| {
            let mut resource = resource;
            if resource.physical.is_none() {
                resource = resource_status(change, now, resource, ResourceStatus::DeleteComplete, None);
            } else {
                resource.work = Some(Work::first(Act::Delete, resource.properties.clone()));
                resource = resource_status(change, now, resource, ResourceStatus::DeleteInProgress, None);
            }
            put_back(now, &place, resource);
            Ok(())
        });
    };
    let job = job(stack, &resource, &work);
    let came = if work.is_begun {
        match resource::look(api, &job, work.handle.as_deref()).await {
            Ok(Look::Going) => return Ok(false),
            Ok(Look::Next | Look::Done(_)) => Ok(None),
            Err(failure) => Err(failure),
        }
    } else {
        match resource::begin(api, &job).await {
            Ok(Begun::Going { handle, .. }) => Ok(Some(handle)),
            Ok(Begun::Next | Begun::Done(_)) => Ok(None),
            Err(JobFailure::Busy(_)) => return Ok(false),
            Err(failure) => Err(failure),
        }
    };
    drop(job);
    edit(api, stack, |change, now| {
        let mut resource = resource;
        let resource = match came {
            Ok(Some(handle)) => {
                resource.work = Some(Work { is_begun: true, handle, ..work });
                resource
            }
            Ok(None) => {
                resource.work = None;
                resource_status(change, now, resource, ResourceStatus::DeleteComplete, None)
            }
            Err(failure) => {
                resource.work = None;
                let said = failure.reason().to_owned();
                resource_status(change, now, resource, ResourceStatus::DeleteFailed, Some(said))
            }
        };
        put_back(now, &place, resource);
        Ok(())
    })
}

fn put_back(now: &mut Stack, place: &Removed, mut resource: Resource) {
    resource.pass = now.pass;
    match place {
        Removed::Leaving(at) => {
            if let Some(it) = now.leavings.get_mut(*at) {
                *it = resource;
            }
        }
        Removed::Own(name) => drop(now.resources.insert(name.clone(), resource)),
    }
}

fn is_kept(stack: &Stack, resource: &Resource) -> bool {
    // What a creation or an update made goes with it again, whatever its policy says.
    let is_rollback = matches!(
        stack.status,
        StackStatus::RollbackInProgress | StackStatus::UpdateRollbackCompleteCleanupInProgress
    );
    (resource.is_retained && !is_rollback) || stack.skipped.contains(&resource.logical)
}

/// The resource that goes next: what was replaced first, then from the end of the order.
fn next(stack: &Stack) -> Result<Option<(Removed, Resource)>, StackError> {
    let is_over = |it: &Resource| {
        let has_ended = matches!(
            it.status,
            ResourceStatus::DeleteComplete | ResourceStatus::DeleteSkipped | ResourceStatus::DeleteFailed
        );
        has_ended && it.pass == stack.pass
    };
    let leaving = stack.leavings.iter().enumerate().find(|(_, it)| !is_over(it));
    if let Some((at, resource)) = leaving {
        return Ok(Some((Removed::Leaving(at), resource.clone())));
    }
    let unwanted = unwanted(stack)?;
    if unwanted.is_empty() {
        return Ok(None);
    }
    let template = Template::read(&stack.shape.body)?;
    let known = template.order().iter().rev();
    let strange = stack.resources.keys().filter(|name| template.resource(name).is_none());
    let order = strange.chain(known).filter(|name| unwanted.contains(name));
    let found = order.filter_map(|name| stack.resources.get(name)).find(|it| !is_over(it));
    Ok(found.map(|it| (Removed::Own(it.logical.clone()), it.clone())))
}

/// Logical ids of resources that go: all of them, or those that the template does not want.
fn unwanted(stack: &Stack) -> Result<Vec<&String>, StackError> {
    if stack.status.phase() == Phase::Removal {
        return Ok(stack.resources.keys().collect());
    }
    let template = Template::read(&stack.shape.body)?;
    let pseudo = Pseudo { stack_id: stack.id.clone(), stack_name: stack.name.clone(), ..Pseudo::default() };
    let scope = Scope::new(&template, &stack.shape.parameters, &pseudo)?;
    let is_wanted = |name: &&String| template.resource(name).is_some_and(|it| scope.is_wanted(it));
    Ok(stack.resources.keys().filter(|name| !is_wanted(name)).collect())
}

/// Ends the removal.
fn end<P: Api>(api: &P, stack: &Stack) -> Result<bool, StackError> {
    let failed = |it: &&Resource| it.status == ResourceStatus::DeleteFailed && it.pass == stack.pass;
    let failed: Vec<&str> = stack
        .resources
        .values()
        .chain(&stack.leavings)
        .filter(failed)
        .map(|it| it.logical.as_str())
        .collect();
    let said = format!("The following resource(s) failed to delete: [{}]. ", failed.join(", "));
    let gone: Vec<String> = unwanted(stack)?.into_iter().cloned().collect();
    let sets = ChangeSet::of(api.records(), stack);
    edit(api, stack, |change, now| {
        let (to, reason) = match (now.status, failed.is_empty()) {
            (StackStatus::UpdateCompleteCleanupInProgress, _) => (StackStatus::UpdateComplete, None),
            (StackStatus::UpdateRollbackCompleteCleanupInProgress, _) => {
                (StackStatus::UpdateRollbackComplete, None)
            }
            (StackStatus::RollbackInProgress, true) => (StackStatus::RollbackComplete, None),
            (StackStatus::RollbackInProgress, false) => (StackStatus::RollbackFailed, Some(said)),
            (_, true) => (StackStatus::DeleteComplete, None),
            (_, false) => (StackStatus::DeleteFailed, Some(said)),
        };
        if now.status.phase() == Phase::Cleanup {
            // What could not be deleted is the stack's no more (CloudFormation user guide).
            now.resources.retain(|name, _| !gone.contains(name));
            now.leavings.clear();
            now.before = None;
            now.resources.values_mut().for_each(|it| it.before = None);
        }
        if to == StackStatus::DeleteComplete {
            now.outputs.clear();
            sets.iter().for_each(|it| change.remove(it.key()));
        }
        status(change, now, to, reason);
        Ok(())
    })
}
