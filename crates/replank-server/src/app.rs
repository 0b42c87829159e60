//! The state that every route has.

use std::fmt;
use std::sync::Arc;

use replank_service::Service;
use replank_service::ports::Account;
use replank_service::ports::declarations::Declarations;
use tokio::sync::Notify;

use crate::auth::Keyring;
use crate::entrance::Entrance;
use crate::forecasts::Forecasts;
use crate::people::People;
use crate::quota::Quotas;

/// The state that every route has.
pub struct App<A> {
    /// The service that answers for the account.
    pub service: Arc<Service<A>>,
    /// Accepted credentials.
    pub keyring: Keyring,
    /// Quotas of the account.
    pub quotas: Quotas,
    /// Who is in at the dashboard.
    pub entrance: Entrance,
    /// What was forecast of updates.
    pub forecasts: Forecasts,
    /// Wakes whoever carries stacks out. It carries no data: the records say what to do.
    pub(crate) stack_work: Notify,
    /// People whom a cluster knows; without it there are the keys of the account and links alone.
    pub people: Option<People>,
    /// Where updates are declared, if they are: what is asked of one is written there.
    pub declared: Option<Arc<dyn Declarations>>,
}

impl<A> App<A> {
    /// The state at the start: nobody is in, nothing was forecast. With TLS (`is_secure`) cookies need it.
    pub fn new(service: Arc<Service<A>>, keyring: Keyring, quotas: Quotas, is_secure: bool) -> Self {
        Self {
            service,
            keyring,
            quotas,
            entrance: Entrance::new(is_secure),
            forecasts: Forecasts::default(),
            stack_work: Notify::new(),
            people: None,
            declared: None,
        }
    }

    /// The same for updates that are declared in a cluster, which says who its people are and what they may do.
    #[must_use]
    pub fn in_cluster(self, people: People, declared: Arc<dyn Declarations>) -> Self {
        Self { people: Some(people), declared: Some(declared), ..self }
    }
}

impl<A: Account> fmt::Debug for App<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("service", &self.service).finish_non_exhaustive()
    }
}
