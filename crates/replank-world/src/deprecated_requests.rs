//! Who asked the API server for versions that are deprecated: what its metric and its audit log would tell. Reading changes
//! no object, so it is no act: a world that is made again from its acts knows nothing of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::time::Time;

/// Most rows; a client of a new name beyond is not noted.
const MAX: usize = 1_000;
/// Longest name of a client that is kept.
const CLIENT_MAX: usize = 200;

/// What was asked for, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// API group.
    pub group: Arc<str>,
    /// Its deprecated version.
    pub version: Arc<str>,
    /// Plural name, such as `flowschemas`.
    pub resource: Arc<str>,
    /// `User-Agent` of the client; empty without one.
    pub client: Arc<str>,
}

/// How often and when last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Number of requests.
    pub count: u64,
    /// When the last one was.
    pub last: Time,
}

/// Requests to deprecated versions since the server started.
#[derive(Clone, Debug, Default)]
pub struct DeprecatedRequests(BTreeMap<Asked, Use>);

impl DeprecatedRequests {
    /// Notes a request.
    pub fn note(&mut self, mut asked: Asked, now: Time) {
        if asked.client.len() > CLIENT_MAX {
            asked.client = asked.client.chars().take(CLIENT_MAX).collect::<String>().into();
        }
        if let Some(known) = self.0.get_mut(&asked) {
            (known.count, known.last) = (known.count + 1, now);
        } else if self.0.len() < MAX {
            self.0.insert(asked, Use { count: 1, last: now });
        }
    }

    /// All of them, by group, version, resource and client.
    pub fn iter(&self) -> impl Iterator<Item = (&Asked, &Use)> {
        self.0.iter()
    }
}
