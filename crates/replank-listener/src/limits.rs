//! What clients may use up of a server.

use std::time::Duration;

/// What one listener takes on, and for how long it waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// What becomes of one more.
    pub beyond: Beyond,
    /// Until a connection is encrypted.
    pub handshake: Duration,
    /// Until the head of a request is there, the first one from the beginning of the connection.
    pub head: Duration,
    /// After so long without a word a connection is asked whether it is still there, and closed when it does not say so
    /// within the same time.
    pub silence: Duration,
    /// Requests at once on one connection of HTTP/2.
    pub streams: u32,
    /// How long requests under way get when the server stops.
    pub farewell: Duration,
}

/// What becomes of a connection beyond the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// It waits in the queue of the system.
    Waits,
    /// It is closed, so that its client knows at once.
    Closed,
}
