//! What every route has at hand.

use std::fmt;
use std::sync::Arc;

use replank_service::Service;
use replank_service::ports::Account;

use crate::auth::Keyring;
use crate::quota::Quotas;

/// What every route has at hand.
pub struct App<A> {
    /// What is asked of the account, and what is told of it.
    pub service: Arc<Service<A>>,
    /// Who may ask.
    pub keyring: Keyring,
    /// How many there may be of what.
    pub quotas: Quotas,
}

impl<A: Account> fmt::Debug for App<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("service", &self.service).finish_non_exhaustive()
    }
}
