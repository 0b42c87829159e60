//! The state that every route has.

use std::fmt;
use std::sync::Arc;

use replank_service::Service;
use replank_service::ports::Account;

use crate::auth::Keyring;
use crate::quota::Quotas;

/// The state that every route has.
pub struct App<A> {
    /// The service that answers for the account.
    pub service: Arc<Service<A>>,
    /// Accepted credentials.
    pub keyring: Keyring,
    /// Quotas of the account.
    pub quotas: Quotas,
}

impl<A: Account> fmt::Debug for App<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("service", &self.service).finish_non_exhaustive()
    }
}
