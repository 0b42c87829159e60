//! The adapter before a real control plane: what it sees, what it does, and what it makes of each answer. It works
//! there as a service account that has the roles we ship and no others.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

mod acts;
mod bench;
mod connecting;
mod drains;
mod leases;
mod seeing;
