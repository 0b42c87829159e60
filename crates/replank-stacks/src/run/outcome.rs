//! Writing down what came of a step, unless the stack has gone another way meanwhile.

use replank_service::records::Change;

use crate::error::StackError;
use crate::port::Api;
use crate::record::{Resource, ResourceStatus, Stack, StackStatus, note, note_stack, put};

/// Gives a stack a status and notes it.
pub(super) fn status(change: &mut Change<'_>, stack: &mut Stack, to: StackStatus, reason: Option<String>) {
    (stack.status, stack.reason) = (to, reason.filter(|it| !it.is_empty()));
    note_stack(change, stack);
}

/// Gives a resource a status and notes it.
pub(super) fn resource_status(
    change: &mut Change<'_>,
    stack: &mut Stack,
    mut resource: Resource,
    to: ResourceStatus,
    reason: Option<String>,
) -> Resource {
    (resource.status, resource.reason) = (to, reason);
    resource.at = replank_service::now().to_string();
    note(change, stack, &resource);
    resource
}

/// Edits a stack if it is still where it was when it was looked at.
pub(super) fn edit<P: Api>(
    api: &P,
    seen: &Stack,
    edit: impl FnOnce(&mut Change<'_>, &mut Stack) -> Result<(), StackError>,
) -> Result<bool, StackError> {
    put(api.records(), seen, |change, now| {
        if (now.pass, now.status) == (seen.pass, seen.status) {
            edit(change, now)?;
        }
        Ok(true)
    })
}
