//! `UpdateTerminationProtection`.

use crate::error::StackError;
use crate::port::Api;
use crate::record::{find, put};

/// Sets whether a stack may be deleted; its id.
pub fn protect<P: Api>(api: &P, name: &str, is_protected: bool) -> Result<String, StackError> {
    let stack = find(api.records(), name)?;
    put(api.records(), &stack, |_, now| {
        now.is_protected = is_protected;
        Ok(now.id.clone())
    })
}
