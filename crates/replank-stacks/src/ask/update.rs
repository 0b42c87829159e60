//! `UpdateStack`.

use super::create::asked;
use super::diff::diff;
use super::{Request, shape};
use crate::error::StackError;
use crate::port::Api;
use crate::record::{Shape, Stack, StackStatus, find, put};
use crate::run::begin_pass;

/// Records what a stack is to become; its id.
pub async fn update_stack<P: Api>(api: &P, request: &Request) -> Result<String, StackError> {
    let stack = find(api.records(), &request.name)?;
    if request.token.is_some() && stack.token == request.token {
        return Ok(stack.id);
    }
    takes_update(&stack)?;
    let (template, shape) = shape(api, request, Some(&stack.shape), (&stack.name, &stack.id)).await?;
    if diff(api, &stack, &template, &shape).await?.is_empty() {
        return Err(StackError::invalid("No updates are to be performed."));
    }
    put(api.records(), &stack, |change, now| {
        takes_update(now)?;
        set_out(now, request, shape);
        begin_pass(change, now, StackStatus::UpdateInProgress, Some("User Initiated".into()));
        Ok(now.id.clone())
    })
}

/// Sets what an update leads to, and keeps where it comes from.
pub(super) fn set_out(now: &mut Stack, request: &Request, shape: Shape) {
    // After a failure that was left as it is, the way back leads to what was good before.
    if now.before.is_none() {
        now.before = Some(now.shape.clone());
    }
    asked(now, request, shape);
    now.updated_at = Some(replank_service::now().to_string());
    now.skipped.clear();
}

/// Refuses an update that the status does not allow.
pub(super) fn takes_update(stack: &Stack) -> Result<(), StackError> {
    if stack.status.takes_update() {
        return Ok(());
    }
    let (id, status) = (&stack.id, stack.status.name());
    Err(StackError::invalid(format!("Stack:{id} is in {status} state and can not be updated.")))
}
