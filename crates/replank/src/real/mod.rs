//! The parts of commands that speak to a real cluster.

pub(crate) mod reach;
pub(crate) mod taken;
