//! How a route makes sure who asks.

/// How a route makes sure who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Not at all: anybody may ask, and nothing of the account is told.
    Open,
    /// By a signature of the keys of the account (AWS: Signature Version 4), in the headers or in the query.
    SigV4,
    /// By the session of a browser that opened a link into the dashboard. It opens no API.
    Session,
}
