//! The parts of commands that speak to a real cluster.

pub(crate) mod connect;
mod ending;
pub(crate) mod holder;
pub(crate) mod kwok;
mod placer;
mod plan;
pub(crate) mod serve;
mod shown;
pub(crate) mod snapshot_read;
pub(crate) mod upgrade;
