//! `RollbackStack` and `ContinueUpdateRollback`.

use crate::error::StackError;
use crate::port::Api;
use crate::record::{ResourceStatus, StackStatus, find, note, note_stack, put};
use crate::run::begin_removal;

/// Takes a stack that failed and was left as it is back to what was good; its id.
pub fn rollback_stack<P: Api>(api: &P, name: &str, token: Option<String>) -> Result<String, StackError> {
    let stack = find(api.records(), name)?;
    put(api.records(), &stack, |change, now| {
        let said = Some("User Initiated".to_owned());
        now.token = token;
        match now.status {
            StackStatus::CreateFailed => begin_removal(change, now, StackStatus::RollbackInProgress, said),
            StackStatus::UpdateFailed => {
                if let Some(before) = now.before.clone() {
                    now.shape = before;
                }
                now.pass += 1;
                (now.status, now.reason) = (StackStatus::UpdateRollbackInProgress, said);
                note_stack(change, now);
            }
            other => {
                let said =
                    format!("RollbackStack cannot be called from current stack status {}", other.name());
                return Err(StackError::invalid(said));
            }
        }
        Ok(now.id.clone())
    })
}

/// Goes on with a rollback that failed, without the resources that are skipped.
pub fn continue_rollback<P: Api>(
    api: &P,
    name: &str,
    skipped: Vec<String>,
    token: Option<String>,
) -> Result<(), StackError> {
    let stack = find(api.records(), name)?;
    put(api.records(), &stack, |change, now| {
        if now.status != StackStatus::UpdateRollbackFailed {
            let (id, status) = (&now.id, now.status.name());
            return Err(StackError::invalid(format!(
                "Stack:{id} is in {status} state and can not continue rolling back. Only a stack in \
                 UPDATE_ROLLBACK_FAILED does."
            )));
        }
        if let Some(unknown) = skipped.iter().find(|it| !now.resources.contains_key(*it)) {
            return Err(StackError::invalid(format!(
                "ResourcesToSkip: [{unknown}] is not a resource of the stack"
            )));
        }
        for logical in &skipped {
            // A skipped resource counts as it should be (CloudFormation user guide).
            let Some(mut resource) = now.resources.remove(logical) else { continue };
            (resource.before, resource.work) = (None, None);
            (resource.status, resource.reason) = (ResourceStatus::UpdateComplete, None);
            note(change, now, &resource);
            now.resources.insert(logical.clone(), resource);
        }
        (now.token, now.skipped) = (token, skipped.into_iter().collect());
        now.pass += 1;
        (now.status, now.reason) = (StackStatus::UpdateRollbackInProgress, Some("User Initiated".to_owned()));
        note_stack(change, now);
        Ok(())
    })
}
