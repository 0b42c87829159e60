//! The service of one account in one region: records, world and update feed in one value.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::ports::Account;
use crate::ports::checks::Checks;
use crate::records::Records;
use crate::start_update::Rules;
use crate::update_feed::UpdateFeed;

/// The service of one account in one region. Routes and commands use it and never the world behind it.
pub struct Service<A> {
    /// Clusters, node groups, updates and pending operations, as they are on record.
    pub records: Arc<Records>,
    /// Ports to the world of the account.
    pub account: A,
    /// Account, region and user.
    pub identity: Identity,
    /// Settings for updates that EKS does not let a user choose.
    pub rules: Rules,
    /// Reports and lines of updates, and commands to them.
    pub feed: UpdateFeed,
    /// The check of everything in a cluster, for upgrades of whole clusters.
    pub checks: Arc<dyn Checks>,
    /// Called when there is a new pending operation. It carries no data: the records say what to do.
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

impl<A> Service<A> {
    /// Wakes the reconciler.
    pub fn wake(&self) {
        (self.wake)();
    }
}

impl<A: Account> fmt::Debug for Service<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// Account, region and user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Account id, 12 digits.
    pub account: String,
    /// Name of the region.
    pub region: String,
    /// Name of the IAM user whose access key is accepted.
    pub user: String,
}

impl Identity {
    /// ARN of a resource of EKS, such as `cluster/c1`.
    pub fn arn(&self, resource: &str) -> String {
        format!("arn:aws:eks:{}:{}:{resource}", self.region, self.account)
    }

    /// ARN of the IAM user that acts, such as `arn:aws:iam::123456789012:user/admin`.
    pub fn user_arn(&self) -> String {
        format!("arn:aws:iam::{}:user/{}", self.account, self.user)
    }
}

/// The present wall time, which clients are shown.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A time as EKS sends it: seconds since the Unix epoch, with milliseconds.
pub fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}
