//! The parts of commands that speak to a real cluster.

pub(crate) mod kwok;
pub(crate) mod reach;
pub(crate) mod taken;
pub(crate) mod upgrade;
