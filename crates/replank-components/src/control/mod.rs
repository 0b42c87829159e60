//! The controllers, one file each.
//!
//! A controller is a function of the world and a key. It reads what is there now, never what happened; asking for
//! it twice makes it look once.

pub(crate) mod adopt;
#[cfg(test)]
mod bench;
pub mod budget;
pub(crate) mod cron_job;
pub(crate) mod daemon_set;
pub(crate) mod deployment;
pub(crate) mod endpoints;
pub mod found;
pub(crate) mod garbage;
pub mod job;
pub(crate) mod make;
pub(crate) mod node_lifecycle;
pub mod operator;
pub(crate) mod pod_gc;
pub(crate) mod replica_set;
pub(crate) mod revision;
pub(crate) mod round;
pub(crate) mod stateful_set;
pub(crate) mod taint_eviction;
pub(crate) mod volume;
