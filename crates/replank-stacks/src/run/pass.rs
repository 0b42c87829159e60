//! The beginnings of passes: forward, back, and away.

use replank_service::records::Change;

use super::outcome::status;
use crate::record::{Resource, ResourceStatus, Stack, StackStatus, note};

/// Sets a stack on its way to what its shape says.
pub fn begin_pass(change: &mut Change<'_>, stack: &mut Stack, to: StackStatus, reason: Option<String>) {
    stack.pass += 1;
    for resource in stack.resources.values_mut() {
        (resource.work, resource.before) = (None, None);
    }
    status(change, stack, to, reason);
}

/// Sets a stack on its way to nothing.
pub fn begin_removal(change: &mut Change<'_>, stack: &mut Stack, to: StackStatus, reason: Option<String>) {
    stack.pass += 1;
    for resource in stack.resources.values_mut().chain(&mut stack.leavings) {
        resource.work = None;
    }
    status(change, stack, to, reason);
}

/// Ends a pass that failed, or that a person gave up: what is in progress is cancelled, what was done is undone.
pub fn give_up(change: &mut Change<'_>, stack: &mut Stack, reason: Option<String>) {
    cancel(change, stack);
    let failed = |stack: &Stack, what: ResourceStatus| {
        let of = |it: &&Resource| it.pass == stack.pass && it.status == what;
        stack.resources.values().filter(of).map(|it| it.logical.clone()).collect::<Vec<_>>().join(", ")
    };
    let (created, updated) =
        (failed(stack, ResourceStatus::CreateFailed), failed(stack, ResourceStatus::UpdateFailed));
    let said = [("create", created), ("update", updated)].map(|(verb, names)| match &*names {
        "" => String::new(),
        names => format!("The following resource(s) failed to {verb}: [{names}]. "),
    });
    let said = reason.unwrap_or_else(|| said.concat());
    let is_creation = stack.status == StackStatus::CreateInProgress;
    match (stack.keeps_failures, is_creation) {
        (true, true) => status(change, stack, StackStatus::CreateFailed, Some(said)),
        (true, false) => status(change, stack, StackStatus::UpdateFailed, Some(said)),
        (false, true) => {
            let said = format!("{said}Rollback requested by user.");
            begin_removal(change, stack, StackStatus::RollbackInProgress, Some(said));
        }
        (false, false) => {
            if let Some(before) = stack.before.clone() {
                stack.shape = before;
            }
            stack.pass += 1;
            status(change, stack, StackStatus::UpdateRollbackInProgress, Some(said));
        }
    }
}

/// Cancels what is in progress. The request itself may go on; whoever undoes it waits for it.
fn cancel(change: &mut Change<'_>, stack: &mut Stack) {
    let busy: Vec<String> =
        stack.resources.values().filter(|it| it.work.is_some()).map(|it| it.logical.clone()).collect();
    for logical in busy {
        let Some(resource) = stack.resources.get_mut(&logical) else { continue };
        resource.work = None;
        resource.status = resource.status.failed();
        let what = if resource.status == ResourceStatus::CreateFailed { "creation" } else { "update" };
        resource.reason = Some(format!("Resource {what} cancelled"));
        resource.at = replank_service::now().to_string();
        let noted = resource.clone();
        note(change, stack, &noted);
    }
}
