//! Runs the decisions of the core: observe, decide, record, perform, publish, rest.
//!
//! [`turn`](mod@turn) is the heart and the only place where order matters. [`ports`] are the two sides of the world,
//! [`journal`] is what survives a kill, [`report`] is the one value that every face shows, [`messages`] is all text
//! for people, [`commands`] is what a person may ask for, [`run`](mod@run) is the loop around the turn.
//!
//! This crate knows no Kubernetes client and no cloud, no HTTP and no flags, and never asks the machine for the time.

pub mod block;
pub mod clock;
pub mod commands;
pub mod data_dir;
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
pub mod supervise;
#[cfg(test)]
mod tests;
pub mod turn;
