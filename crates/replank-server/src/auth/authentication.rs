//! How a route makes sure who asks. A browser's session becomes a case of its own here, and the compiler then asks at
//! every place that lets somebody in what it does with one.

/// How a route makes sure who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Not at all: anybody may ask, and nothing of the account is told.
    Open,
    /// By a signature of the keys of the account (AWS: Signature Version 4), in the headers or in the query.
    SigV4,
}
