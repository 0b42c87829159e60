//! `DeleteStack`.

use std::collections::BTreeSet;

use super::imports::in_use;
use crate::error::StackError;
use crate::port::Api;
use crate::record::{StackStatus, find, note_stack, put};
use crate::run::begin_removal;

/// Records that a stack is to go. One that is not there is gone already.
pub async fn delete_stack<P: Api>(
    api: &P,
    name: &str,
    retained: Vec<String>,
    token: Option<String>,
) -> Result<(), StackError> {
    let Ok(stack) = find(api.records(), name) else { return Ok(()) };
    match stack.status {
        StackStatus::DeleteComplete | StackStatus::DeleteInProgress => return Ok(()),
        StackStatus::UpdateInProgress
        | StackStatus::UpdateCompleteCleanupInProgress
        | StackStatus::UpdateRollbackInProgress
        | StackStatus::UpdateRollbackCompleteCleanupInProgress => {
            let (id, status) = (&stack.id, stack.status.name());
            return Err(StackError::invalid(format!(
                "Stack [{id}] cannot be deleted while in status {status}"
            )));
        }
        _ => {}
    }
    if stack.is_protected {
        let said = format!("Stack [{}] cannot be deleted while TerminationProtection is enabled", stack.name);
        return Err(StackError::invalid(said));
    }
    if !retained.is_empty() && stack.status != StackStatus::DeleteFailed {
        let said = "Invalid operation on stack. The RetainResources parameter can only be used for stacks in the \
                    DELETE_FAILED state";
        return Err(StackError::invalid(said));
    }
    let used = in_use(api, &stack).await;
    put(api.records(), &stack, |change, now| {
        now.token = token;
        if let Some((export, by)) = used {
            now.reason =
                Some(format!("Delete canceled. Cannot delete export {export} as it is in use by {by}."));
            note_stack(change, now);
            return Ok(());
        }
        now.deleted_at = Some(replank_service::now().to_string());
        now.skipped = retained.into_iter().collect::<BTreeSet<String>>();
        begin_removal(change, now, StackStatus::DeleteInProgress, Some("User Initiated".into()));
        Ok(())
    })
}
