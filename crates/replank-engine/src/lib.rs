//! Runs the decisions of the core: observe, decide, record, perform, publish, rest.
//!
//! | it does | it decides |
//! | --- | --- |
//! | takes turns ([`turn`](mod@turn)) in loops ([`run`](mod@run), [`supervise`], [`mod@drain`]) | the order inside a turn, and when the next one is due |
//! | keeps facts in the [`journal`] and performs actions through [`ports`] ([`executor`]) | deadlines of calls, and how many run at once |
//! | makes the [`report`] that every screen, line and JSON shows, and all text for people ([`messages`]) | the words; nothing about nodes or pods: that is the core's |
//!
//! It must never know: Kubernetes or AWS clients, which world is behind a port, HTTP, flags. The time comes from a
//! [`clock`].

pub mod block;
pub mod clock;
pub mod cluster_upgrade;
pub mod commands;
pub mod data_dir;
pub mod database;
pub mod drain;
pub mod executor;
pub mod journal;
pub mod messages;
pub mod metrics;
pub mod ports;
pub mod probe;
pub mod reference;
pub mod report;
pub mod run;
pub mod secret;
pub mod serialized;
pub mod state_file;
pub mod supervise;
#[cfg(test)]
mod tests;
pub mod turn;
