//! Runs upgrades of whole clusters: observe, decide, record, perform, publish, a few times a minute.
//!
//! [`port`] is the cluster as an upgrade needs it, [`turn`] the order inside a turn, [`tend`] the loop over the upgrades
//! under way, [`commands`] what a person asks of one, [`report`] what every face shows.

pub mod commands;
pub mod port;
pub mod report;
pub mod tend;
pub mod turn;
