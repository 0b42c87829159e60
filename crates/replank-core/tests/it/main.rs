//! The policy as a whole: decisions on small worlds, written as text, and laws over random ones.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::format_push_string,
    reason = "a test that meets the unexpected shall stop there"
)]

mod beside;
mod by_hand;
mod closed;
mod closing;
mod cluster_upgrade;
mod ends;
mod evacuate;
mod force;
mod joined;
mod kept;
mod laws;
mod not_joined;
mod replace;
mod runs;
mod self_managed;
mod table;
mod world;
