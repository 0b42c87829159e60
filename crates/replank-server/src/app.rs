//! What every route has at hand.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use replank_engine::estate::Estate;
use replank_engine::ports::account::Account;

use crate::auth::Keyring;
use crate::control::Board;
use crate::quota::Quotas;

/// What every route has at hand.
pub struct App<A> {
    /// What is on record.
    pub estate: Arc<Estate>,
    /// The world of the account.
    pub account: A,
    /// Who may ask.
    pub keyring: Keyring,
    /// Who the account is and where.
    pub identity: Identity,
    /// How many there may be of what.
    pub quotas: Quotas,
    /// What updates say, and what is asked of them.
    pub board: Board,
    /// Says that there is something on record to carry out. Carries nothing: the estate says what.
    pub wake: Arc<dyn Fn() + Send + Sync>,
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

impl<A: Account> fmt::Debug for App<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// The clock on the wall, which is what clients read.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A time as the REST protocols send it: seconds since the Unix epoch, with milliseconds.
pub(crate) fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// A random UUID (version 4). Without randomness of the machine there is none to be had: an id of zeros.
pub(crate) fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        bytes = [0; 16];
    }
    uuid_of(bytes)
}

/// These bytes as a UUID, which looks like a random one.
pub(crate) fn uuid_of(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = crate::uri::hex(&bytes);
    let parts = [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]];
    parts.join("-")
}
