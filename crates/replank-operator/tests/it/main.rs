//! The journal in a cluster, on a real API server.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

mod journal;
