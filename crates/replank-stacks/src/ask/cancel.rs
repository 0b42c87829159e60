//! `CancelUpdateStack`.

use crate::error::StackError;
use crate::port::Api;
use crate::record::{StackStatus, find, put};
use crate::run::give_up;

/// Gives an update up: what is in progress is waited for, then everything goes back.
pub fn cancel_update<P: Api>(api: &P, name: &str, token: Option<String>) -> Result<(), StackError> {
    let stack = find(api.records(), name)?;
    put(api.records(), &stack, |change, now| {
        if now.status != StackStatus::UpdateInProgress {
            return Err(StackError::invalid("CancelUpdateStack cannot be called from current stack status"));
        }
        now.token = token.or(now.token.take());
        now.keeps_failures = false;
        give_up(change, now, Some("User Initiated".to_owned()));
        Ok(())
    })
}
