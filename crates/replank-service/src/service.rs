//! The service of one account in one region: its records, its world, and what is told of its updates.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::ports::Account;
use crate::records::Records;
use crate::start_update::Rules;
use crate::update_feed::UpdateFeed;

/// The service of one account in one region. Edges ask it and never touch the world beside it.
pub struct Service<A> {
    /// What is on record.
    pub records: Arc<Records>,
    /// The world of the account.
    pub account: A,
    /// Who the account is and where.
    pub identity: Identity,
    /// How updates are run here where EKS has no word for it.
    pub rules: Rules,
    /// What updates say, and what is asked of them.
    pub feed: UpdateFeed,
    /// Says that there is something on record to carry out. Carries nothing: the records say what.
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

impl<A> Service<A> {
    /// Wakes whoever carries out pending operations.
    pub fn wake(&self) {
        (self.wake)();
    }
}

impl<A: Account> fmt::Debug for Service<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// Who the account is and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Twelve digits.
    pub account: String,
    /// The region.
    pub region: String,
    /// The name of the user whose keys are accepted.
    pub user: String,
}

impl Identity {
    /// The ARN of something of EKS: `cluster/c1`.
    pub fn arn(&self, resource: &str) -> String {
        format!("arn:aws:eks:{}:{}:{resource}", self.region, self.account)
    }

    /// The ARN of the user.
    pub fn user_arn(&self) -> String {
        format!("arn:aws:iam::{}:user/{}", self.account, self.user)
    }
}

/// The clock on the wall, which is what clients read.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A time as the REST protocols send it: seconds since the Unix epoch, with milliseconds.
pub fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}
