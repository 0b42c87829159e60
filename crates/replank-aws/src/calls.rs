//! How often AWS was asked, by operation: its limits are an account's, shared with everything else that runs in it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use replank_engine::metrics;

use crate::failure::{CallError, FailureKind};

/// Counts of calls since the connection was made, and whether AWS refused the credentials of one.
#[derive(Debug, Default)]
pub struct Calls {
    counts: Mutex<BTreeMap<&'static str, u64>>,
    refused: AtomicBool,
}

impl Calls {
    /// Counts one call.
    pub(crate) fn note(&self, operation: &'static str) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
    }

    /// Counts the answer to a call, notes credentials that it refuses, and passes it on.
    pub(crate) fn answered<T>(
        &self,
        operation: &'static str,
        answer: Result<T, CallError>,
    ) -> Result<T, CallError> {
        let error = answer.as_ref().err();
        metrics::api_request("cloud", operation, error.map_or("200", |error| &error.code));
        if error.is_some_and(|error| error.kind == FailureKind::Credentials) {
            self.refused.store(true, Ordering::Relaxed);
        }
        answer
    }

    /// Whether credentials were refused since this was asked last.
    pub(crate) fn take_refusal(&self) -> bool {
        self.refused.swap(false, Ordering::Relaxed)
    }

    /// The counts by operation.
    pub fn by_operation(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls of all operations together.
    pub fn total(&self) -> u64 {
        self.by_operation().values().sum()
    }
}
