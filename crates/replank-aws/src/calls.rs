//! How often AWS was asked, by operation: its limits are an account's, shared with everything else that runs in it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use replank_engine::metrics;

use crate::failure::CallError;

/// Counts the answer to a call, and passes it on.
pub(crate) fn answered<T>(operation: &'static str, answer: Result<T, CallError>) -> Result<T, CallError> {
    metrics::api_request("cloud", operation, answer.as_ref().err().map_or("200", |error| &error.code));
    answer
}

/// Counts of calls since the connection was made.
#[derive(Debug, Default)]
pub struct Calls(Mutex<BTreeMap<&'static str, u64>>);

impl Calls {
    /// Counts one call.
    pub(crate) fn note(&self, operation: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
    }

    /// The counts by operation.
    pub fn by_operation(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls of all operations together.
    pub fn total(&self) -> u64 {
        self.by_operation().values().sum()
    }
}
